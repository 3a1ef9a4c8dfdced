"""A copied course: its link finds the settings of what it was copied from, and no assessments."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete

from lti_tool.models.course import CourseCopy
from tests.journeys.people import Person, add, heading, launch, words
from tests.stack import Stack, until

LEFT_AS_IT_IS = "Choose what interns are assessed on"


def copied(stack: Stack, flavour: str, course: str = "internship") -> str:
    """Copy a course; the new one's key."""
    return str(stack.sandbox.control(flavour, "copy", course=course)["course"])


def opened(stack: Stack, flavour: str, link: str, expected: str) -> Person:
    """The course lead in front of a link, once the LMS has confirmed that they are it."""

    def confirmed() -> Person | None:
        lead = launch(stack, flavour, "ingrid", link)
        return lead if heading(lead.first) in (expected, LEFT_AS_IT_IS) else None

    return until(confirmed)


def score(stack: Stack, flavour: str, link: str, level: str) -> None:
    """Helen finds Amara at this level in teamwork."""
    helen = launch(stack, flavour, "helen", link)
    helen.score(helen.intern("Amara Okafor"), "teamwork", level)


def grade(stack: Stack, flavour: str, course: str, activity: str) -> Decimal | None:
    """What the column of a link in one course shows for Amara."""
    for one in stack.sandbox.state(flavour)["columns"]:
        if (one["course"], one["activity"]) == (course, activity) and one["coupled"]:
            cell: dict[str, Any] = one["grades"].get("amara") or {}
            return None if cell.get("score") is None else Decimal(str(cell["score"]))
    raise KeyError(activity)


def is_copy_with_its_own_work(stack: Stack, flavour: str, course: str, activity: str) -> None:
    """What was chosen is there and nothing that was assessed; grades go to the copy's column."""
    title = activity_title(stack, flavour, activity)
    lead = opened(stack, flavour, f"{course}/{activity}", title)
    assert heading(lead.first) == title
    assert 'name="min_assessments" value="1"' in lead.get("activity").text
    amara = lead.intern("Amara Okafor")
    assert "No assessments yet" in words(lead.get(f"interns/{amara}/"))
    score(stack, flavour, f"{course}/{activity}", "4")
    until(lambda: grade(stack, flavour, course, activity) == 100)
    assert grade(stack, flavour, "internship", activity) == 80


def activity_title(stack: Stack, flavour: str, activity: str) -> str:
    columns = stack.sandbox.state(flavour)["columns"]
    return str(next(one["label"] for one in columns if one["activity"] == activity))


def scored(stack: Stack, flavour: str, title: str) -> str:
    """An activity with an assessment of Amara's and its grade of 80; its key."""
    activity = add(stack, flavour, title)
    score(stack, flavour, activity, "3")
    until(lambda: grade(stack, flavour, "internship", activity) == 80)
    return activity


@pytest.mark.parametrize("flavour", ["canvas", "moodle", "plain"])
def test_a_copied_link_is_found_by_the_history_of_its_course(stack: Stack, flavour: str) -> None:
    activity = scored(stack, flavour, f"Copied by {flavour}")
    course = copied(stack, flavour)
    with stack.rounds.work() as unit:  # what a notice may have told of it
        unit.session.execute(delete(CourseCopy))
    is_copy_with_its_own_work(stack, flavour, course, activity)


@pytest.fixture
def silent_history(stack: Stack) -> Iterator[None]:
    """Canvas could not work the history out in time."""
    stack.sandbox.control("canvas", "switches", history="timed-out")
    yield
    stack.sandbox.control("canvas", "switches", history="whole")


@pytest.mark.usefixtures("silent_history")
def test_where_the_history_is_silent_the_notice_of_the_copy_tells(stack: Stack) -> None:
    activity = scored(stack, "canvas", "Copied and told")
    until(lambda: stack.sandbox.state("canvas")["notice_handlers"])
    is_copy_with_its_own_work(stack, "canvas", copied(stack, "canvas"), activity)


@pytest.mark.usefixtures("silent_history")
def test_without_either_the_copied_link_is_left_to_the_course_lead(stack: Stack) -> None:
    activity = scored(stack, "canvas", "Copied unheard")
    course = copied(stack, "canvas")
    with stack.rounds.work() as unit:
        unit.session.execute(delete(CourseCopy))
    lead = opened(stack, "canvas", f"{course}/{activity}", "Copied unheard")
    assert heading(lead.first) == LEFT_AS_IT_IS


def test_the_key_of_a_course_it_was_not_copied_from_brings_nothing(stack: Stack) -> None:
    """Who places a link can write any key into it."""
    activity = scored(stack, "moodle", "Wanted elsewhere")
    link = stack.sandbox.state("moodle")["courses"]["internship"]["links"][activity]
    elsewhere = copied(stack, "moodle", "simulation")
    stack.sandbox.control(
        "moodle", "activity", activity=f"{elsewhere}/skills", custom=link["custom"]
    )

    def confirmed() -> Person | None:
        lead = launch(stack, "moodle", "leo", f"{elsewhere}/skills")
        return lead if heading(lead.first) == LEFT_AS_IT_IS else None

    until(confirmed)
