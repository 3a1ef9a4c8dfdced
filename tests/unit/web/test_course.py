"""The page of a course: its activities as each role needs them, each opened in its own session."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, update

from lti_tool.domain.people import Actor
from lti_tool.models.activity import Activity
from lti_tool.models.course import Course
from lti_tool.models.launch import LaunchSession
from lti_tool.services.activities import choice_of
from tests import factories
from tests.factories import Ward
from tests.stand_in import code_of
from tests.unit.web.conftest import meet_standard
from tests.visitor import Visitor, text_of, visitor


@pytest.fixture
def second(ward: Ward) -> int:
    """A second activity of the course, set up as the first is."""
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        number = factories.activity(unit.session, course, "Night shifts").id
        first = unit.activities.view(course.id, ward.activity)
        unit.activities.choose(ward.lead, number, choice_of(first))
        return number


@pytest.fixture
def fresh(ward: Ward) -> int:
    """An activity with no competency chosen."""
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        return factories.activity(unit.session, course, "Second block").id


def from_menu(app: Flask, ward: Ward, actor: Actor) -> Visitor:
    """Someone who opened the course from its menu."""
    person = visitor(app, ward.rounds, actor, ward.activity)
    with ward.rounds.work() as unit:
        unit.session.execute(
            update(LaunchSession)
            .where(LaunchSession.id == person.launch)
            .values(activity_id=None, presentation={"from_menu": True})
        )
    return person


def listed(person: Visitor) -> str:
    answer = person.get("")
    assert (answer.status_code, answer.location) == (303, f"/s/{person.launch}/activities")
    return text_of(person.get("activities"))


def opened(person: Visitor, activity: int) -> Visitor:
    """Press the button, and go on where it leads."""
    answer = person.send(person.get("activities"), f"activities/{activity}")
    assert answer.status_code == 303, answer.text
    launch = answer.location.split("/")[2]
    assert launch != person.launch
    return Visitor(person.client, launch)


def test_an_intern_sees_the_own_standing_in_each(app: Flask, ward: Ward, second: int) -> None:
    meet_standard(ward, ward.amara)
    words = listed(from_menu(app, ward, ward.amara))
    assert "Clinical competencies Met Grade 90 of 100" in words
    assert "Night shifts Not enough evidence yet" in words
    assert "Jonas" not in words


def test_a_supervisor_sees_the_own_work_in_each(app: Flask, ward: Ward, second: int) -> None:
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    ward.score(ward.helen, ward.jonas, "teamwork", 3)
    ward.draft(ward.helen, ward.jonas, "documentation")
    ward.score(ward.ruth, ward.amara, "teamwork", 3)
    words = listed(from_menu(app, ward, ward.helen))
    assert "Clinical competencies 2 assessments by you One draft to finish" in words
    assert "Night shifts No assessment by you yet" in words


def test_a_course_lead_sees_how_far_each_is(
    app: Flask, ward: Ward, second: int, fresh: int
) -> None:
    meet_standard(ward, ward.amara)
    ward.score(ward.helen, ward.jonas, "teamwork", 3, concern=True, concern_text="Unwell.")
    with ward.rounds.work() as unit:
        unit.session.add(
            Activity(
                course_id=ward.lead.course,
                title="Never saved",
                ready_at=unit.now,
                created_at=unit.now,
            )
        )
    person = from_menu(app, ward, ward.lead)
    words = listed(person)
    assert "2 interns assessed, 1 has met the standard One concern open" in words
    assert "Night shifts Nobody assessed yet" in words
    assert "Second block Not set up yet" in words
    assert "Chosen, but not opened from the course so far: Never saved." in words
    assert "Second block" not in listed(from_menu(app, ward, ward.helen))
    assert "Never saved" not in listed(from_menu(app, ward, ward.helen))
    setting_up = opened(person, fresh)
    assert setting_up.get("").location == f"/s/{setting_up.launch}/activity"


def test_each_activity_opens_in_a_session_of_its_own(app: Flask, ward: Ward, second: int) -> None:
    """Else a tab that shows one would score the other."""
    person = from_menu(app, ward, ward.helen)
    first, other = opened(person, ward.activity), opened(person, second)
    assert "Clinical competencies, Internship block 2" in text_of(first.get(""))
    assert "Night shifts, Internship block 2" in text_of(other.get(""))
    assert "Clinical competencies, Internship block 2" in text_of(first.get(""))
    assert f'href="/s/{other.launch}/activities"' in other.get("").text, "the way back"
    assert "Night shifts" in text_of(other.get("activities"))


def test_who_came_by_a_link_is_shown_no_way_to_the_others(
    app: Flask, ward: Ward, second: int
) -> None:
    for who in (ward.helen, ward.lead, ward.amara):
        person = visitor(app, ward.rounds, who, ward.activity)
        assert f"/s/{person.launch}/activities" not in person.get("").text


def test_the_page_asks_as_often_for_many_as_for_few(app: Flask, ward: Ward, second: int) -> None:
    statements: list[str] = []
    event.listen(
        ward.rounds.engine, "before_cursor_execute", lambda *told: statements.append(str(told[2]))
    )
    counts = []
    for _ in range(2):
        for who in (ward.lead, ward.helen, ward.amara):
            person = from_menu(app, ward, who)
            statements.clear()
            person.get("activities")
            counts.append(len([one for one in statements if one.startswith("SELECT")]))
        with ward.rounds.work() as unit:
            course = unit.session.get_one(Course, ward.lead.course)
            for number in range(5):
                factories.activity(unit.session, course, f"Block {number}")
    assert counts == [4, 3, 3, 4, 3, 3]


def test_without_activities_the_page_says_who_does_what(app: Flask, ward: Ward) -> None:
    with ward.rounds.work() as unit:
        unit.session.get_one(Activity, ward.activity).resource_link_id = None
    assert "take Rounds as its external tool" in listed(from_menu(app, ward, ward.lead))
    words = listed(from_menu(app, ward, ward.amara))
    assert "They appear here once the course lead has added one." in words


def test_an_observer_sees_nothing(app: Flask, ward: Ward) -> None:
    person = from_menu(app, ward, ward.observer)
    assert "Nothing to see for your role" in text_of(person.get(""))
    assert person.get("activities").status_code == 403


def test_only_linked_activities_of_the_own_course_open(
    app: Flask, ward: Ward, fresh: int, client: FlaskClient
) -> None:
    other = factories.ward(ward.rounds)
    with ward.rounds.work() as unit:
        unlinked = Activity(
            course_id=ward.lead.course, title="x", ready_at=unit.now, created_at=unit.now
        )
        unit.session.add(unlinked)
        unit.session.flush()
        number = unlinked.id
    person = from_menu(app, ward, ward.amara)
    page = person.get("activities")
    for activity, status in ((other.activity, 404), (number, 404), (10**8, 404), (fresh, 409)):
        assert person.send(page, f"activities/{activity}").status_code == status, activity
    forged = person.send(page, f"activities/{ward.activity}", csrf="guessed")
    assert code_of(forged) == "form-forged"
