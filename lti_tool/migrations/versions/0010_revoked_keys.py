"""Keys of certificates that were stolen: from when on, and why; of none that is there."""

import sqlalchemy as sa
from alembic import op

from lti_tool.db import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("issuer_key") as batch:
        batch.add_column(sa.Column("revoked_at", UTCDateTime(), nullable=True))
        batch.add_column(sa.Column("explanation", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("issuer_key") as batch:
        batch.drop_column("explanation")
        batch.drop_column("revoked_at")
