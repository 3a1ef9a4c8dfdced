"""The engine itself: hand it a job in the caller's transaction, and see to its tables."""

import logging
from functools import lru_cache

from dbos import (
    DBOSClient,
    EnqueueOptions,
    WorkflowSerializationFormat,
    error,
    run_dbos_database_migrations,
)
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_tool.db import READ_ONLY
from lti_tool.domain.errors import SchemaOutdated
from lti_tool.jobs.queues import APPLICATION, VERSION, WORKFLOW

# The engine tells of each step it takes, and would add a handler of its own if it found none.
_quiet = logging.getLogger("dbos")
_quiet.setLevel(logging.WARNING)
_quiet.addHandler(logging.NullHandler())


def enqueue(session: Session, kind: str, about: str, lane: int | None = None) -> None:
    """Hand a job to the engine in the session's transaction (see services.enqueue).

    `kind` is one of QUEUES. The same kind and name is taken once only, also after it has ended.
    """
    options: EnqueueOptions = {
        "workflow_name": WORKFLOW,
        "queue_name": kind,
        "workflow_id": f"{kind}:{about}",
        "app_version": VERSION,
        "serialization_type": WorkflowSerializationFormat.PORTABLE,
    }
    if lane is not None:
        options["queue_partition_key"] = str(lane)
    _client(session.get_bind().engine).enqueue_in_transaction(session, options, kind, about, lane)


@lru_cache(maxsize=1)
def _client(engine: Engine) -> DBOSClient:
    """A client that composes statements for this database; it never connects by itself.

    A process has one engine. Only the last one is kept, so that those of tests are let go.
    """
    return DBOSClient(system_database_engine=engine, application_name=APPLICATION, lazy=True)


def upgrade_engine(url: str) -> None:
    """Bring the engine's tables to this version. `url` as Settings.database gives it."""
    run_dbos_database_migrations(url)


def check_engine(engine: Engine) -> None:
    """Raise SchemaOutdated unless the engine's tables are those this version needs."""
    reader = engine.execution_options(**{READ_ONLY: True})
    client = DBOSClient(system_database_engine=reader, application_name=APPLICATION, lazy=True)
    try:
        # The pinned release offers this check to its own start only, and by no public name.
        client._sys_db.verify_migrations()
    except error.DBOSInitializationError:
        raise SchemaOutdated(
            "the engine's tables are missing or old; run: rounds upgrade"
        ) from None
