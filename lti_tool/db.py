"""The database: one engine, one base for tables, and every statement that differs by database.

SQLite (the embedded default, one machine) and PostgreSQL (any number) are both first class. SQLite
runs in WAL mode and takes its write lock when a writing transaction begins, so that two writers
wait for each other instead of failing halfway.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from lti_tool.domain.errors import DatabaseAway

READ_ONLY = "rounds_read_only"
"""Execution option of a transaction that only reads: SQLite then takes no write lock."""

POOL_SECONDS = 10
"""How long to wait for a connection of this process that others have: whoever waits longer has
given up, and the next request would wait behind them."""

SQLITE_WAITS = {"timeout": 20}
"""How many seconds a writer waits for the others. They do not stand in line, each tries again and
again, so this is long enough for the unlucky one."""

POSTGRESQL_WAITS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""Seconds; the last one is milliseconds. A server that lives takes a connection within five. One
that is gone without a word, as after a failover, is noticed in 15 seconds where something was sent
to it, and in 25 where its answer is waited for; the system by itself would take hours."""

POSTGRESQL_AWAY = ("08", "25006", "40", "53", "55P03", "57", "58")
"""How the SQLSTATEs begin that no statement is to blame for: connection lost, read-only after a
failover, deadlock, out of room or connections, lock not to be had, stopped, disk broken."""

SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
"""The same of SQLite, which has a result code for each."""

ALONE = 768_637
"""The number of our lock among those of a PostgreSQL database: ROUNDS on a telephone's keys."""

ASK_AGAIN_SECONDS = 0.2

MY_TURN = "rounds_my_turn"
"""Where a connection notes that it is its turn to write."""

T = TypeVar("T", bound="Base")


class Base(DeclarativeBase):
    """The base of all tables. Constraints have names from the first migration on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, and stored without a zone so that both databases agree."""

    impl = DateTime(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


Document = JSON().with_variant(postgresql.JSONB(), "postgresql")
"""A JSON document that is read and written whole."""


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for a SQLite or PostgreSQL URL; connects only when first used.

    Faults of the database do not repeat the values of a statement: the log must not hold them.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args=waits(url))
        event.listen(engine, "connect", _prepare_sqlite)
        _take_turns(engine)
        return engine
    return create_engine(
        url,
        hide_parameters=True,
        connect_args=waits(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=True,
    )


def waits(url: str) -> dict[str, Any]:
    """What a driver is told of how long to wait for this database; the URL has the last word."""
    parsed = make_url(url)
    known = SQLITE_WAITS if parsed.get_backend_name() == "sqlite" else POSTGRESQL_WAITS
    return {name: value for name, value in known.items() if name not in parsed.query}


def away(fault: BaseException) -> DatabaseAway | None:
    """What to tell of a fault of the database itself: gone, full, or held by others for too long.

    None for any other: what the database understood and refused is a fault of our own.
    """
    if isinstance(fault, PoolTimeout):
        return DatabaseAway("every connection to the database is in use")
    if not isinstance(fault, DBAPIError) or not (fault.connection_invalidated or _is_away(fault)):
        return None
    # The first line only: the others repeat the statement.
    said = str(fault.orig).splitlines() or [""]
    return DatabaseAway(f"the database cannot be used: {said[0]}")


def _is_away(fault: DBAPIError) -> bool:
    """Without a SQLSTATE the server was never reached, or never ended what it said."""
    if isinstance(fault.orig, sqlite3.Error):
        # The lowest byte is the code; those above it tell more of the same.
        return getattr(fault.orig, "sqlite_errorcode", 0) & 0xFF in SQLITE_AWAY
    state = getattr(fault.orig, "sqlstate", None)
    if state is None:
        return isinstance(fault, OperationalError)
    return bool(state.startswith(POSTGRESQL_AWAY))


def check_reachable(engine: Engine) -> None:
    """Raise DatabaseAway unless the database answers."""
    try:
        with engine.execution_options(**{READ_ONLY: True}).connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as fault:
        raise away(fault) or DatabaseAway("the database cannot be used") from None


@contextmanager
def alone(url: str) -> Iterator[None]:
    """A block that one process is in at a time, on whichever machine; the others wait.

    SQLite has one machine, and lets one transaction write at a time by itself. PostgreSQL is asked
    again and again: a statement that waited would itself be waited for by indexes that are built
    concurrently, as the engine's are.
    """
    engine = make_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            yield
            return
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not connection.scalar(select(func.pg_try_advisory_lock(ALONE))):
                time.sleep(ASK_AGAIN_SECONDS)
            yield
    finally:
        engine.dispose()  # the lock goes with its connection


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """A transaction in which tables may be rebuilt: all of it is kept, or nothing.

    SQLite changes a column by making the table anew, and would take its dropping for the deletion
    of rows that others refer to. So references are checked at the end, and not on the way.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with engine.connect() as connection:
        cursor = connection.connection.cursor()  # outside any transaction, where the switch works
        cursor.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise RuntimeError(f"references broken by a migration: {broken[:5]}")
        finally:
            cursor.execute("PRAGMA foreign_keys=ON")


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    # The driver's own transaction handling is off: it would begin too late to be IMMEDIATE.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _take_turns(engine: Engine) -> None:
    """Let the threads of this process write in turns.

    SQLite itself wakes nobody: whoever finds it busy sleeps, longer each time, and tries again.
    """
    turn = Lock()

    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(READ_ONLY, False)
        if not reading and not connection.info.get(MY_TURN):
            connection.info[MY_TURN] = turn.acquire(timeout=SQLITE_WAITS["timeout"])
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    def end(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        if record.info.pop(MY_TURN, False):
            turn.release()

    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", end)


def insert_missing(
    session: Session, table: type[Base], values: Mapping[str, Any], unique: Sequence[str]
) -> None:
    """Insert a row unless one with the same `unique` columns is there: no error, no race."""
    insert_all_missing(session, table, [values], unique)


def insert_or_lock(
    session: Session, table: type[T], values: Mapping[str, Any], unique: Sequence[str]
) -> T:
    """Insert a row unless one with the same `unique` columns is there; lock and give whichever is.

    One statement: others who want the same row wait until this transaction ends.
    """
    statement = _insert(session)(table).values(**values)
    same = {name: statement.excluded[name] for name in unique}
    locking = statement.on_conflict_do_update(index_elements=list(unique), set_=same)
    return session.scalars(
        locking.returning(table), execution_options={"populate_existing": True}
    ).one()


def insert_or_add(
    session: Session, table: type[Base], key: Mapping[str, Any], added: Mapping[str, int]
) -> None:
    """Add numbers to the row of this primary key; without one, insert it with them."""
    statement = _insert(session)(table).values(**key, **added)
    sums = {name: getattr(table, name) + statement.excluded[name] for name in added}
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=sums))


def insert_all_missing(
    session: Session,
    table: type[Base],
    rows: Sequence[Mapping[str, Any]],
    unique: Sequence[str],
) -> None:
    """Insert rows that all name the same columns, leaving out those that are there already."""
    statement = _insert(session)(table).on_conflict_do_nothing(index_elements=list(unique))
    session.execute(statement, [dict(row) for row in rows])


def _insert(session: Session) -> Callable[[type[Base]], postgresql.Insert | sqlite.Insert]:
    """The database's own INSERT: both know ON CONFLICT, and mean the same by it."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
