"""Correcting roles by hand: it wins, it is kept who did it, and nobody locks themselves out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.domain.people import INSTRUCTOR, Role
from lti_tool.models.audit import AuditEntry
from lti_tool.models.course import Course
from lti_tool.models.person import Membership
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import Ward
from tests.unit.web.conftest import SignIn, token_of
from tests.visitor import Visitor, text_of


@pytest.fixture
def lead(ward: Ward, sign_in: SignIn) -> Visitor:
    return sign_in(ward.lead)


def give(lead: Visitor, person: int, role: str, **more: str) -> int:
    fields = {"person": str(person), "role": role, "csrf": token_of(lead), **more}
    return lead.post("people", fields).status_code


def role(ward: Ward, person: int) -> tuple[str, str | None]:
    with ward.rounds.reading() as unit:
        row = unit.session.scalars(select(Membership).where(Membership.person_id == person)).one()
        return row.role, row.by_hand


def test_everyone_is_listed_with_the_role_that_holds(lead: Visitor) -> None:
    page = text_of(lead.get("people"))
    assert "Amara Okafor Intern" in page
    assert "Ruth Osei Supervisor" in page
    assert "Dr Ingrid Solheim (you) Course lead" in page
    assert "Ruth" not in text_of(lead.get("people?q=amara"))


def test_a_role_by_hand_holds_at_once_and_is_audited(
    lead: Visitor, ward: Ward, sign_in: SignIn
) -> None:
    ruth = sign_in(ward.ruth)
    assert "Your interns" in text_of(ruth.get(""))
    assert give(lead, ward.ruth.person, "course-lead", q="ruth", page="1") == 303
    assert "What supervisors see" in text_of(ruth.get("activity"))
    assert role(ward, ward.ruth.person) == (Role.COURSE_LEAD, Role.COURSE_LEAD)
    with ward.rounds.reading() as unit:
        entry = unit.session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
        assert (entry.action, entry.actor_id) == ("role-changed", ward.lead.person)
    changed = text_of(lead.get(f"people?changed={ward.ruth.person}"))
    assert "Ruth Osei Course lead, set by hand Changed" in changed


def test_a_role_by_hand_is_taken_back(lead: Visitor, ward: Ward) -> None:
    give(lead, ward.ruth.person, "observer")
    assert role(ward, ward.ruth.person) == (Role.OBSERVER, Role.OBSERVER)
    give(lead, ward.ruth.person, "lms")
    assert role(ward, ward.ruth.person) == (Role.SUPERVISOR, None)


def test_taken_back_where_launches_say_instructor_of_everyone_the_roster_decides(
    rounds: Rounds,
) -> None:
    ward = factories.ward(rounds, product="moodle")
    with rounds.work() as unit:
        of_ruth = select(Membership).where(Membership.person_id == ward.ruth.person)
        row = unit.session.scalars(of_ruth).one()
        row.launch_roles, row.roster_roles = [INSTRUCTOR], None
        unit.people.set_role(ward.lead, ward.ruth.person, None)
        assert row.role == Role.SUPERVISOR
        row.roster_roles = [INSTRUCTOR]
        unit.people.set_role(ward.lead, ward.ruth.person, None)
        assert row.role == Role.COURSE_LEAD


def test_nobody_changes_their_own_role(lead: Visitor, ward: Ward) -> None:
    assert give(lead, ward.lead.person, "observer") == 403
    assert role(ward, ward.lead.person) == (Role.COURSE_LEAD, None)


@pytest.mark.parametrize(
    ("person", "wanted", "status"),
    [("{amara}", "pope", 400), ("{amara}", "", 400), ("0", "intern", 400), ("999", "intern", 404),
     ("x", "intern", 400), (str(10**30), "intern", 400)],
)  # fmt: skip
def test_people_and_roles_that_do_not_exist_are_refused(
    lead: Visitor, ward: Ward, person: str, wanted: str, status: int
) -> None:
    fields = {"role": wanted, "csrf": token_of(lead)}
    answer = lead.post("people", fields | {"person": person.format(amara=ward.amara.person)})
    assert answer.status_code == status
    assert role(ward, ward.amara.person) == (Role.INTERN, None)


# -- The roster ------------------------------------------------------------------------------------


def roster(ward: Ward, **facts: Any) -> None:
    """How the course's roster stands."""
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        course.memberships_url = "https://lms.example.edu/members"
        for name, value in facts.items():
            setattr(course, name, value)


def minutes_ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def test_the_roster_is_told_with_its_age(lead: Visitor, ward: Ward) -> None:
    roster(ward, roster_at=minutes_ago(12), roster_tried_at=minutes_ago(12))
    page = lead.get("people")
    assert "List of 6 people, read 12 minutes ago" in text_of(page)
    assert "Refresh" not in page.headers


def test_a_refresh_is_asked_for_once_and_waited_for(
    lead: Visitor, ward: Ward, jobs: list[tuple[str, str]]
) -> None:
    roster(ward, roster_at=minutes_ago(12), roster_problem="platform-unreachable")
    for _ in range(2):
        assert lead.post("people/refresh", {"csrf": token_of(lead)}).status_code == 303
    assert [kind for kind, _ in jobs].count("roster") == 1
    page = lead.get("people")
    assert "Reading the list of people" in text_of(page)
    assert page.headers["Refresh"] == "5"


def test_a_page_does_not_wait_for_ever(lead: Visitor, ward: Ward) -> None:
    roster(ward, roster_at=minutes_ago(12), roster_tried_at=minutes_ago(3))
    assert "Refresh" not in lead.get("people").headers


@pytest.mark.parametrize(
    ("code", "happened", "to_do"),
    [
        ("scope-missing", "does not let Rounds read the list", "allow names and roles"),
        ("platform-unreachable", "The LMS does not answer", "try again in a minute"),
        ("keys-blocked", "cannot read the keys of Rounds", "let the LMS reach the address"),
        ("token-refused", "does not let Rounds in", "look at the registration"),
        ("address-refused", "an address that Rounds does not call", "whoever runs Rounds"),
        ("platform-answer-wrong", "no list of people", "refresh in a minute"),
    ],
)
def test_why_a_roster_did_not_come_and_what_to_do(
    lead: Visitor, ward: Ward, code: str, happened: str, to_do: str
) -> None:
    roster(ward, roster_problem=code)
    page = text_of(lead.get("people"))
    assert happened in page
    assert "Those known before stay." in page
    assert to_do in page
    assert f"Code {code}" in page


def test_where_there_is_no_roster_the_page_says_so(
    lead: Visitor, ward: Ward, jobs: list[tuple[str, str]]
) -> None:
    roster(ward, memberships_url=None)
    page = text_of(lead.get("people"))
    assert "gives Rounds no list of people in this course" in page
    assert "Refresh now" not in page
    lead.post("people/refresh", {"csrf": token_of(lead)})
    assert "roster" not in {kind for kind, _ in jobs}


def test_only_a_course_lead_has_it_read_anew(ward: Ward, sign_in: SignIn) -> None:
    helen = sign_in(ward.helen)
    assert helen.post("people/refresh", {"csrf": token_of(helen)}).status_code == 403
