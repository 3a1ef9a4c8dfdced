"""A clock that steps back, and two changes in one second: grades arrive in order, none from ahead.

The clock is the one that Rounds is given; no process is told another time.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.app import create_app
from lti_tool.domain.people import Actor
from lti_tool.lms.grades import Grades
from lti_tool.lms.http import Http
from lti_tool.lms.signing import ensure_key
from lti_tool.lms.tokens import Tokens
from lti_tool.models.activity import Activity
from lti_tool.models.passback import Passback
from lti_tool.services.delivery import deliver
from lti_tool.services.unit import Rounds
from tests.factories import Ward, ward
from tests.gradebook import SCOPES, Gradebook, serving
from tests.owing import Clock
from tests.visitor import Visitor, visitor

CRITERIA = [f"TW-{number}" for number in range(1, 7)]
"""Those of the competency *teamwork*."""

PRODUCTS = ["moodle", "canvas", "other"]
"""Whole seconds, thousandths and, by the standard, anything finer."""


@dataclass
class Morning:
    """A ward whose LMS is a gradebook, under a clock that a test moves."""

    clock: Clock
    rounds: Rounds
    app: Flask
    ward: Ward
    gradebook: Gradebook
    grades: Grades

    def window(self, actor: Actor) -> Visitor:
        return visitor(self.app, self.rounds, actor, self.ward.activity)

    def submit(self, window: Visitor, draft: int, level: int) -> None:
        """Submit a draft, or amend what was submitted, by the form of its page."""
        page = window.get(f"assessments/{draft}/amend")
        path = f"assessments/{draft}/amend"
        if page.status_code == 303:
            page, path = window.get(f"assessments/{draft}"), f"assessments/{draft}"
        levels = {id: str(level) for id in CRITERIA}
        sent = window.send(page, path, **levels, support="4", reason="Seen again.", action="submit")
        assert sent.status_code == 303

    def deliver(self) -> None:
        """Send what is due now. Nothing arrives with a stamp that lies ahead of the clock."""
        arrived = len(self.stamps())
        with self.rounds.reading() as unit:
            owed = unit.deliveries.owed(100)
        for job in owed:
            deliver(self.rounds, self.grades, job)
        assert all(stamp <= self.clock.now for stamp in self.stamps()[arrived:])

    def stamps(self) -> list[datetime]:
        """What arrived, by its stamps, in the order in which it came."""
        return [datetime.fromisoformat(post["timestamp"]) for post in self.gradebook.posts]

    def rows(self) -> list[Passback]:
        with self.rounds.reading() as unit:
            return list(unit.session.scalars(select(Passback).order_by(Passback.id)))

    def shows_what_holds(self) -> bool:
        """Whether the gradebook was told the newest number last."""
        said: Any = self.rows()[-1].message["score"]
        return self.gradebook.scores()[-1] == float(said)


Begin = Callable[[str], Morning]


@pytest.fixture
def begin(rounds: Rounds) -> Iterator[Begin]:
    """Begins a morning with a product."""
    with serving() as gradebook:

        def begin(product: str) -> Morning:
            clock = Clock()
            timed = replace(rounds, clock=clock)
            place = ward(timed, product)
            with timed.work() as unit:
                ensure_key(unit.session, timed.settings, unit.now)
                activity = unit.session.get_one(Activity, place.activity)
                activity.course.scopes = SCOPES
                platform = activity.course.deployment.platform
                platform.auth_token_url = f"{gradebook.origin}/token"
                for column in activity.columns:
                    column.lineitem_url = f"{gradebook.origin}/items/1"
            http = Http(timed.settings)
            grades = Grades(http, Tokens(timed, http))
            return Morning(clock, timed, create_app(timed), place, gradebook, grades)

        yield begin


def rises(stamps: list[datetime]) -> bool:
    return all(one < later for one, later in pairwise(stamps))


@pytest.mark.parametrize("product", PRODUCTS)
def test_what_is_scored_after_the_clock_stepped_back_waits_and_is_told_last(
    begin: Begin, product: str
) -> None:
    morning = begin(product)
    place, helen = morning.ward, morning.window(morning.ward.helen)
    first = place.draft(place.helen, place.amara, "teamwork")
    morning.submit(helen, first, 2)
    morning.deliver()
    assert len(morning.gradebook.posts) == 1

    morning.clock.move(minutes=-5)
    morning.submit(helen, first, 3)
    morning.deliver()
    assert len(morning.gradebook.posts) == 1, "its stamp lies ahead"
    second = place.draft(place.ruth, place.amara, "teamwork")
    morning.submit(morning.window(place.ruth), second, 4)
    morning.deliver()
    states = [row.state for row in morning.rows()]
    assert states == ["sent", "superseded", "waiting"]

    morning.clock.move(minutes=5, seconds=3)
    morning.deliver()
    assert len(morning.gradebook.posts) == 2
    assert rises(morning.stamps())
    assert morning.shows_what_holds()


def test_a_session_outlives_a_clock_that_steps_back(begin: Begin) -> None:
    morning = begin("other")
    helen = morning.window(morning.ward.helen)
    morning.clock.move(minutes=-5)
    page = helen.get("")
    assert page.status_code == 200
    token = re.search(r'data-csrf="(\w+)"', page.text)
    assert token
    assert helen.post("stay", {"csrf": token[1]}).status_code == 204
    idle = morning.rounds.settings.session_idle_minutes
    morning.clock.move(minutes=idle - 1)
    assert helen.get("").status_code == 200
    morning.clock.move(minutes=idle)
    assert helen.get("").status_code == 403


@pytest.mark.parametrize("product", PRODUCTS)
def test_of_two_amendments_in_one_second_the_second_is_told_last(
    begin: Begin, product: str
) -> None:
    morning = begin(product)
    place, helen = morning.ward, morning.window(morning.ward.helen)
    draft = place.draft(place.helen, place.amara, "teamwork")
    morning.submit(helen, draft, 2)
    morning.deliver()
    morning.clock.move(minutes=1)
    for level in (3, 4):
        morning.submit(helen, draft, level)
        morning.deliver()
        morning.clock.move(milliseconds=300)
    for _ in range(3):
        morning.clock.move(seconds=1)
        morning.deliver()
    assert {row.state for row in morning.rows()} <= {"sent", "superseded"}
    assert rises(morning.stamps())
    assert morning.shows_what_holds()
    assert len(morning.gradebook.posts) >= 2
