"""Messages to an LMS that fails as it is told, sent pass by pass while the test moves the clock."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from lti_tool.domain.passback import UNFINISHED
from lti_tool.lms.grades import Grades
from lti_tool.lms.http import Http
from lti_tool.lms.tokens import Tokens
from lti_tool.models.grade_service import GradeService
from lti_tool.models.passback import Passback
from lti_tool.services.delivery import deliver
from lti_tool.services.errands import Job
from lti_tool.services.grade_services import Condition
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings
from tests.faults.lms import FaultyLms, faulty_lms
from tests.owing import Clock, Debtor, debtor


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Waits as they are meant to be, for the clock is the test's."""
    return replace(
        settings,
        retry_seconds=10,
        retry_max_seconds=86_400,
        pause_max_seconds=300,
    )


@dataclass(frozen=True)
class Engine:
    """Does what is owed, as a deliverer's passes do, one message after the other."""

    rounds: Rounds
    grades: Grades
    clock: Clock

    def with_little_patience(self) -> "Engine":
        """The same for an LMS that keeps silent: it is not waited for as long as a busy one."""
        return replace(self, grades=grades(self.rounds, read_seconds=1))

    def turn(self) -> None:
        """One pass: whatever is owed now, once."""
        with self.rounds.reading() as unit:
            owed = unit.deliveries.owed(500)
        for job in owed:
            self.do(job)

    def do(self, job: Job) -> None:
        deliver(self.rounds, self.grades, job)

    def go_on(self, **time: float) -> None:
        """A pass whenever anything may be due, for so long."""
        end = self.clock.now + timedelta(**time)
        while self.clock.now < end:
            self.clock.now = min(self._next(), end)
            self.turn()

    def _next(self) -> datetime:
        """When a wait ends that has not ended yet; at least a second from now."""
        soonest, now = self.clock.now + timedelta(seconds=1), self.clock.now
        ends = (
            select(func.min(Passback.due_at)).where(
                Passback.state.in_(UNFINISHED), Passback.due_at > now
            ),
            select(func.min(GradeService.paused_until)).where(GradeService.paused_until > now),
        )
        with self.rounds.reading() as unit:
            known = [at for at in map(unit.session.scalar, ends) if at is not None]
        return max(soonest, min(known, default=now + timedelta(minutes=1)))

    def states(self) -> list[str]:
        with self.rounds.reading() as unit:
            return list(unit.session.scalars(select(Passback.state).order_by(Passback.id)))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(rounds: Rounds, clock: Clock) -> Engine:
    """Its waits are spread as they are meant to be, and in the same way each time."""
    random.seed(4)
    timed = replace(rounds, clock=clock)
    return Engine(timed, grades(timed), clock)


def grades(rounds: Rounds, *, read_seconds: float | None = None) -> Grades:
    http = Http(rounds.settings, read_seconds=read_seconds)
    return Grades(http, Tokens(rounds, http))


@pytest.fixture
def lms() -> Iterator[FaultyLms]:
    with faulty_lms() as lms:
        yield lms


@pytest.fixture
def owing(engine: Engine, lms: FaultyLms) -> Debtor:
    return debtor(engine.rounds, lms.origin)


def condition(owing: Debtor) -> Condition:
    with owing.rounds.reading() as unit:
        return unit.grade_services.of(owing.platform)


def end_of(owing: Debtor, id: int) -> tuple[str, str | None]:
    row = owing.row(id)
    return row.state, row.last_code


def owe(owing: Debtor, score: str = "80") -> int:
    id = owing.owe(score)
    assert id is not None
    return id
