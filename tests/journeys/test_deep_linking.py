"""A course lead chooses inside the LMS; what appears there is bound, scored, and has its grade."""

from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.journeys.people import STANDARD, Person, heading, launch, words
from tests.lms_walker import Browser, LastPost
from tests.stack import Stack, until

PLACES = [
    ("canvas", "assignment_selection", "one"),
    ("canvas", "course_assignments_menu", "each"),
    ("moodle", "", "one"),
    ("moodle", "", "each"),
    ("plain", "", "one"),
]
MORE = {"one": "", "each": ": Teamwork"}


def asked(stack: Stack, flavour: str, place: str, person: str = "ingrid") -> Person:
    """Someone who pressed "add content", in front of our page."""
    walker = stack.walker(Browser())
    last = walker.choose(flavour, person, place)
    assert isinstance(last, LastPost), f"{last.status_code} {last.url}"
    return Person(walker.browser, walker.finish(last))


def back(stack: Stack, chooser: Person, page: requests.Response) -> requests.Response:
    """Where the LMS leads after it has our answer, once what it asks for is saved."""
    walker = stack.walker(chooser.browser)
    answer = walker.follow(page)
    assert isinstance(answer, requests.Response)
    return walker.save_choice(answer)


def columns(stack: Stack, flavour: str) -> dict[str, dict[str, Any]]:
    return {one["label"]: one for one in stack.sandbox.state(flavour)["columns"]}


@pytest.mark.parametrize(("flavour", "place", "links"), PLACES)
def test_what_is_chosen_appears_is_scored_and_graded(
    stack: Stack, flavour: str, place: str, links: str
) -> None:
    title = f"Ward skills {links} {place}".strip()
    chooser = asked(stack, flavour, place)
    assert heading(chooser.first) == "Choose what interns are assessed on"
    more = {"links": links} if 'name="links"' in chooser.first.text else {}
    answer = chooser.send(chooser.first, "deep-link", **STANDARD, **more, title=title)
    assert back(stack, chooser, answer).ok
    one = title + MORE[links]
    made = [label for label in columns(stack, flavour) if label.startswith(title)]
    assert len(made) == (3 if links == "each" else 1)
    column = columns(stack, flavour)[one]
    assert (column["maximum"], column["tag"]) == (100, "rounds")
    if place == "course_assignments_menu":  # what several items make waits to be published
        stack.sandbox.control(flavour, "activity", activity=column["activity"], published=True)

    helen = launch(stack, flavour, "helen", column["activity"])
    helen.score(helen.intern("Amara Okafor"), "teamwork", "3")
    until(lambda: (columns(stack, flavour)[one]["grades"].get("amara") or {}).get("score"))
    shown = columns(stack, flavour)[one]["grades"]["amara"]["score"]
    assert Decimal(str(shown)) == 80
    lead = launch(stack, flavour, "ingrid", column["activity"])
    assert heading(lead.first) == one, "who added it leads it, whatever the roster says"


@pytest.mark.parametrize("flavour", ["canvas", "moodle", "plain"])
def test_a_choice_given_up_leads_back_with_nothing(stack: Stack, flavour: str) -> None:
    before = columns(stack, flavour).keys()
    chooser = asked(stack, flavour, "")
    page = chooser.send(chooser.first, "deep-link/cancel")
    assert heading(page) == "Back to the course"
    assert back(stack, chooser, page).ok
    assert columns(stack, flavour).keys() == before
    again = chooser.get("deep-link")
    assert "choice-answered" in words(again)
