"""The database is full, restarted or gone: nothing is half written, and all goes on by itself.

Real processes over real databases: a submit is kept or refused in words, and what was kept arrives.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import func, select

from lti_tool import cli
from lti_tool.app import make_rounds
from lti_tool.models.assessment import Assessment
from lti_tool.models.passback import Passback
from lti_tool.models.platform import SigningKey
from lti_tool.settings import load_settings
from tests.conftest import SECRET
from tests.faults import databases
from tests.faults.databases import Server, Supervisor, Tool, gone, no_room, running
from tests.stack import START_SECONDS, empty_database, until
from tests.visitor import fields_of

GONE_SECONDS = 2.5


@pytest.fixture(scope="module")
def database(postgres: str) -> Iterator[Server]:
    """A PostgreSQL server that is nobody else's; `postgres` must load its library first."""
    with databases.server() as server:
        yield server


@pytest.mark.postgres
def test_postgresql_is_restarted_and_then_crashes(database: Server, tmp_path: Path) -> None:
    with running(tmp_path, database.database("outages")) as tool:
        for how in ("fast", "immediate"):
            outage = gone(tool, database, GONE_SECONDS, how)
            assert outage.refused > 0
            assert outage.odd == []
            assert tool.lives()
            assert_told(tool)
        database.stop("fast")  # both processes end in good order all the same


def test_a_full_disk_refuses_and_goes_on_once_there_is_room(tmp_path: Path) -> None:
    with running(tmp_path, f"sqlite:///{tmp_path}/rounds.db") as tool:
        helen, place = Supervisor(tool, tool.ward.helen), tool.ward
        first, second = (helen.form(place.amara, id) for id in ("teamwork", "documentation"))
        assert helen.ask("POST", *first).status_code == 303
        until(tool.told)
        before = kept(tool)
        with no_room(*tool.processes):
            refused = helen.ask("POST", *second)
            assert refused.status_code == 503
            assert "This was not saved" in refused.text
            draft = helen.ask("POST", f"{second[0]}/draft", second[1])
            assert draft.status_code == 503
            assert helen.ask("GET", second[0]).status_code == 200, "what is there can be read"
            assert requests.get(f"{tool.origin}/healthz", timeout=30).ok
            assert kept(tool) == before
        assert helen.ask("POST", second[0], fields_of(refused.text)).status_code == 303
        until(tool.told)
        assert tool.lives()
        assert_told(tool)


def kept(tool: Tool) -> tuple[int, int]:
    """How many assessments were submitted, and how many messages are owed or sent."""
    with tool.rounds.reading() as unit:
        submitted = select(func.count()).where(Assessment.submitted_at.is_not(None))
        messages = select(func.count()).select_from(Passback)
        return unit.session.scalars(submitted).one(), unit.session.scalars(messages).one()


def assert_told(tool: Tool) -> None:
    """The gradebook shows one grade of each intern who has one, the newest."""
    grades, shown = tool.grades(), tool.shown()
    assert len(shown) == len(grades)
    with tool.rounds.reading() as unit:
        newest = {
            row.message["user"]: row.message["score"]
            for row in unit.session.scalars(select(Passback).order_by(Passback.stamp))
        }
    assert shown == {user: score and float(score) for user, score in newest.items()}


# -- Starting --------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of an installation whose database has nothing in it."""
    settings = {"ROUNDS_DATA_DIR": str(tmp_path), "ROUNDS_SECRET_KEY": SECRET}
    if request.param == "sqlite":
        yield settings
        return
    with empty_database(request.getfixturevalue("postgres"), f"rounds_{os.getpid()}_new") as url:
        yield {**settings, "ROUNDS_DATABASE_URL": url}


def test_of_two_upgrades_at_once_one_does_the_work(installation: dict[str, str]) -> None:
    command = [sys.executable, "-m", "lti_tool.cli", "upgrade"]
    environment = {**os.environ, **installation}
    upgrades = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [process.wait(START_SECONDS) for process in upgrades] == [0, 0]
    rounds = make_rounds(load_settings(installation))
    with rounds.reading() as unit:
        assert unit.session.scalars(select(func.count()).select_from(SigningKey)).one() == 1
    rounds.engine.dispose()


@pytest.mark.parametrize("command", ["serve", "deliver", "upgrade"])
def test_without_its_database_nothing_starts_and_one_line_says_why(
    command: str, tmp_path: Path
) -> None:
    settings = {
        "ROUNDS_DATABASE_URL": "postgresql://rounds:only-for-tests@127.0.0.1:1/rounds",
        "ROUNDS_DATA_DIR": str(tmp_path),
        "ROUNDS_SECRET_KEY": SECRET,
    }
    ended = CliRunner().invoke(cli.main, [command], env=settings)
    assert ended.exit_code == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith("rounds: the database cannot be used: ")
    assert line.endswith("[database-away]")
    assert "only-for-tests" not in line
