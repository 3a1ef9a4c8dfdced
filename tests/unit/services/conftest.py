"""What the tests about messages to a gradebook stand on: one that is told how to answer."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from lti_tool.lms.grades import Grades
from lti_tool.lms.http import Http
from lti_tool.lms.tokens import Tokens
from lti_tool.services.delivery import AT_ONCE, deliver
from lti_tool.services.unit import Rounds
from tests.gradebook import Gradebook, serving
from tests.owing import Clock, Debtor, debtor


@pytest.fixture
def gradebook() -> Iterator[Gradebook]:
    with serving() as gradebook:
        yield gradebook


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def owing(rounds: Rounds, clock: Clock, gradebook: Gradebook) -> Debtor:
    return debtor(replace(rounds, clock=clock), gradebook.origin)


@pytest.fixture
def in_canvas(rounds: Rounds, clock: Clock, gradebook: Gradebook) -> Debtor:
    return debtor(replace(rounds, clock=clock), gradebook.origin, "canvas")


@pytest.fixture
def in_moodle(rounds: Rounds, clock: Clock, gradebook: Gradebook) -> Debtor:
    return debtor(replace(rounds, clock=clock), gradebook.origin, "moodle")


def send(owing: Debtor, id: int | None, turn: AbstractContextManager[object] = AT_ONCE) -> None:
    """Do the row's present job, as the engine would."""
    assert id is not None
    http = Http(owing.rounds.settings)
    deliver(owing.rounds, Grades(http, Tokens(owing.rounds, http)), owing.job(id), turn)


def end_of(owing: Debtor, id: int | None) -> tuple[str, int | None, str | None]:
    row = owing.row(id or 0)
    return row.state, row.last_status, row.last_code
