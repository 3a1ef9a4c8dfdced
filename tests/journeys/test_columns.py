"""Columns a competency are made, written, guarded against overwriting, read back and deleted."""

from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.journeys.people import Person, launch, lead_of, levels, words
from tests.stack import Stack, until

TEAMWORK = "Ward week four: Teamwork"


def columns(stack: Stack, flavour: str) -> dict[str, dict[str, Any]]:
    """The columns of the sandbox's gradebook by label."""
    return {one["label"]: one for one in stack.sandbox.state(flavour)["columns"]}


def shown(stack: Stack, flavour: str, label: str) -> Decimal | None:
    """What a column shows for Amara."""
    cell = columns(stack, flavour).get(label, {}).get("grades", {}).get("amara")
    return Decimal(str(cell["score"])) if cell and cell["score"] is not None else None


def settled(lead: Person) -> str:
    """The words of the gradebook's page, once nothing about it is under way."""
    return until(
        lambda: None if "Refresh" in (page := lead.get("gradebook")).headers else words(page)
    )


def press(lead: Person, path: str) -> requests.Response:
    """Press the one button of the gradebook's page that leads there."""
    return lead.send(lead.get("gradebook"), path)


@pytest.mark.parametrize("flavour", ["canvas", "moodle"])
def test_a_column_a_competency_lives_and_goes(stack: Stack, flavour: str) -> None:
    lead = lead_of(stack, flavour, "week-four")
    lead.choose(columns="1")
    helen = launch(stack, flavour, "helen", "week-four")
    path = helen.score(helen.intern("Amara Okafor"), "teamwork", "3")
    until(lambda: shown(stack, flavour, TEAMWORK) == 80)
    until(lambda: shown(stack, flavour, "Ward week four") == 16)
    made = [
        one for label, one in columns(stack, flavour).items() if label.startswith("Ward week four:")
    ]
    assert len(made) == len({one["label"] for one in made}) == 3
    assert not any(one["coupled"] for one in made)
    assert "Teamwork There, out of 100" in settled(lead)

    # A teacher types another grade; a newer one of ours waits for the course lead's word.
    column = columns(stack, flavour)[TEAMWORK]["id"]
    stack.sandbox.control(flavour, "grade", column=column, person="amara", override=50)
    form = helen.get(f"{path}/amend")
    helen.send(form, f"{path}/amend", **levels(form, "4"), reason="I mixed up two interns.")
    until(lambda: "The gradebook shows 50 of 100: somebody changed it there." in settled(lead))
    assert shown(stack, flavour, TEAMWORK) == 50
    page = lead.get("gradebook")
    retry = page.text.split('/retry"')[0].rpartition('action="')[2] + "/retry"
    lead.send(page, retry)
    until(lambda: shown(stack, flavour, TEAMWORK) == 100)

    # Switched off, nothing more is sent; deleted are only the columns that Rounds made.
    lead.choose(columns="")
    assert "Delete the 3 columns from the gradebook" in settled(lead)
    lead.send(lead.get("gradebook/columns/delete"), "gradebook/columns/delete")
    until(lambda: not {TEAMWORK} & set(columns(stack, flavour)))
    until(lambda: not [label for label in columns(stack, flavour) if ": " in label])
    assert shown(stack, flavour, "Ward week four") is not None
    assert "Delete the" not in settled(lead)


def test_what_a_teacher_changed_in_a_links_own_column_is_told_when_read_back(stack: Stack) -> None:
    """Moodle keeps what was typed there, whatever Rounds sends: only reading back shows it."""
    helen = launch(stack, "moodle", "helen", "week-four")
    helen.score(helen.intern("Samuel Adeyemi"), "teamwork", "3")
    until(lambda: stack.sandbox.grade("moodle", "week-four", "samuel"))
    stack.sandbox.control("moodle", "grade", activity="week-four", person="samuel", override=10)
    lead = launch(stack, "moodle", "ingrid", "week-four")
    press(lead, "gradebook/check")
    told = settled(lead)
    assert "The gradebook shows 10 of 20: somebody changed it there Samuel Adeyemi" in told
    assert "take the change back there" in told
    assert "The gradebook shows 10 of 20" in words(lead.get("")), "in the course lead's table, too"


def test_a_link_without_a_column_gets_one_made_once(stack: Stack) -> None:
    lead_of(stack, "plain", "ungraded").choose()
    launch(stack, "plain", "helen", "ungraded")
    helen = launch(stack, "plain", "helen", "ungraded")
    helen.score(helen.intern("Amara Okafor"), "teamwork", "3")
    until(lambda: shown(stack, "plain", "No grade kept") == 80)
    labels = [one["label"] for one in stack.sandbox.state("plain")["columns"]]
    assert labels.count("No grade kept") == 1


def test_where_a_tool_may_make_none_the_page_says_what_to_do(stack: Stack) -> None:
    lead = lead_of(stack, "moodle", "ungraded")
    lead.choose()
    told = settled(lead)
    assert "This activity has no column in the gradebook" in told
    assert "give the activity a grade in its settings" in told
    assert "No grade kept" not in columns(stack, "moodle")
