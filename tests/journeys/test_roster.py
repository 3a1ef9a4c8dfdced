"""The roster as a course lead meets it: with its age, read anew at a word, kept when it fails."""

import re

import pytest

from tests.journeys.people import Person, launch, words
from tests.stack import Stack, until

FLAVOURS = ("canvas", "moodle", "plain")
ACTIVITY = "skills"
"""Its course has no other use for a roster."""


def lead_of_course(stack: Stack, flavour: str) -> Person:
    """The course lead, once the list of people has confirmed that they are it."""

    def confirmed() -> Person | None:
        lead = launch(stack, flavour, "leo", ACTIVITY)
        return lead if lead.get("people").ok else None

    return until(confirmed)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_roster_is_read_anew_and_kept_when_that_fails(stack: Stack, flavour: str) -> None:
    lead = lead_of_course(stack, flavour)
    known = until(lambda: re.search(r"List of (\d+) people, read", words(lead.get("people"))))
    stack.sandbox.control(flavour, "fault", where="roster", status=500, times=1)
    try:
        until(lambda: "Code platform-answer-wrong" in refreshed(lead))
    finally:
        stack.sandbox.control(flavour, "no-faults")
    failed = words(lead.get("people"))
    assert f"List of {known[1]} people, read" in failed
    assert "Those known before stay." in failed
    until(lambda: "Code" not in refreshed(lead))


def refreshed(lead: Person) -> str:
    """What the page says after the button was pressed, once it no longer waits."""
    lead.send(lead.get("people"), "people/refresh")
    return until(lambda: None if "Refresh" in (page := lead.get("people")).headers else words(page))
