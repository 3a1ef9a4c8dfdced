"""Alive, and ready: only with this version's tables and the engine's."""

from pathlib import Path

from flask import Flask

from lti_tool import jobs, migrations
from lti_tool.app import create_app, make_rounds
from lti_tool.settings import load_settings
from tests.conftest import SECRET


def installed(url: str) -> Flask:
    rounds = make_rounds(load_settings({"ROUNDS_SECRET_KEY": SECRET, "ROUNDS_DATABASE_URL": url}))
    return create_app(rounds)


def test_alive_asks_nothing(tmp_path: Path) -> None:
    answer = installed(f"sqlite:///{tmp_path}/none/at/all.db").test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "alive\n")


def test_ready_needs_the_database_and_both_kinds_of_tables(tmp_path: Path) -> None:
    def asked(url: str) -> tuple[int, str]:
        app = installed(url)
        answer = app.test_client().get("/readyz")
        app.extensions["rounds"].engine.dispose()
        return answer.status_code, answer.text.strip()

    assert asked(f"sqlite:///{tmp_path}/none/at/all.db") == (503, "database-unreachable")
    url = f"sqlite:///{tmp_path}/rounds.db"
    assert asked(url) == (503, "schema-outdated")
    migrations.upgrade(url)
    assert asked(url) == (503, "schema-outdated")
    jobs.upgrade_engine(url)
    assert asked(url) == (200, "ready")
