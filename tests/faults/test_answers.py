"""LMSs that fail, each in its own way, side by side: what is owed to one waits for no other."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lti_tool.domain.passback import State
from lti_tool.services.unit import Rounds
from tests.faults.lms import Fault, FaultyLms, faulty_lms
from tests.faults.processes import installed
from tests.owing import Debtor, debtor, owe_all
from tests.stack import empty_database
from tests.stack import until as until_within

INTERNS = 40
AT_ONCE = 4
"""The setting engine_workers: how many calls one LMS is worth at a time."""
PATIENCE = 90
"""Seconds, on a machine that runs much besides."""


@contextlib.contextmanager
def deliverer(environment: dict[str, str], log: Path) -> Iterator[None]:
    words = [sys.executable, "-m", "lti_tool.cli", "deliver"]
    with log.open("wb") as file:
        process = subprocess.Popen(words, env=environment, stdout=file, stderr=file)
        try:
            yield
            assert process.poll() is None, "it lives through all of this"
        finally:
            process.kill()
            process.wait()


def until(ask: Callable[[], object]) -> None:
    until_within(ask, PATIENCE)


def school(rounds: Rounds, lms: FaultyLms) -> list[Debtor]:
    """A platform of its own, and its interns, to each of whom a grade is owed."""
    interns = debtor(rounds, lms.origin).and_others(INTERNS - 1)
    owe_all(interns, "70")
    return interns


@pytest.mark.postgres
def test_one_lms_is_silent_and_one_busy_and_a_third_has_all_its_grades(
    postgres: str, tmp_path: Path
) -> None:
    with (
        empty_database(postgres, "rounds_answers") as empty,
        faulty_lms() as silent,
        faulty_lms() as busy,
        faulty_lms() as well,
        installed(empty, tmp_path) as (rounds, environment),
    ):
        silent.fault = Fault(silent=True)
        busy.fault = Fault(429, headers={"Retry-After": "1"})
        at_silent, *_ = (school(rounds, lms) for lms in (silent, busy, well))
        environment |= {"ROUNDS_HTTP_READ_SECONDS": "300", "ROUNDS_ENGINE_WORKERS": str(AT_ONCE)}
        with deliverer(environment, tmp_path / "log"):
            until(lambda: len(silent.calls) == AT_ONCE)
            until(lambda: len(well.taken) == INTERNS)
            assert len(silent.calls) == AT_ONCE, "its calls are still under way"
            assert (silent.taken, busy.taken) == ([], [])
            owe_all(at_silent[:5], "75")
            busy.recover()
            until(lambda: len(busy.taken) == INTERNS)
            assert silent.taken == []
            silent.recover()
            until(lambda: sorted(silent.shown().values()) == [70] * 35 + [75] * 5)
            until(lambda: set(at_silent[0].states()) <= {State.SENT, State.SUPERSEDED})
        for lms in (silent, busy, well):
            assert lms.rises()
            assert len(lms.shown()) == INTERNS
            assert len(set(lms.taken)) == len(lms.taken), "each message once"


def test_an_lms_that_takes_grades_and_drops_its_answers_has_each_as_it_should_be(
    tmp_path: Path,
) -> None:
    database = f"sqlite:///{tmp_path / 'rounds.db'}"
    with faulty_lms() as lms, installed(database, tmp_path) as (rounds, environment):
        lms.fault = Fault(drops=True, takes=True)
        interns = school(rounds, lms)
        with deliverer(environment, tmp_path / "log"):
            until(lambda: lms.taken)
            owe_all(interns[:10], "75")
            until(lambda: len(lms.calls) > AT_ONCE)
            lms.recover()
            until(lambda: set(interns[0].states()) <= {State.SENT, State.SUPERSEDED})
        assert sorted(lms.shown().values()) == [70] * 30 + [75] * 10
        stamps = {(call.item, call.user, call.score): set[str]() for call in lms.taken}
        for call in lms.taken:
            stamps[call.item, call.user, call.score].add(call.stamp)
        assert {len(told) for told in stamps.values()} == {1}, "said again, it is the same message"
