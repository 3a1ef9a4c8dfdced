"""The engine: hand over a job in the caller's own transaction, and make its tables.

DBOS does the queueing, in the tool's own database: a job exists if and only if the rows it is about
were committed with it. What is owed stands in our rows; the engine only runs it.
"""

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

QUEUES = ("passback", "certificate", "roster")
"""A kind of job is the queue it waits in: a thousand certificates never delay a grade."""

WORKFLOW = "rounds"
APPLICATION = "rounds"

VERSION = "1"
"""Pinned: the engine runs only jobs of its own version, and no deployment may strand any."""

# The engine tells of each step it takes, and would add a handler of its own if it found none.
_log = logging.getLogger("dbos")
_log.setLevel(logging.WARNING)
_log.addHandler(logging.NullHandler())


def enqueue(session: Session, kind: str, about: str) -> None:
    """Hand a job to the engine in the session's transaction.

    `kind` is one of QUEUES. `about` names the work, such as a row's id; whatever makes it new work
    goes after a colon, for the same kind and name is taken once only, also after it has ended.
    """
    options: EnqueueOptions = {
        "workflow_name": WORKFLOW,
        "queue_name": kind,
        "workflow_id": f"{kind}:{about}",
        "app_version": VERSION,
        "serialization_type": WorkflowSerializationFormat.PORTABLE,
    }
    _client(session.get_bind().engine).enqueue_in_transaction(session, options, kind, about)


@lru_cache(maxsize=1)
def _client(engine: Engine) -> DBOSClient:
    """A client that composes statements for this database; it never connects by itself."""
    return DBOSClient(system_database_engine=engine, application_name=APPLICATION, lazy=True)


def upgrade_engine(url: str) -> None:
    """Bring the engine's tables to this version. `url` as Settings.database gives it."""
    run_dbos_database_migrations(url)


def check_engine(engine: Engine) -> None:
    """Raise SchemaOutdated unless the engine's tables are those this version needs."""
    client = _client(engine.execution_options(**{READ_ONLY: True}))
    try:
        # The pinned release offers this check to its own start only.
        client._sys_db.verify_migrations()
    except error.DBOSInitializationError:
        raise SchemaOutdated(
            "the engine's tables are missing or old; run: rounds upgrade"
        ) from None
