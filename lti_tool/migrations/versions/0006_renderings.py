"""How often a certificate's file was tried, when it is tried again, and what with."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "certificate", sa.Column("tries", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("certificate", sa.Column("try_at", sa.DateTime(), nullable=True))
    op.add_column("certificate", sa.Column("failed_with", sa.String(length=64), nullable=True))


def downgrade() -> None:
    raise RuntimeError("Rounds goes forward only: restore the backup made before the upgrade.")
