"""The gradebook's page: columns, what cannot be done and why, and what somebody changed there."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.lms import signing
from lti_tool.lms.columns import WRITE
from lti_tool.lms.grades import RESULTS, SCOPE
from lti_tool.models.activity import GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.shown_grade import ShownGrade
from lti_tool.services.activities import choice_of
from lti_tool.services.limits import CONNECTION_TESTS
from tests.factories import Ward
from tests.platform_stub import PlatformStub, Reply
from tests.unit.web.conftest import SignIn, token_of
from tests.visitor import Visitor, text_of


@pytest.fixture
def lead(ward: Ward, sign_in: SignIn) -> Visitor:
    let(ward, SCOPE, RESULTS, WRITE)
    return sign_in(ward.lead)


def let(ward: Ward, *scopes: str) -> None:
    """What the course's launches grant."""
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        course.scopes, course.lineitems_url = list(scopes), "https://lms.example.edu/items"


def columns(ward: Ward, **facts: Any) -> None:
    """How the activity's columns stand."""
    with ward.rounds.work() as unit:
        for row in unit.session.scalars(select(GradeColumn)):
            for name, value in facts.items():
                setattr(row, name, value)


def switch(ward: Ward, *, on: bool) -> None:
    with ward.rounds.work() as unit:
        choice = choice_of(unit.activities.view(ward.lead.course, ward.activity))
        unit.activities.choose(ward.lead, ward.activity, replace(choice, competency_columns=on))


def sent(ward: Ward, shown: int | None) -> None:
    """Amara's grade was taken, and the gradebook shows another one now."""
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    with ward.rounds.work() as unit:
        row = unit.session.scalars(select(Passback)).one()
        row.state, row.sent_at = "sent", unit.now
        cell = {"score": shown and Decimal(shown), "maximum": Decimal(100)}
        told = {"column_id": row.column_id, "person_id": row.intern_id}
        unit.session.add(ShownGrade(**told, **cell, read_at=unit.now))


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (SCOPE, "The course does not let Rounds send grades. They wait here"),
        (RESULTS, "The course does not let Rounds read grades back."),
    ],
)
def test_what_cannot_be_done_is_said_with_its_reason(
    lead: Visitor, ward: Ward, missing: str, words: str
) -> None:
    assert words not in text_of(lead.get("gradebook"))
    let(ward, *({SCOPE, RESULTS, WRITE} - {missing}))
    assert words in text_of(lead.get("gradebook"))
    assert ("Check against" in lead.get("gradebook").text) is (missing != RESULTS)


def test_that_grades_cannot_be_sent_stands_above_the_interns_too(lead: Visitor, ward: Ward) -> None:
    let(ward, WRITE)
    assert "does not let Rounds send grades" in text_of(lead.get(""))


def test_columns_a_competency_are_not_offered_where_none_can_be_made(
    lead: Visitor, ward: Ward
) -> None:
    switch(ward, on=True)
    let(ward, SCOPE)
    page = lead.get("activity")
    assert "there is none for single competencies" in text_of(page)
    assert 'name="columns"' not in page.text
    lead.send(page, "activity", **CHOSEN)
    with ward.rounds.reading() as unit:
        view = unit.activities.view(ward.lead.course, ward.activity)
    assert view.competency_columns, "what cannot be asked is not switched off by silence"


CHOSEN = {
    "min_mean": "3",
    "floor": "2",
    "critical": "3",
    "mapping": "table",
    "send_when": "as-scored",
}
"""Lists to choose from, which are not among the fields that are read from a page."""


@pytest.mark.parametrize(
    ("product", "words"),
    [
        ("moodle", "count in the course total at once"),
        ("canvas", "becomes an assignment of its own"),
        ("other", "Also a grade column for each competency"),
    ],
)
def test_what_such_a_column_is_there_is_said_before_it_is_chosen(
    lead: Visitor, ward: Ward, product: str, words: str
) -> None:
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        course.deployment.platform.product = product
    page = lead.get("activity")
    assert words in text_of(page)
    lead.send(page, "activity", **CHOSEN, columns="1")
    assert "Teamwork Looking into the gradebook" in text_of(lead.get("gradebook"))
    assert lead.get("gradebook").headers["Refresh"] == "5"


@pytest.mark.parametrize(
    ("product", "to_do"),
    [
        ("moodle", "give the activity a grade in its settings"),
        ("canvas", "place Rounds in the course as an assignment"),
        ("other", "open the activity from the course once more"),
    ],
)
def test_a_link_without_a_column_is_told_with_what_to_do(
    lead: Visitor, ward: Ward, product: str, to_do: str
) -> None:
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        course.deployment.platform.product = product
    columns(ward, lineitem_url=None, problem="column-missing")
    assert to_do in text_of(lead.get("gradebook"))


@pytest.mark.parametrize(
    "code",
    ["scope-missing", "column-refused", "column-unclear", "platform-unreachable", "keys-blocked",
     "token-refused", "address-refused", "platform-answer-wrong"],
)  # fmt: skip
def test_every_problem_has_its_words_and_a_button(
    lead: Visitor, ward: Ward, code: str, jobs: list[tuple[str, str]]
) -> None:
    columns(ward, lineitem_url=None, problem=code)
    page = lead.get("gradebook")
    assert f"Code {code}" in text_of(page)
    assert lead.send(page, "gradebook/columns").status_code == 303
    assert jobs[-1][0] == "column-search"


def test_a_column_that_is_gone_is_not_called_there(lead: Visitor, ward: Ward) -> None:
    columns(ward, lineitem_url="https://lms.example.edu/items/1", problem="column-gone")
    page = text_of(lead.get("gradebook"))
    assert "Not there The column was deleted in the gradebook" in page
    assert "open the activity from the course, or add it anew" in page
    assert "There, out of" not in page


def test_a_grade_whose_column_is_gone_is_told_with_what_brings_one_back(
    lead: Visitor, ward: Ward
) -> None:
    switch(ward, on=True)
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    with ward.rounds.work() as unit:
        for row in unit.session.scalars(select(Passback)):
            row.state, row.last_code = "refused", "column-gone"
    page = text_of(lead.get("gradebook"))
    assert "open the activity from the course once more, then send again" in page
    assert "have a new one made on the page Gradebook" in page


def test_what_was_deleted_is_deleted_only_after_a_question(
    lead: Visitor, ward: Ward, jobs: list[tuple[str, str]]
) -> None:
    switch(ward, on=True)
    columns(ward, lineitem_url="https://lms.example.edu/items/1", ours=True, maker=None)
    assert lead.get("gradebook/columns/delete").status_code == 303, "while they are in use"
    switch(ward, on=False)
    asked = lead.get("gradebook/columns/delete")
    assert "Delete the 3 columns and their grades from the gradebook?" in text_of(asked)
    assert "column-removal" not in {kind for kind, _ in jobs}
    lead.send(asked, "gradebook/columns/delete")
    assert jobs[-1][0] == "column-removal"


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (75, "The gradebook shows 75 of 100: somebody changed it there"),
        (None, "The gradebook shows no grade: somebody took it out there"),
    ],
)
def test_a_changed_grade_is_told_beside_ours(
    lead: Visitor, ward: Ward, shown: int | None, words: str
) -> None:
    sent(ward, shown)
    page = lead.get("gradebook")
    assert f"{words} Amara Okafor . Rounds sent 80 of 100" in text_of(page)
    assert words in text_of(lead.get(""))
    path = page.text.split('/insist"')[0].rpartition('action="')[2] + "/insist"
    assert lead.client.post(path, data={"csrf": token_of(lead)}).status_code == 303
    with ward.rounds.reading() as unit:
        newest = unit.session.scalars(select(Passback).order_by(Passback.stamp.desc())).first()
    assert newest is not None
    assert (newest.state, newest.insist, newest.message["score"]) == ("waiting", True, "80")


def test_what_shows_as_it_was_sent_is_no_news(lead: Visitor, ward: Ward) -> None:
    sent(ward, 80)
    assert "As it was sent" in text_of(lead.get("gradebook"))
    assert "somebody changed" not in text_of(lead.get(""))


def test_checking_reads_each_column(lead: Visitor, ward: Ward, jobs: list[tuple[str, str]]) -> None:
    lead.send(lead.get("gradebook"), "gradebook/check")
    assert jobs[-1][0] == "read-back"
    assert "Looking into the gradebook" in text_of(lead.get("gradebook"))


@pytest.mark.parametrize(
    "path",
    ["check", "columns", "columns/delete", "connection", "resume", "messages/retry"],
)
def test_only_course_leads_touch_it(ward: Ward, sign_in: SignIn, path: str) -> None:
    for who in (ward.helen, ward.amara, ward.observer):
        person = sign_in(who)
        assert person.get("gradebook").status_code == 403
        assert person.get("gradebook/messages").status_code == 403
        answer = person.post(f"gradebook/{path}", {"csrf": token_of(person)})
        assert answer.status_code == 403


@pytest.fixture
def lms(ward: Ward) -> Iterator[PlatformStub]:
    """What answers for the ward's LMS: it gives a token, and has the column."""
    with PlatformStub() as stub:
        with ward.rounds.work() as unit:
            signing.ensure_key(unit.session, ward.rounds.settings, unit.now)
            course = unit.session.get_one(Course, ward.lead.course)
            address = stub.answers("/token", {"access_token": "t"})
            course.deployment.platform.auth_token_url = address
            column = unit.session.scalars(select(GradeColumn)).one()
            column.lineitem_url = stub.url("/items/1")
            stub.answers("/items/1", {"id": column.lineitem_url, "scoreMaximum": 100})
        yield stub


def test_a_connection_that_works_is_told_step_by_step(
    lms: PlatformStub, lead: Visitor, ward: Ward
) -> None:
    page = lead.send(lead.get("gradebook"), "gradebook/connection")
    assert page.status_code == 200
    said = text_of(page)
    assert "The connection works What waits goes now, by itself." in said
    assert "The LMS lets Rounds send grades. The column of this activity is there." in said


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "switched off or registered anew there. What to do: ask your LMS administrator"),
        (503, "Something else than the gradebook answers"),
    ],
)
def test_a_connection_that_fails_is_told_with_what_to_do(
    lms: PlatformStub, lead: Visitor, status: int, words: str
) -> None:
    lms.answers("/token", Reply(status=status))
    said = text_of(lead.send(lead.get("gradebook"), "gradebook/connection"))
    assert "The connection does not work Nothing is lost" in said
    assert words in said


def test_grades_go_also_where_they_cannot_be_read_back(
    lms: PlatformStub, lead: Visitor, ward: Ward
) -> None:
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    lms.answers("/items/1/results", Reply(status=401))
    said = text_of(lead.send(lead.get("gradebook"), "gradebook/connection"))
    assert "The connection works What waits goes now, by itself." in said
    assert "does not let Rounds do this in its gradebook. What to do:" in said


def test_who_tests_again_and_again_is_told_to_wait(lms: PlatformStub, lead: Visitor) -> None:
    page = lead.get("gradebook")
    answers = [lead.send(page, "gradebook/connection") for _ in range(CONNECTION_TESTS + 1)]
    assert [one.status_code for one in answers] == [200] * CONNECTION_TESTS + [429]
    assert "Wait a few minutes" in text_of(answers[-1])
