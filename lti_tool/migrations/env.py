"""How Alembic compares and migrates: run by Alembic, which finds it by name."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from lti_tool.db import UTCDateTime
from lti_tool.migrations import TABLES, is_ours


def render(kind: str, item: object, _context: Any) -> str | Literal[False]:
    """Spell our types as the database's own: a migration must not change when ours do."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime()"
    if kind == "type" and isinstance(item, sa.JSON):
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def migrate(connection: sa.Connection) -> None:
    """Run the migrations in the caller's transaction."""
    context.configure(
        connection=connection,
        target_metadata=TABLES,
        include_object=is_ours,
        render_item=render,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    context.run_migrations()


migrate(context.config.attributes["connection"])
