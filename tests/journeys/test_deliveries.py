"""An LMS whose gradebook is away: nothing is lost, the course lead sees why, and tries it again."""

from tests.journeys.people import Person, add, launch, words
from tests.stack import Stack, until

FLAVOUR = "moodle"


def test_a_gradebook_that_is_away_is_told_tested_and_tried_again(stack: Stack) -> None:
    activity = add(stack, FLAVOUR, "Ward week nine")
    lead = launch(stack, FLAVOUR, "ingrid", activity)
    stack.sandbox.control(FLAVOUR, "fault", where="scores", times=1000, status=503)
    stack.sandbox.control(FLAVOUR, "fault", where="lineitem", times=1, status=503)
    helen = launch(stack, FLAVOUR, "helen", activity)
    helen.score(helen.intern("Jonas Lindqvist"), "teamwork", "3")

    away = until(lambda: shows(lead, "The gradebook says that it cannot take grades just now."))
    assert "One grade of this activity waits" in away
    assert "Code platform-down, answer 503" in away
    listed = words(lead.get("gradebook/messages?state=waiting"))
    assert "Jonas Lindqvist : 80 of 100" in listed
    assert "It goes by itself once the gradebook takes grades again." in listed

    tested = words(lead.send(lead.get("gradebook"), "gradebook/connection"))
    assert "The connection does not work Nothing is lost" in tested
    stack.sandbox.control(FLAVOUR, "no-faults")
    tested = words(lead.send(lead.get("gradebook"), "gradebook/connection"))
    assert "The connection works What waits goes now, by itself." in tested
    until(lambda: stack.sandbox.grade(FLAVOUR, activity, "jonas"))
    until(lambda: shows(lead, "The gradebook last took a grade"))
    assert "Jonas Lindqvist" in words(lead.get("gradebook/messages?state=sent"))
    assert "Nothing waits" in words(lead.get("gradebook/messages?state=waiting"))


def shows(lead: Person, sentence: str) -> str | None:
    """The course lead's page of the gradebook, once it says so."""
    page = words(lead.get("gradebook"))
    return page if sentence in page else None
