"""Whoever the sandbox knows opens an activity: each gets the page of their role, or words."""

import pytest

from tests.journeys.people import heading, launch, lead_of, words
from tests.stack import Stack, until

ACTIVITY = "competencies"
TITLE = "Clinical competencies"
NOTHING = "Nothing to see for your role"

SUPERVISOR = dict.fromkeys(("helen", "ruth", "peter", "lucia"), "Interns")
INTERN = dict.fromkeys(("amara", "samuel", "mallory", "nameless", "leo"), "Where you stand")
EVERYWHERE = SUPERVISOR | INTERN | {"ingrid": TITLE, "femke": TITLE}

PERSONAS = {
    "canvas": EVERYWHERE
    | {"graham": NOTHING, "dana": NOTHING, "alma": NOTHING, "test-student": "Where you stand"},
    # On Moodle an administrator teaches wherever they go, and no roster confirms it.
    "moodle": EVERYWHERE | {"alma": "Interns"},
    "plain": EVERYWHERE | {"graham": NOTHING, "stranger": NOTHING},
}


@pytest.mark.parametrize("flavour", PERSONAS)
def test_each_person_gets_the_page_of_their_role(stack: Stack, flavour: str) -> None:
    lead_of(stack, flavour, ACTIVITY).choose()
    headings = {
        person: heading(launch(stack, flavour, person, ACTIVITY).first)
        for person in PERSONAS[flavour]
    }
    assert headings == PERSONAS[flavour]


def test_a_visitor_without_identity_is_refused_in_words(stack: Stack) -> None:
    refused = launch(stack, "canvas", "visitor", ACTIVITY).first
    assert refused.status_code == 400
    assert "claim-missing" in words(refused)
    assert "What to do" in words(refused)


def test_a_teacher_is_course_lead_once_the_roster_says_so(stack: Stack) -> None:
    stack.sandbox.control("moodle", "fault", where="roster", delay=2)
    lead = launch(stack, "moodle", "leo", "skills")
    assert heading(lead.first) == "The course lead has not chosen competencies yet"
    assert "The list of people is on its way" in words(lead.first)
    assert lead.first.headers["Refresh"] == "5"
    until(lambda: heading(lead.get("")).startswith("Choose"))
