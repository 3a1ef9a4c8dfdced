"""A rush: launches all through a minute, while supervisors score and their grades go out.

Run by `./dev bench load`; prints a Markdown table. It runs `rounds serve` with two workers and its
deliverer on PostgreSQL; the LMS answers in 40 ms and takes four scores at a time. Any answer that a
browser would not go on from ends it, and so does a gradebook that shows other scores than owed.
"""

import logging
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass

import structlog
from sqlalchemy import func, select

from lti_tool.domain.passback import SendWhen, State
from lti_tool.domain.people import Actor, Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.domain.standard import Standard
from lti_tool.lms.grades import SCOPE
from lti_tool.models.activity import Activity
from lti_tool.models.passback import Passback
from lti_tool.models.person import Membership, Person
from lti_tool.models.platform import Platform
from lti_tool.services.activities import Choice
from tests import factories
from tests.bench.browsing import ASSISTANT, ENDPOINT, Browser
from tests.bench.narrow_lms import NarrowLms, narrow_lms
from tests.bench.served import Served, served
from tests.stand_in import MEMBERSHIP, StandIn, stand_in

LAUNCHES, SUPERVISORS, GRADES, SECONDS = 500, 50, 1000, 60
AT_ONCE = 16
"""Launches under way at a time: a few that are slow hold back no other."""

ARRIVAL_SECONDS = 120

LEVELS = 2, 3, 4
"""Those that need no words of their own."""


@dataclass(frozen=True)
class Rush:
    """What it took: seconds of each launch with its first page, and of each submit."""

    launches: list[float]
    submits: list[float]
    last_grade: float
    """Seconds from the last submit until the last grade was in the gradebook."""


def main(
    launches: int = LAUNCHES,
    supervisors: int = SUPERVISORS,
    grades: int = GRADES,
    seconds: int = SECONDS,
) -> None:
    """Run one rush and print what it took."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with (
        served(deliver=True) as tool,
        narrow_lms() as gradebook,
        stand_in(tool.rounds) as lms,
    ):
        rush = run(tool, lms, gradebook, launches, supervisors, grades, seconds)
    print(
        f"| {launches} launches and {grades} grades in {seconds} s, PostgreSQL | p50 | p95 | most |"
    )
    print("|---|--:|--:|--:|")
    _print("launch with its first page", rush.launches)
    _print(f"submit, {supervisors} supervisors", rush.submits)
    print(f"\nThe last grade arrived {rush.last_grade:.1f} s after the last submit.")


def _print(name: str, seconds: Sequence[float]) -> None:
    ordered = sorted(one * 1000 for one in seconds)
    high = ordered[int(len(ordered) * 0.95)]
    print(
        f"| {name} | {statistics.median(ordered):.0f} ms | {high:.0f} ms | {ordered[-1]:.0f} ms |"
    )


def run(
    tool: Served,
    lms: StandIn,
    gradebook: NarrowLms,
    launches: int,
    supervisors: int,
    grades: int,
    seconds: float,
) -> Rush:
    """Spread launches and scorings over so many seconds, and wait until all grades arrived.

    Raises browsing.Unexpected at any error, AssertionError unless the gradebook shows what is owed.
    """
    interns = prepare(tool, lms, gradebook, max(launches, grades))
    people = People(tool.port, lms, gradebook)
    staff = [people.supervisor(number) for number in range(supervisors)]
    with (
        ExitStack() as opened,
        ThreadPoolExecutor(supervisors) as scoring,
        ThreadPoolExecutor(AT_ONCE) as launching,
    ):
        for one in staff:
            opened.enter_context(closing(one))
        list(scoring.map(Browser.launch, staff))
        began = time.monotonic()
        submits = [
            scoring.submit(
                _score, one, interns[n:grades:supervisors], began, seconds, n / supervisors
            )
            for n, one in enumerate(staff)
        ]
        arrivals = [
            launching.submit(_arrive, people.intern(one.subject), began + seconds * n / launches)
            for n, one in enumerate(interns[:launches])
        ]
        took = [one.result() for one in arrivals]
        submitted = [one for each in submits for one in each.result()]
    ended = time.monotonic()
    wait_until_told(tool)
    report = gradebook.report()
    assert len(report.scores) == grades, "a grade is missing"
    assert report.scores == _owed(tool), "the gradebook shows other scores than owed"
    assert report.backwards == 0, "a stamp did not rise"
    return Rush(took, submitted, max(0.0, report.ended - ended))


class People:
    """The people of one course, each with a browser of their own, before they launch."""

    def __init__(self, port: int, lms: StandIn, gradebook: NarrowLms) -> None:
        self._port = port
        self._lms = lms
        # Services are believed to be the LMS's own where they share the host of its pages.
        self._claims = {
            "launch_presentation": {"return_url": f"{gradebook.origin}/course/1"},
            ENDPOINT: {"scope": [SCOPE], "lineitem": f"{gradebook.origin}/items/1"},
        }

    def supervisor(self, number: int) -> Browser:
        """One who may score."""
        roles = [MEMBERSHIP + "Instructor", ASSISTANT]
        return self._browser(sub=f"supervisor-{number}", name=f"Dr {number}", roles=roles)

    def intern(self, subject: str) -> Browser:
        """One who is scored."""
        return self._browser(sub=subject, name=subject, roles=[MEMBERSHIP + "Learner"])

    def lead(self) -> Browser:
        """The first to launch, which makes the course and its activity."""
        return self._browser()

    def _browser(self, **claims: object) -> Browser:
        return Browser(self._port, self._lms, **self._claims, **claims)


def prepare(tool: Served, lms: StandIn, gradebook: NarrowLms, count: int) -> Sequence[Person]:
    """An activity that is set up, and so many interns in its course."""
    with tool.rounds.work() as unit:
        platform = unit.session.get_one(Platform, lms.platform.id)
        platform.auth_token_url = f"{gradebook.origin}/token"
    with closing(People(tool.port, lms, gradebook).lead()) as lead:
        lead.launch()
    with tool.rounds.work() as unit:
        activity = unit.session.scalars(select(Activity)).one()
        lead = unit.session.scalars(select(Membership)).one()
        choice = Choice(factories.THREE, Standard(), GradeMapping.TABLE, SendWhen.AS_SCORED)
        unit.activities.choose(
            Actor(lead.person_id, lead.course_id, Role.COURSE_LEAD), activity.id, choice
        )
        actors = [
            factories.member(unit.session, activity.course, f"Intern {n}", Role.INTERN)
            for n in range(count)
        ]
        return [unit.session.get_one(Person, actor.person) for actor in actors]


def _arrive(browser: Browser, when: float) -> float:
    """Launch at that moment; the seconds from then on."""
    time.sleep(max(0.0, when - time.monotonic()))
    with closing(browser):
        browser.launch()
    return time.monotonic() - when


def _score(
    supervisor: Browser, interns: Sequence[Person], began: float, seconds: float, behind: float
) -> list[float]:
    """Score these interns one by one, spread over so many seconds; what each submit took.

    Each supervisor begins `behind` the others by a part of what an intern takes.
    """
    took = []
    for number, intern in enumerate(interns):
        time.sleep(max(0.0, began + seconds * (number + behind) / len(interns) - time.monotonic()))
        took.append(supervisor.submit(*supervisor.begin(intern.id), LEVELS[intern.id % 3]))
    return took


def wait_until_told(tool: Served) -> None:
    """Wait until nothing is on its way any more."""
    settled = State.SENT, State.SUPERSEDED
    left = select(func.count()).where(Passback.state.not_in(settled))
    end = time.monotonic() + ARRIVAL_SECONDS
    while True:
        with tool.rounds.reading() as unit:
            if not unit.session.scalar(left):
                return
        assert time.monotonic() < end, "grades are still on their way"
        time.sleep(0.1)


def _owed(tool: Served) -> dict[str, float]:
    """What each cell ought to show: the newest score of each intern."""
    rows = (
        select(Person.subject, Passback.message)
        .join(Passback.intern)
        .where(Passback.state == State.SENT)
        .order_by(Passback.stamp)
    )
    with tool.rounds.reading() as unit:
        told = unit.session.execute(rows).all()
    return {f"/items/1 {subject}": float(message["score"]) for subject, message in told}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
