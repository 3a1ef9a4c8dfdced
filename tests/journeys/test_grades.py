"""A grade's life in each LMS: it arrives, changes with an amendment, and goes with a withdrawal."""

from decimal import Decimal

import pytest
import requests

from tests.journeys.people import Person, launch, lead_of, levels, words
from tests.stack import Stack, until

FLAVOURS = ("canvas", "moodle", "plain")


def grade(stack: Stack, flavour: str, activity: str) -> Decimal | None:
    """What the LMS's gradebook shows for Amara."""
    cell = stack.sandbox.grade(flavour, activity, "amara")
    return Decimal(str(cell["score"])) if cell and cell["score"] is not None else None


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_grade_arrives_changes_and_goes(stack: Stack, flavour: str) -> None:
    lead_of(stack, flavour, "fresh").choose()
    helen = launch(stack, flavour, "helen", "fresh")
    path = helen.score(helen.intern("Amara Okafor"), "teamwork", "3")
    until(lambda: grade(stack, flavour, "fresh") == 80)
    amara = launch(stack, flavour, "amara", "fresh")
    assert "80 of 100" in words(amara.first)

    form = helen.get(f"{path}/amend")
    helen.send(form, f"{path}/amend", **levels(form, "4"), reason="I mixed up two interns.")
    until(lambda: grade(stack, flavour, "fresh") == 100)
    assert "Gradebook: 100 of 100" in words(amara.get(""))

    form = helen.get(f"{path}/withdraw")
    helen.send(form, f"{path}/withdraw", reason="It was about somebody else.")
    until(lambda: grade(stack, flavour, "fresh") is None)
    until(lambda: "Gradebook: no grade at present" in words(amara.get("")))


def test_what_an_unpublished_assignment_refused_is_sent_again(stack: Stack) -> None:
    lead = lead_of(stack, "canvas", "draft")
    lead.choose()
    helen = launch(stack, "canvas", "helen", "draft")
    helen.score(helen.intern("Amara Okafor"), "teamwork", "3")
    table = until(lambda: refused(lead))
    assert "The activity is not published in the course." in words(table)

    stack.sandbox.control("canvas", "activity", activity="draft", published=True)
    path = table.text.split('/retry"')[0].rpartition('action="')[2] + "/retry"
    lead.send(table, path)
    until(lambda: grade(stack, "canvas", "draft") == 80)


def refused(lead: Person) -> requests.Response | None:
    """The course lead's table, once it says that the gradebook refused something."""
    table = lead.get("")
    return table if "Send again" in words(table) else None
