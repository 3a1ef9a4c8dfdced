"""Which job looks for a gradebook column or makes it, so that no other does at the same time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grade_column", sa.Column("maker", sa.String(length=64), nullable=True))


def downgrade() -> None:
    raise RuntimeError("Rounds goes forward only: restore the backup made before the upgrade.")
