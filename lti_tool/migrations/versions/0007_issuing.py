"""Who issues certificates and with which keys, designs, sign-off, expiry, and credentials in them.

Certificates that are there get the platform of their activity, and no credential: they stay what
they were.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

PLATFORM_OF_ACTIVITY = """
UPDATE certificate SET platform_id = (
  SELECT deployment.platform_id FROM activity
  JOIN course ON course.id = activity.course_id
  JOIN deployment ON deployment.id = course.deployment_id
  WHERE activity.id = certificate.activity_id)
"""


def upgrade() -> None:
    _issuers()
    with op.batch_alter_table("activity") as batch:
        batch.add_column(
            sa.Column("design", sa.String(64), nullable=False, server_default="standard")
        )
        batch.add_column(sa.Column("chart", sa.String(16), nullable=False, server_default="strips"))
        batch.add_column(
            sa.Column("sign_off", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.add_column(sa.Column("certificate_months", sa.Integer(), nullable=True))
    with op.batch_alter_table("certificate") as batch:
        batch.add_column(
            sa.Column("kind", sa.String(16), nullable=False, server_default="certificate")
        )
        batch.add_column(sa.Column("platform_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("explanation", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("signed_off_by_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("expires_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("credential", sa.Text(), nullable=True))
    op.execute(PLATFORM_OF_ACTIVITY)
    with op.batch_alter_table("certificate") as batch:
        batch.alter_column("platform_id", existing_type=sa.Integer(), nullable=False)
        batch.alter_column("activity_id", existing_type=sa.Integer(), nullable=True)
        batch.create_foreign_key(
            op.f("fk_certificate_platform_id"), "platform", ["platform_id"], ["id"]
        )
        batch.create_foreign_key(
            op.f("fk_certificate_signed_off_by_id"), "person", ["signed_off_by_id"], ["id"]
        )


def _issuers() -> None:
    op.create_table(
        "institution",
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("signatories", DOCUMENT, nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sa.String(32), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_institution_platform_id")
        ),
        sa.PrimaryKeyConstraint("platform_id", name=op.f("pk_institution")),
    )
    op.create_table(
        "issuer_key",
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("signs", sa.String(16), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=False),
        sa.Column("public", DOCUMENT, nullable=False),
        sa.Column("brought", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("retired_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_issuer_key")),
    )


def downgrade() -> None:
    raise RuntimeError("Rounds goes forward only: restore the backup made before the upgrade.")
