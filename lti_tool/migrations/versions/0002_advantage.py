"""Registration by invitation, deep linking, columns a competency, reviews, course copies.

Rows that are there get the values that an installation without these had.
"""

from secrets import token_hex
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.Column("platform_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_invitation_platform_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_invitation_code_hash")),
    )
    op.create_table(
        "course_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("context_id", sa.String(length=255), nullable=False),
        sa.Column("origin_id", sa.String(length=255), nullable=False),
        sa.Column("told_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_course_copy_deployment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_copy")),
        sa.UniqueConstraint(
            "deployment_id",
            "context_id",
            "origin_id",
            name=op.f("uq_course_copy_deployment_id_context_id_origin_id"),
        ),
    )
    op.create_table(
        "shown_grade",
        sa.Column("column_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("maximum", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("read_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["column_id"], ["grade_column.id"], name=op.f("fk_shown_grade_column_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_shown_grade_person_id")
        ),
        sa.PrimaryKeyConstraint("column_id", "person_id", name=op.f("pk_shown_grade")),
    )
    _add_filled("activity", "competency_columns", sa.Boolean(), sa.false())
    _add_filled("activity", "live_view", sa.Boolean(), sa.false())
    with op.batch_alter_table("activity") as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("copied_from_id", sa.Integer(), nullable=True))
    _name_activities()
    with op.batch_alter_table("activity") as batch_op:
        batch_op.alter_column("key", existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column(
            "resource_link_id", existing_type=sa.String(length=255), nullable=True
        )
        batch_op.create_unique_constraint(op.f("uq_activity_key"), ["key"])
        batch_op.create_foreign_key(
            op.f("fk_activity_copied_from_id"), "activity", ["copied_from_id"], ["id"]
        )
    _add_filled("course", "history", DOCUMENT, sa.text("'[]'"))
    with op.batch_alter_table("deployment") as batch_op:
        batch_op.add_column(sa.Column("notices_url", sa.String(length=2000), nullable=True))
        batch_op.add_column(sa.Column("notices_at", sa.DateTime(), nullable=True))

    _add_filled("grade_column", "ours", sa.Boolean(), sa.false())
    with op.batch_alter_table("grade_column") as batch_op:
        batch_op.add_column(sa.Column("problem", sa.String(length=64), nullable=True))

    _add_filled("launch_session", "in_address", sa.Boolean(), sa.false())
    with op.batch_alter_table("launch_session") as batch_op:
        batch_op.add_column(sa.Column("about_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("deep_link", DOCUMENT, nullable=True))
        batch_op.add_column(sa.Column("answered_at", sa.DateTime(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_launch_session_about_id"), "person", ["about_id"], ["id"]
        )

    with op.batch_alter_table("login_attempt") as batch_op:
        batch_op.add_column(sa.Column("proof_hash", sa.String(length=64), nullable=True))

    with op.batch_alter_table("membership") as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(length=32), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_membership_key"), ["key"])

    _add_filled("passback", "insist", sa.Boolean(), sa.false())

    with op.batch_alter_table("platform") as batch_op:
        batch_op.add_column(sa.Column("scopes", DOCUMENT, nullable=True))


def _add_filled(table: str, name: str, kind: sa.types.TypeEngine[Any], value: Any) -> None:
    """Add a column that must have a value, and give one to the rows that are there."""
    with op.batch_alter_table(table) as batch_op:
        batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=value))
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(name, existing_type=kind, nullable=False, server_default=None)


def _name_activities() -> None:
    """Each activity gets a key of its own."""
    activity = sa.table("activity", sa.column("id"), sa.column("key"))
    bind = op.get_bind()
    for (id,) in bind.execute(sa.select(activity.c.id)).all():
        bind.execute(activity.update().where(activity.c.id == id).values(key=token_hex(8)))


def downgrade() -> None:
    raise RuntimeError("Rounds goes forward only: restore the backup made before the upgrade.")
