"""Counts of logins, launches and answers of LMSs, kept for /metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("platform", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("microseconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "event", "platform", "outcome", "code", "slot", name=op.f("pk_tally")
        ),
    )


def downgrade() -> None:
    raise RuntimeError("Rounds goes forward only: restore the backup made before the upgrade.")
