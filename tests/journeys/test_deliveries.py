"""An LMS whose gradebook is away: nothing is lost, the course lead sees why, and tries it again."""

from collections.abc import Iterator

import pytest

from tests.journeys.people import Person, add, launch, words
from tests.stack import Stack, until

FLAVOUR = "moodle"
WAITING = "gradebook/messages?state=waiting"
INTERNS = ("Jonas Lindqvist", "Amara Okafor", "Tomasz Zieliński")


@pytest.fixture(autouse=True)
def well_again(stack: Stack) -> Iterator[None]:
    """Whatever comes of a test, the next one meets an LMS that is well."""
    yield
    stack.sandbox.control(FLAVOUR, "no-faults")


def test_a_gradebook_that_is_away_is_told_tested_and_tried_again(stack: Stack) -> None:
    activity = add(stack, FLAVOUR, "Ward week nine")
    lead = launch(stack, FLAVOUR, "ingrid", activity)
    stack.sandbox.control(FLAVOUR, "fault", where="scores", times=1000, status=503)
    helen = launch(stack, FLAVOUR, "helen", activity)
    for intern in INTERNS:  # one grade that fails may be at fault itself: three in a row are not
        helen.score(helen.intern(intern), "teamwork", "3")

    away = until(lambda: shows(lead, "3 grades of this activity wait"))
    assert "The gradebook says that it cannot take grades just now." in away
    assert "Code platform-down, answer 503" in away
    listed = until(lambda: shows(lead, "It goes by itself once the gradebook takes", WAITING))
    assert "Jonas Lindqvist : 80 of 100" in listed

    stack.sandbox.control(FLAVOUR, "fault", where="lineitem", times=1, status=503)
    tested = words(lead.send(lead.get("gradebook"), "gradebook/connection"))
    assert "The connection does not work Nothing is lost" in tested
    stack.sandbox.control(FLAVOUR, "no-faults")
    tested = words(lead.send(lead.get("gradebook"), "gradebook/connection"))
    assert "The connection works What waits goes now, by itself." in tested
    until(lambda: stack.sandbox.grade(FLAVOUR, activity, "jonas"))
    until(lambda: shows(lead, "Nothing waits", WAITING))
    assert shows(lead, "The gradebook last took a grade")
    until(lambda: shows(lead, "Jonas Lindqvist", "gradebook/messages?state=sent"))


def shows(lead: Person, sentence: str, address: str = "gradebook") -> str | None:
    """A page of the course lead's about the gradebook, once it says so."""
    page = words(lead.get(address))
    return page if sentence in page else None
