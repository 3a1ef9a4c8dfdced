"""How many attempts an LMS allows in a column; nobody has told of those that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("grade_column") as batch:
        batch.add_column(sa.Column("attempts", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("grade_column") as batch:
        batch.drop_column("attempts")
