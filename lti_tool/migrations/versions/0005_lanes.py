"""A lane for each LMS, signs of life without clocks, and results that wait to be computed anew."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PLATFORMS = """
UPDATE passback SET platform_id = (
  SELECT deployment.platform_id
  FROM grade_column
  JOIN activity ON activity.id = grade_column.activity_id
  JOIN course ON course.id = activity.course_id
  JOIN deployment ON deployment.id = course.deployment_id
  WHERE grade_column.id = passback.column_id
)
"""


def upgrade() -> None:
    op.create_table(
        "grade_service",
        sa.Column("platform_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ok_at", sa.DateTime(), nullable=True),
        sa.Column("failed_at", sa.DateTime(), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.DateTime(), nullable=True),
        sa.Column("asking", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_grade_service_platform_id")
        ),
        sa.PrimaryKeyConstraint("platform_id", name=op.f("pk_grade_service")),
    )
    op.add_column("passback", sa.Column("platform_id", sa.Integer(), nullable=True))
    op.execute(PLATFORMS)
    with op.batch_alter_table("passback") as table:
        table.alter_column("platform_id", nullable=False, existing_type=sa.Integer())
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        table.create_foreign_key(
            op.f("fk_passback_platform_id"), "platform", ["platform_id"], ["id"]
        )
    op.add_column("activity", sa.Column("recompute_owed_at", sa.DateTime(), nullable=True))
    op.add_column("deliverer", sa.Column("beat", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    raise RuntimeError("Rounds goes forward only: restore the backup made before the upgrade.")
