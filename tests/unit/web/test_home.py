"""The first page, by role: what is there, what is missing, and what it says meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event

from lti_tool.domain.people import LEARNER, Role
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.person import Membership, Person
from lti_tool.services.activities import Choice
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import BEGAN, THREE, Ward
from tests.unit.web.conftest import SignIn
from tests.visitor import text_of, visitor

HOSTILE = '<img src=x onerror=alert(1)> "O\'Neil" =cmd()'


@contextmanager
def counted(rounds: Rounds) -> Iterator[list[str]]:
    """The SQL statements that run meanwhile."""
    found: list[str] = []

    def note(*arguments: object) -> None:
        found.append(str(arguments[2]))

    event.listen(rounds.engine, "before_cursor_execute", note)
    yield found
    event.remove(rounds.engine, "before_cursor_execute", note)


def set_course(ward: Ward, **facts: object) -> None:
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        for name, value in facts.items():
            setattr(course, name, value)


# Before there is anything -------------------------------------------------------------------------


@pytest.fixture
def fresh(ward: Ward) -> int:
    """A second activity, with no competency chosen."""
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        return factories.activity(unit.session, course, "Second block").id


def test_a_course_lead_of_a_fresh_link_chooses_competencies(
    app: Flask, ward: Ward, fresh: int
) -> None:
    answer = visitor(app, ward.rounds, ward.lead, fresh).get("")
    assert answer.status_code == 303
    assert answer.location.endswith("/activity")
    page = text_of(visitor(app, ward.rounds, ward.lead, fresh).get("activity"))
    assert "This link is not set up yet. The course has: Clinical competencies." in page


@pytest.mark.parametrize("who", ["helen", "amara"])
def test_the_others_learn_what_they_wait_for(app: Flask, ward: Ward, fresh: int, who: str) -> None:
    page = visitor(app, ward.rounds, getattr(ward, who), fresh).get("")
    assert "The course lead has not chosen competencies yet" in text_of(page)
    assert "Open one of them there: Clinical competencies" in text_of(page)


def test_whoever_may_turn_out_to_lead_the_course_waits_for_the_list_of_people(
    app: Flask, ward: Ward, fresh: int
) -> None:
    set_course(ward, roster_at=None, memberships_url="https://lms.example.edu/members")
    teacher = visitor(app, ward.rounds, ward.helen, fresh)
    page = teacher.get("")
    assert "The list of people is on its way" in text_of(page)
    assert page.headers["Refresh"] == "5"
    with ward.rounds.work() as unit:
        unit.people.set_role(ward.lead, ward.helen.person, Role.COURSE_LEAD)
    assert teacher.get("").location.endswith("/activity")


def test_an_observer_is_told_so_in_words(ward: Ward, sign_in: SignIn) -> None:
    page = sign_in(ward.observer).get("")
    assert "Nothing to see for your role" in text_of(page)
    assert "Amara" not in page.text


# Supervisors --------------------------------------------------------------------------------------


def test_a_supervisor_sees_own_interns_first_with_how_often(ward: Ward, sign_in: SignIn) -> None:
    ward.score(ward.helen, ward.jonas, "teamwork", 3, on=date(2026, 11, 3))
    ward.score(ward.helen, ward.jonas, "documentation", 3, on=date(2026, 9, 14))
    page = text_of(sign_in(ward.helen).get(""))
    assert "Jonas Lindqvist Seen by you twice, last on 3 November Score" in page
    assert "Amara Okafor Not yet seen by you Score" in page
    assert page.index("Seen by you twice") < page.index("Not yet seen by you")
    assert "Recently from you" in page
    assert "2 assessments in all" in page


def test_own_drafts_come_first_and_take_the_one_filled_button(ward: Ward, sign_in: SignIn) -> None:
    draft = ward.draft(ward.helen, ward.amara, "teamwork")
    ward.draft(ward.ruth, ward.jonas, "teamwork")
    page = sign_in(ward.helen).get("")
    assert "To finish Amara Okafor Teamwork" in text_of(page)
    assert "To finish" not in text_of(sign_in(ward.observer).get(""))
    assert page.text.count("btn go") == 1
    assert f"/assessments/{draft}" in page.text


def test_a_search_narrows_the_list_and_says_what_it_found(ward: Ward, sign_in: SignIn) -> None:
    helen = sign_in(ward.helen)
    found = text_of(helen.get("?q=aMaRa"))
    assert "Amara Okafor" in found
    assert "Jonas Lindqvist" not in found
    assert "1 intern found" in found
    assert "0 interns found" in text_of(helen.get("?q=%00%FF"))


def test_an_unknown_roster_says_so_and_looks_again(ward: Ward, sign_in: SignIn) -> None:
    set_course(ward, roster_at=None, memberships_url="https://lms.example.edu/members")
    page = sign_in(ward.helen).get("")
    assert "The list of people is on its way from Northgate School of Medicine." in text_of(page)
    assert page.headers["Refresh"] == "5"
    assert "<script>" not in page.text


def test_a_course_without_a_roster_lists_those_who_came(ward: Ward, sign_in: SignIn) -> None:
    set_course(ward, roster_at=None, memberships_url=None)
    page = sign_in(ward.helen).get("")
    assert "gives Rounds no list of people" in text_of(page)
    assert "Amara Okafor" in text_of(page)
    assert "Refresh" not in page.headers


def test_a_roster_that_could_not_be_renewed_tells_its_age(ward: Ward, sign_in: SignIn) -> None:
    set_course(ward, memberships_url="https://lms.example.edu/m", roster_problem="scope-missing")
    page = text_of(sign_in(ward.helen).get(""))
    assert "The list of people is from 7 September, 10:00." in page
    assert "(scope-missing)" in page


# Course leads -------------------------------------------------------------------------------------


def test_the_table_shows_standing_grade_and_what_was_sent(ward: Ward, sign_in: SignIn) -> None:
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    page = text_of(sign_in(ward.lead).get(""))
    assert "2 interns" in page
    assert "Amara Okafor Not enough 80 1" in page
    assert "Waiting" in page
    assert "Jonas Lindqvist Not enough \N{EN DASH} none yet 0" in page
    assert "Nothing sent" in page


def test_the_table_has_no_column_for_what_is_for_feedback_only(ward: Ward, sign_in: SignIn) -> None:
    with ward.rounds.work() as unit:
        activity = unit.activities.view(ward.lead.course, ward.activity)
        weights = {**THREE, "professionalism": 0}
        choice = Choice(weights, activity.standard, activity.mapping, activity.send_when)
        unit.activities.choose(ward.lead, ward.activity, choice)
    page = sign_in(ward.lead).get("").text
    assert '<th scope="col">Teamwork</th>' in page
    assert "Professionalism" not in page


def test_an_open_flag_and_a_refused_grade_need_the_course_lead(ward: Ward, sign_in: SignIn) -> None:
    ward.score(ward.helen, ward.jonas, "teamwork", 3, concern=True, concern_text="Looked unwell.")
    with ward.rounds.work() as unit:
        row = unit.session.query(Passback).one()
        row.state, row.last_code, row.last_status = "refused", "not-a-student", 422
    page = sign_in(ward.lead).get("")
    words = text_of(page)
    assert "Teamwork, Jonas Lindqvist . Raised by Dr Helen Brandt , told to course leads" in words
    assert "Looked unwell." not in words
    assert "The gradebook says this person is no longer in the course." in words
    assert "What to do: ask the registry to enrol this person again, then send again." in words
    assert page.text.count("btn go") == 1


def test_a_certificate_whose_file_was_not_fetched_needs_the_course_lead(
    ward: Ward, sign_in: SignIn
) -> None:
    ward.score(ward.helen, ward.jonas, "teamwork", 3)
    with ward.rounds.work() as unit:
        row = unit.session.query(Passback).one()
        row.kind, row.state, row.sent_at = "certificate", "refused", unit.now
        row.last_code, row.last_status = "file-not-fetched", 200
    words = text_of(sign_in(ward.lead).get(""))
    assert ", without its file Certificate of Jonas Lindqvist" in words
    assert "The LMS could not fetch the certificate's file." in words
    assert "What to do: ask whoever runs Rounds if the LMS can reach its address" in words


@pytest.mark.parametrize(
    ("state", "code", "chip"),
    [
        ("fetching", "file-awaited", "its file is on its way"),
        ("sent", "fetch-unconfirmed", "its file unconfirmed"),
    ],
)
def test_the_table_tells_of_a_file(
    ward: Ward, sign_in: SignIn, state: str, code: str, chip: str
) -> None:
    ward.score(ward.helen, ward.jonas, "teamwork", 3)
    with ward.rounds.work() as unit:
        row = unit.session.query(Passback).one()
        row.state, row.last_code, row.sent_at = state, code, unit.now
    assert chip in text_of(sign_in(ward.lead).get(""))


def test_a_refused_grade_is_sent_again(
    ward: Ward, sign_in: SignIn, jobs: list[tuple[str, str]]
) -> None:
    ward.score(ward.helen, ward.jonas, "teamwork", 3)
    with ward.rounds.work() as unit:
        row = unit.session.query(Passback).one()
        row.state, row.last_code = "refused", "locked"
    lead = sign_in(ward.lead)
    page = lead.get("")
    jobs.clear()
    assert lead.send(page, f"passbacks/{row.id}/retry").status_code == 303
    assert [kind for kind, about in jobs] == ["passback"]
    assert lead.send(page, f"passbacks/{row.id}/retry").status_code == 409


def test_a_hostile_name_is_inert_on_every_page(ward: Ward, sign_in: SignIn) -> None:
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        mallory = factories.member(unit.session, course, HOSTILE, Role.INTERN)
    ward.score(
        ward.helen, mallory, "teamwork", 1, what_happened=dict.fromkeys(("TW-3", "TW-5"), HOSTILE)
    )
    with ward.rounds.reading() as unit:
        flag = unit.flags.open(ward.lead, ward.activity)[0].id
    own = f"interns/{mallory.person}/"
    for path in ("", own, own + "feedback", "people", f"flags/{flag}"):
        page = sign_in(ward.lead).get(path)
        assert page.status_code == 200
        assert "<img" not in page.text
        assert "onerror=alert(1)&gt;" in page.text


def test_a_thousand_interns_cost_no_more_statements_than_two(ward: Ward, sign_in: SignIn) -> None:
    lead = sign_in(ward.lead)
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    with counted(ward.rounds) as few:
        lead.get("")
    enrol(ward, 1000)
    with counted(ward.rounds) as many:
        page = lead.get("?page=2")
    assert len(many) == len(few)
    assert "1002 interns" in text_of(page)
    assert "Page 2 of 21" in text_of(page)
    assert page.text.count('<th scope="row">') == 50


@pytest.mark.parametrize("asked", ["0", "-1", "99999999999999999999", "x", ""])
def test_a_page_that_is_not_there_is_the_nearest_one(
    ward: Ward, sign_in: SignIn, asked: str
) -> None:
    assert "Amara Okafor" in text_of(sign_in(ward.lead).get(f"?page={asked}"))


def enrol(ward: Ward, count: int) -> None:
    with ward.rounds.work() as unit:
        platform = unit.session.get_one(Person, ward.amara.person).platform_id
        people = [
            Person(platform_id=platform, subject=f"s{n}", name=f"Intern {n}", created_at=BEGAN)
            for n in range(count)
        ]
        unit.session.add_all(people)
        unit.session.flush()
        unit.session.add_all(
            Membership(
                course_id=ward.lead.course,
                person_id=person.id,
                roster_roles=[LEARNER],
                role=Role.INTERN,
            )
            for person in people
        )
