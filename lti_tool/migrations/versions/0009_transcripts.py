"""At most one valid transcript of an intern; it has no activity, so that no other index sees it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

VALID = sa.text("state = 'valid' AND activity_id IS NULL")


def upgrade() -> None:
    op.create_index(
        "uq_certificate_transcript",
        "certificate",
        ["intern_id"],
        unique=True,
        sqlite_where=VALID,
        postgresql_where=VALID,
    )


def downgrade() -> None:
    op.drop_index("uq_certificate_transcript", "certificate")
