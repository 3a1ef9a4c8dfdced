"""What counts as a fault of the database, how long it is waited for, and what the URL may say."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.db import READ_ONLY, away, make_engine, waits


def said(engine: Engine, statement: str) -> str | None:
    """What to tell of the fault of a statement; None where it is none of the database's."""
    with pytest.raises(SQLAlchemyError) as raised, engine.begin() as connection:
        connection.execute(text(statement))
    told = away(raised.value)
    return told and str(told)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM nothing", "SELEC", "INSERT INTO course (id) VALUES (1)", "SELECT no_such()"],
)
def test_what_the_database_understood_is_our_own_fault(engine: Engine, statement: str) -> None:
    assert said(engine, statement) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_without_room_or_rights(engine: Engine, tmp_path: Path) -> None:
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    large = "INSERT INTO tally (event, platform, outcome, code, slot, times, microseconds)"
    full = said(engine, f"{large} VALUES ('x', 1, hex(zeroblob(9999)), 'x', 1, 1, 1)")
    assert full == "the database cannot be used: database or disk is full"
    reader = engine.execution_options(**{READ_ONLY: True})
    with reader.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
        connection.commit()
    assert str(said(engine, "DELETE FROM tally")).endswith("attempt to write a readonly database")
    nowhere = make_engine(f"sqlite:///{tmp_path}/none/rounds.db")
    assert str(said(nowhere, "SELECT 1")).endswith("unable to open database file")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_writer_that_others_keep_out_gives_up_at_last(engine: Engine, database_url: str) -> None:
    hasty = make_engine(f"{database_url}?timeout=0.05")
    with engine.begin():
        assert said(hasty, "SELECT 1") == "the database cannot be used: database is locked"
        with hasty.execution_options(**{READ_ONLY: True}).begin() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
    hasty.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_writers_wait_for_one_another_however_many(engine: Engine) -> None:
    def write() -> None:
        for _ in range(20):
            with engine.begin() as connection:
                connection.execute(text("UPDATE tally SET times = times + 1"))

    with engine.begin() as connection:
        row = "INSERT INTO tally (event, platform, outcome, code, slot, times, microseconds)"
        connection.execute(text(f"{row} VALUES ('x', 1, 'x', 'x', 1, 0, 0)"))
    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT times FROM tally")).scalar_one() == 160


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_that_takes_nothing_or_ends_a_connection(engine: Engine) -> None:
    read_only = said(engine, "SET TRANSACTION READ ONLY; DELETE FROM tally")
    assert str(read_only).endswith("cannot execute DELETE in a read-only transaction")
    ended = said(engine, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert str(ended).endswith("terminating connection due to administrator command")
    late = said(engine, "SET LOCAL statement_timeout = 10; SELECT pg_sleep(9)")
    assert str(late).endswith("canceling statement due to statement timeout")
    assert said(engine, "SELECT 1/0") is None


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_knows_how_long_to_wait(engine: Engine, database_url: str) -> None:
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        told = driver.info.get_parameters()
    assert {name: told[name] for name in waits(database_url)} == {
        name: str(value) for name, value in waits(database_url).items()
    }
    assert "connect_timeout" not in waits(f"{database_url}&connect_timeout=9")


def test_a_server_that_says_nothing_is_waited_for_in_vain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        mute = make_engine(f"postgresql+psycopg://rounds@127.0.0.1:{port}/rounds?connect_timeout=2")
        assert str(said(mute, "SELECT 1")).startswith("the database cannot be used: connection")
        mute.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connections_that_are_all_in_use(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lti_tool.db.POOL_SECONDS", 0.05)
    small = make_engine(database_url, pool_size=1)
    with small.connect(), small.connect():
        assert said(small, "SELECT 1") == "every connection to the database is in use"
    small.dispose()


def test_threads_that_write_to_sqlite_take_turns(tmp_path: Path) -> None:
    """None of them meets SQLite's own lock, and one that fails lets the next go on."""
    engine = make_engine(f"sqlite:///{tmp_path / 'turns.db'}")
    event.listen(engine, "connect", lambda made, _: made.execute("PRAGMA busy_timeout=0"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE number (value INTEGER)"))
        connection.execute(text("INSERT INTO number VALUES (0)"))

    def count(fails: bool) -> None:
        with suppress(ZeroDivisionError), engine.begin() as connection:
            connection.execute(text("UPDATE number SET value = value + 1"))
            if fails:
                raise ZeroDivisionError

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, [False, True] * 40))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT value FROM number")) == 40
    engine.dispose()
