"""Migrations: bring a database to this version's tables, and tell whether it is there.

Alembic's files lie in this package, so that an installed Rounds can upgrade itself.
"""

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from lti_tool import models
from lti_tool.db import READ_ONLY, make_engine, migrating
from lti_tool.domain.errors import SchemaOutdated

TABLES = models.activity.Activity.metadata
"""Those of every model: importing the package imports them all."""


def configuration() -> Config:
    """Alembic's configuration: where the files lie. `env.py` asks it for the connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision in one transaction: it succeeds or leaves no trace."""
    engine = make_engine(url)
    config = configuration()
    try:
        with migrating(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()


def check(engine: Engine) -> None:
    """Raise SchemaOutdated unless the database's tables are those of this version."""
    wanted = _heads()
    with engine.execution_options(**{READ_ONLY: True}).connect() as connection:
        found = set(MigrationContext.configure(connection).get_current_heads())
    if found != wanted:
        there = ", ".join(sorted(found)) or "none"
        raise SchemaOutdated(f"the database is at revision {there}; run: rounds upgrade")


@lru_cache
def _heads() -> set[str]:
    """Read once: the files do not change under a process, and `/readyz` asks every few seconds."""
    return set(ScriptDirectory.from_config(configuration()).get_heads())


def is_ours(_object: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
    """Leave alone what others keep in the same database: the engine's tables on SQLite."""
    return not (reflected and kind == "table" and name not in TABLES.tables)
