"""An engine over a test's database, a gradebook to send to, and deliverers that are processes."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from alembic import command
from sqlalchemy import Engine

from lti_tool import jobs, migrations
from lti_tool.db import make_engine
from lti_tool.services.unit import Rounds
from tests.gradebook import Gradebook, serving
from tests.owing import Debtor, debtor


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """This test's database, the engine's tables included."""
    jobs.upgrade_engine(database_url)
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def gradebook() -> Iterator[Gradebook]:
    with serving() as gradebook:
        yield gradebook


@pytest.fixture
def at_work(rounds: Rounds, engine: Engine) -> Rounds:
    """A Rounds that hands its jobs to the engine itself."""
    return replace(rounds, enqueue=jobs.enqueue)


@pytest.fixture
def owing(at_work: Rounds, gradebook: Gradebook) -> Debtor:
    """Owes to the gradebook through the engine itself."""
    return debtor(at_work, gradebook.origin)


@pytest.fixture
def deliverer(
    environment: dict[str, str], engine: Engine
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `rounds deliver` as a process of its own; none outlives the test."""
    with engine.begin() as connection:
        config = migrations.configuration()
        config.attributes["connection"] = connection
        command.stamp(config, "head")
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "lti_tool.cli", "deliver", *options]
        started.append(subprocess.Popen(words, env=os.environ | environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
