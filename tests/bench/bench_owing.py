"""What a message owed costs: in a submit, and in memory. Prints two Markdown tables.

Run by `./dev bench owing`; PostgreSQL. Submits are timed in this process, in turns: one that owes
no message, one whose message is handed to no engine, and one as it is. Memory is that of `rounds
serve` and of its deliverer, while assessments are submitted over HTTP and told to an LMS that
answers at once.
"""

import logging
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Actor, Role
from lti_tool.models.course import Course
from lti_tool.services.unit import Rounds
from tests import factories
from tests.bench.bench_assessment import Counter, rounds_on_postgresql
from tests.bench.bench_load import LEVELS, People, prepare, wait_until_told
from tests.bench.narrow_lms import narrow_lms
from tests.bench.served import Served, children, resident, served
from tests.stand_in import stand_in

SUBMITS = 200
WARM = 10
MESSAGES = 10_000
INTERNS = 500


def main(submits: int = SUBMITS, messages: int = MESSAGES) -> None:
    """Print both tables."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    _submit(submits)
    _memory(messages)


# A submit ----------------------------------------------------------------------------------------


def _submit(submits: int) -> None:
    with rounds_on_postgresql() as rounds:
        kinds = {
            "that owes no message": _scored(rounds, SendWhen.WHEN_MET, submits),
            "that owes one, which stays": _scored(
                replace(rounds, enqueue=_keep), SendWhen.AS_SCORED, submits
            ),
            "that owes one, handed to the engine": _scored(rounds, SendWhen.AS_SCORED, submits),
        }
        counter = Counter(rounds)
        turns = zip(*kinds.values(), strict=True)
        costs = [[_cost(*one, counter) for one in turn] for turn in turns][WARM:]
    print("| Submit, PostgreSQL | server time, median | statements |")
    print("|---|--:|--:|")
    for name, own in zip(kinds, zip(*costs, strict=True), strict=True):
        middle = statistics.median(cost for cost, _ in own)
        print(f"| {name} | {middle:.1f} ms | {max(count for _, count in own)} |")
    for name, more, less in (("owing", 1, 0), ("handing over", 2, 1)):
        middle = statistics.median(turn[more][0] - turn[less][0] for turn in costs)
        print(f"| {name} alone, median of pairs | {middle:.1f} ms | |")


def _keep(session: Session, kind: str, about: str, lane: int | None = None) -> None:
    """Hand the message to no engine."""


def _scored(rounds: Rounds, when: SendWhen, count: int) -> Iterator[tuple[factories.Ward, Actor]]:
    """A ward that sends grades then, and one intern of it after the other."""
    ward = factories.ward(rounds, send_when=when)
    with rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        interns = [
            factories.member(unit.session, course, f"Intern {n}", Role.INTERN) for n in range(count)
        ]
    return ((ward, intern) for intern in interns)


def _cost(ward: factories.Ward, intern: Actor, counter: Counter) -> tuple[float, int]:
    """Milliseconds and statements of one submit."""
    number = ward.draft(ward.helen, intern, "teamwork")
    content, version = ward.content("teamwork", 3), ward.version(number, ward.helen)
    counter.take()
    began = time.perf_counter()
    with ward.rounds.work() as unit:
        unit.assessments.submit(ward.helen, number, version, content)
    return (time.perf_counter() - began) * 1000, counter.take()


# Memory ------------------------------------------------------------------------------------------


def _memory(messages: int) -> None:
    print("\n| Memory after so many messages, PostgreSQL | web worker | deliverer |")
    print("|---|--:|--:|")
    with (
        served(deliver=True) as tool,
        narrow_lms(seconds=0, at_once=messages) as gradebook,
        stand_in(tool.rounds) as lms,
    ):
        interns = prepare(tool, lms, gradebook, INTERNS)
        supervisor = People(tool.port, lms, gradebook).supervisor(0)
        with closing(supervisor):
            supervisor.launch()
            done = 0
            for mark in (messages // 100, *(messages * part // 4 for part in range(1, 5))):
                for number in range(done, mark):
                    intern = interns[number % INTERNS].id
                    supervisor.submit(*supervisor.begin(intern), LEVELS[(number // INTERNS) % 3])
                done = mark
                wait_until_told(tool)
                print("| {} | {:.0f} MB | {:.0f} MB |".format(done, *_resident(tool)))


def _resident(tool: Served) -> tuple[float, float]:
    """Megabytes of the largest web worker and of the deliverer."""
    told = {
        pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in children(tool.pid)
    }
    [deliverer] = [pid for pid, words in told.items() if b"deliver" in words]
    return max(resident(pid) for pid in told if pid != deliverer), resident(deliverer)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
