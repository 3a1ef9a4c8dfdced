"""Alive, and ready: only with this version's tables, the engine's, and keys that open."""

from pathlib import Path

from flask import Flask
from sqlalchemy import text

from lti_tool import jobs, migrations
from lti_tool.app import create_app, make_rounds
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.conftest import SECRET


def installed(url: str, secret: str = SECRET) -> Flask:
    rounds = make_rounds(load_settings({"ROUNDS_SECRET_KEY": secret, "ROUNDS_DATABASE_URL": url}))
    return create_app(rounds)


def asked(url: str, secret: str = SECRET) -> tuple[int, str]:
    app = installed(url, secret)
    answer = app.test_client().get("/readyz")
    app.extensions["rounds"].engine.dispose()
    return answer.status_code, answer.text.strip()


def make_keys(url: str) -> None:
    rounds: Rounds = installed(url).extensions["rounds"]
    with rounds.work() as unit:
        unit.keys.open()
    rounds.engine.dispose()


def test_alive_asks_nothing(tmp_path: Path) -> None:
    answer = installed(f"sqlite:///{tmp_path}/none/at/all.db").test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "alive\n")


def test_ready_needs_the_database_both_kinds_of_tables_and_keys(tmp_path: Path) -> None:
    assert asked(f"sqlite:///{tmp_path}/none/at/all.db") == (503, "database-away")
    url = f"sqlite:///{tmp_path}/rounds.db"
    assert asked(url) == (503, "schema-outdated")
    migrations.upgrade(url)
    assert asked(url) == (503, "schema-outdated")
    jobs.upgrade_engine(url)
    assert asked(url) == (503, "signing-key-missing")
    make_keys(url)
    assert asked(url) == (200, "ready")
    assert asked(url, secret=SECRET[::-1]) == (503, "secret-key-wrong")


def test_an_upgraded_database_is_no_longer_that_of_an_older_version(database_url: str) -> None:
    migrations_table = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"
    rounds: Rounds = installed(database_url).extensions["rounds"]
    with rounds.engine.begin() as connection:
        connection.execute(text(migrations_table))
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    rounds.engine.dispose()
    assert asked(database_url) == (503, "schema-outdated")
