"""Failed tries are counted in windows, in the database, so that all workers count together."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lti_tool.domain.errors import TooMany
from lti_tool.models.limit import TryCount
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TRIES, WINDOW = 3, 60


@pytest.fixture
def at(rounds: Rounds, environment: dict[str, str]) -> Callable[[float], Rounds]:
    """The same Rounds so many seconds after noon, with three tries a minute."""
    few = {"ROUNDS_VERIFY_TRIES": f"{TRIES}", "ROUNDS_VERIFY_WINDOW_SECONDS": f"{WINDOW}"}
    strict = replace(rounds, settings=load_settings(environment | few))
    return lambda seconds: replace(strict, clock=lambda: NOON + timedelta(seconds=seconds))


def fail(rounds: Rounds, caller: str = "192.0.2.1", times: int = 1) -> None:
    for _ in range(times):
        with rounds.work() as unit:
            unit.limits.count("verify", caller)


def check(rounds: Rounds, caller: str = "192.0.2.1", kind: str = "verify") -> None:
    with rounds.work() as unit:
        unit.limits.check(kind, caller)


def test_reading_is_free_and_the_last_try_is_still_one(at: Callable[[float], Rounds]) -> None:
    for _ in range(TRIES * 2):
        check(at(0))
    fail(at(0), times=TRIES - 1)
    check(at(0))
    fail(at(0))
    with pytest.raises(TooMany):
        check(at(0))


@pytest.mark.parametrize(("after", "wait"), [(0, 60), (20, 40), (20.25, 40), (59.9, 1)])
def test_how_long_to_wait(at: Callable[[float], Rounds], after: float, wait: int) -> None:
    """Whole seconds, rounded up: who waits so long is let in."""
    fail(at(0), times=TRIES)
    with pytest.raises(TooMany) as caught:
        check(at(after))
    assert caught.value.seconds == wait
    check(at(after + wait))


def test_a_window_begins_with_its_first_failure_and_not_again(
    at: Callable[[float], Rounds],
) -> None:
    fail(at(0), times=TRIES - 1)
    fail(at(59))
    with pytest.raises(TooMany):
        check(at(59))
    check(at(60))
    fail(at(60), times=TRIES - 1)
    check(at(60))
    fail(at(119))
    with pytest.raises(TooMany) as caught:
        check(at(119))
    assert caught.value.seconds == 1


def test_callers_and_kinds_are_counted_apart_and_not_by_name(
    at: Callable[[float], Rounds],
) -> None:
    fail(at(0), times=TRIES)
    check(at(0), caller="192.0.2.2")
    check(at(0), kind="login")
    with at(0).reading() as unit:
        row = unit.session.scalars(select(TryCount)).one()
    assert "192.0.2.1" not in row.caller


def test_two_at_the_same_moment_both_count(at: Callable[[float], Rounds]) -> None:
    """Also the very first two, who both find no row."""
    together, failures = threading.Barrier(2), []

    def caller() -> None:
        together.wait()
        try:
            fail(at(0), times=5)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=caller) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with at(0).reading() as unit:
        assert unit.session.scalars(select(TryCount)).one().count == 10
