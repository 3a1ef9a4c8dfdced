"""Deliverers: places on a host, signs of life, and who is taken for dead by whom."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from lti_tool.domain.errors import DelivererReplaced
from lti_tool.jobs.watch import Watch
from lti_tool.services.unit import Rounds
from tests.owing import Clock

SILENCE = 60
US = os.getpid()


@pytest.fixture
def living() -> Iterator[int]:
    """The id of some other process that runs."""
    words = [sys.executable, "-c", "input()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def enter(rounds: Rounds, process: int, host: str = "here") -> str:
    with rounds.work() as unit:
        return unit.deliverers.enter(host, process)


@dataclass
class Observer:
    """One who looks once a second, by a clock that nobody else knows."""

    rounds: Rounds
    seconds: float = 0

    def __post_init__(self) -> None:
        self._watch = Watch(SILENCE, lambda: self.seconds)

    def look(self) -> list[str]:
        self.seconds += 1
        with self.rounds.work() as unit:
            return list(unit.deliverers.adopt(self._watch.still(unit.deliverers.beats())))


def seen(rounds: Rounds, executor: str, process: int) -> None:
    with rounds.work() as unit:
        unit.deliverers.seen(executor, process)


def beside(rounds: Rounds, clock: Clock, *, minutes: float) -> Rounds:
    """The same database on a machine whose clock is that far off."""
    return replace(rounds, clock=lambda: clock.now + timedelta(minutes=minutes))


# Places -------------------------------------------------------------------------------------------


def test_each_living_process_of_a_host_has_a_place_of_its_own(rounds: Rounds, living: int) -> None:
    assert enter(rounds, living) == "here-0"
    assert enter(rounds, US) == "here-1"
    assert enter(rounds, US, "elsewhere") == "elsewhere-0"


def test_a_restart_takes_the_place_of_the_process_that_died(rounds: Rounds, dead: int) -> None:
    assert enter(rounds, dead) == "here-0"
    assert enter(rounds, US) == "here-0"


def test_a_clock_set_forward_takes_no_place_from_a_living_process(
    rounds: Rounds, living: int
) -> None:
    clock = Clock()
    enter(beside(rounds, clock, minutes=0), living)
    assert enter(beside(rounds, clock, minutes=10), US) == "here-1"


def test_who_comes_back_to_a_place_that_another_has_ends(
    rounds: Rounds, living: int, dead: int
) -> None:
    enter(rounds, dead)
    enter(rounds, living)
    with pytest.raises(DelivererReplaced):
        seen(rounds, "here-0", dead)
    with rounds.work() as unit:
        unit.deliverers.leave("here-0", dead)
    seen(rounds, "here-0", living)


# Signs of life ------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-10, 10])
def test_clocks_apart_make_nobody_dead(rounds: Rounds, minutes: float) -> None:
    clock = Clock()
    here, there = beside(rounds, clock, minutes=0), beside(rounds, clock, minutes=minutes)
    enter(there, 1, "there")
    observer = Observer(here)
    for _ in range(2 * SILENCE):
        clock.move(seconds=1)
        seen(there, "there-0", 1)
        assert observer.look() == []


@pytest.mark.parametrize("minutes", [-10, 10])
def test_who_is_silent_is_adopted_whatever_the_clocks_say(rounds: Rounds, minutes: float) -> None:
    clock = Clock()
    enter(beside(rounds, clock, minutes=minutes), 1, "there")
    observer = Observer(beside(rounds, clock, minutes=0))
    looks = [observer.look() for _ in range(SILENCE + 2)]
    assert looks == [[]] * (SILENCE + 1) + [["there-0"]]


def test_a_clock_set_back_makes_nobody_dead(rounds: Rounds) -> None:
    clock = Clock()
    here = beside(rounds, clock, minutes=0)
    enter(here, US)
    observer = Observer(here)
    for second in range(2 * SILENCE):
        clock.move(seconds=-300 if second == 30 else 1)
        seen(here, "here-0", US)
        assert observer.look() == []


def test_only_one_adopts_and_another_if_that_one_dies_too(rounds: Rounds) -> None:
    enter(rounds, 1, "there")
    first, second = Observer(rounds), Observer(rounds)
    for _ in range(SILENCE + 1):
        assert (first.look(), second.look()) == ([], [])
    assert (first.look(), second.look()) == (["there-0"], [])
    for _ in range(SILENCE):
        assert second.look() == []
    assert second.look() == ["there-0"]


def test_who_has_left_is_taken_over_at_once_and_then_forgotten(rounds: Rounds) -> None:
    enter(rounds, US)
    with rounds.work() as unit:
        unit.deliverers.leave("here-0", US)
    assert Observer(rounds).look() == ["here-0"]
    with rounds.work() as unit:
        unit.deliverers.forget("here-0")
        assert unit.deliverers.beats() == {}


def test_who_was_only_slow_gives_a_sign_again_and_is_not_forgotten(rounds: Rounds) -> None:
    enter(rounds, US)
    observer = Observer(rounds)
    while not observer.look():
        pass
    seen(rounds, "here-0", US)
    with rounds.work() as unit:
        unit.deliverers.forget("here-0")
        assert unit.deliverers.alive() == 1
