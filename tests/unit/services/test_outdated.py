"""Results that are outdated are computed anew in the end, whatever becomes of the job."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Actor
from lti_tool.domain.scoring import GradeMapping
from lti_tool.models.activity import Activity
from lti_tool.models.assessment import Assessment
from lti_tool.models.result import Result
from lti_tool.services.activities import Choice
from lti_tool.services.outdated import REST
from lti_tool.services.recomputing import recompute
from lti_tool.services.unit import Rounds
from tests.factories import EASY, Ward, ward
from tests.owing import Clock

BEFORE, AFTER = "80/1", "75/1"
"""The grade of a 3 by the table, and as points."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(rounds: Rounds, clock: Clock) -> Ward:
    """Amara and Jonas have a 3 each, and then the rules change."""
    place = ward(replace(rounds, clock=clock), weights={"teamwork": 100})
    for intern in (place.amara, place.jonas):
        place.score(place.helen, intern, "teamwork", 3)
    recompute(place.rounds, place.activity)
    assert grades(place) == [BEFORE, BEFORE]
    change(place, GradeMapping.POINTS)
    return place


def change(place: Ward, mapping: GradeMapping) -> None:
    choice = Choice({"teamwork": 100}, EASY, mapping, SendWhen.AS_SCORED)
    with place.rounds.work() as unit:
        unit.activities.choose(place.lead, place.activity, choice)


def grades(place: Ward) -> list[str | None]:
    with place.rounds.reading() as unit:
        rows = select(Result.grade).where(Result.activity_id == place.activity)
        return list(unit.session.scalars(rows.order_by(Result.intern_id)))


def mark(place: Ward) -> datetime | None:
    with place.rounds.reading() as unit:
        return unit.session.get_one(Activity, place.activity).recompute_owed_at


def owed(place: Ward) -> list[int]:
    with place.rounds.reading() as unit:
        return list(unit.outdated.owed(10))


def rate(place: Ward, intern: Actor, ratings: object) -> None:
    of_intern = update(Assessment).where(Assessment.intern_id == intern.person)
    with place.rounds.work() as unit:
        unit.session.execute(of_intern.values(ratings=ratings))


def test_new_rules_owe_that_all_is_computed_and_the_job_settles_it(place: Ward) -> None:
    assert owed(place) == [place.activity]
    recompute(place.rounds, place.activity)
    assert (grades(place), mark(place), owed(place)) == ([AFTER, AFTER], None, [])


def test_a_job_that_dies_half_way_leaves_it_owed(place: Ward, clock: Clock) -> None:
    class Killed(BaseException):
        """What ends a process in the middle."""

    def until_killed() -> Iterator[datetime]:
        yield from [clock.now] * 2

    moments = until_killed()

    def dying() -> datetime:
        try:
            return next(moments)
        except StopIteration:
            raise Killed from None

    with pytest.raises(Killed):
        recompute(replace(place.rounds, clock=dying), place.activity)
    assert grades(place) == [AFTER, BEFORE]
    assert owed(place) == [place.activity]
    recompute(place.rounds, place.activity)
    assert (grades(place), mark(place)) == ([AFTER, AFTER], None)


def test_a_fault_of_one_stops_no_other_and_all_are_tried_again_after_a_rest(
    place: Ward, clock: Clock
) -> None:
    with place.rounds.reading() as unit:
        sound = unit.session.scalars(select(Assessment.ratings)).first()
    rate(place, place.amara, ["no ratings at all"])
    recompute(place.rounds, place.activity)
    assert grades(place) == [BEFORE, AFTER]
    assert owed(place) == []
    clock.now += REST
    assert owed(place) == [place.activity]
    rate(place, place.amara, sound)
    recompute(place.rounds, place.activity)
    assert (grades(place), mark(place)) == ([AFTER, AFTER], None)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=1)])
def test_a_change_in_the_middle_of_a_job_stays_owed(
    place: Ward, clock: Clock, later: timedelta
) -> None:
    begun = mark(place)
    clock.now += later
    change(place, GradeMapping.TABLE)
    with place.rounds.work() as unit:
        unit.outdated.computed(place.activity, begun)
        unit.outdated.failed(place.activity, begun)
    clock.move(seconds=1)
    assert owed(place) == [place.activity]
    recompute(place.rounds, place.activity)
    assert (grades(place), mark(place)) == ([BEFORE, BEFORE], None)
