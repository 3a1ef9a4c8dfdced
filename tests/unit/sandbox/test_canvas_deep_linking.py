"""Deep linking as Canvas does it; each test is one departure."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.lms_walker import LmsWalker
from tests.unit.sandbox.choosing import activities, choose, columns, item
from tests.unit.sandbox.conftest import AGS, CLAIM, LINE_ITEM, Lms, stamp
from tests.unit.sandbox.registering import DEEP_LINKING, register

PLACEMENT = "https://www.instructure.com/placement"
FORM = "assignment_selection"
MENU = "course_assignments_menu"


@pytest.mark.parametrize(
    ("place", "multiple", "auto_create"),
    [
        ("assignment_selection", False, False),
        ("submission_type_selection", False, False),
        ("link_selection", True, False),
        ("course_assignments_menu", True, False),
        ("module_index_menu_modal", True, True),
        ("module_menu_modal", True, True),
    ],
)
def test_settings_differ_by_placement(
    canvas: Lms, place: str, multiple: bool, auto_create: bool
) -> None:
    asked = choose(canvas, place)
    settings = asked.settings
    assert asked.claims[PLACEMENT] == place
    assert (settings["accept_multiple"], settings["auto_create"]) == (multiple, auto_create)
    assert settings["accept_presentation_document_targets"] == ["iframe", "window"]
    assert settings["validation_context"] is None
    assert not {"data", "accept_lineitem"} & settings.keys()


def test_the_way_out_is_a_cancel_address(canvas: Lms) -> None:
    presentation = choose(canvas).claims[CLAIM + "launch_presentation"]
    assert presentation["return_url"].endswith("/external_content/cancel/external_tool_dialog")


def test_the_state_rides_in_the_address_and_is_good_once(canvas: Lms) -> None:
    asked = choose(canvas, MENU)
    query = parse_qs(urlsplit(asked.settings["deep_link_return_url"]).query)
    assert query["data"][0].count(".") == 2
    assert asked.send(item()).ok
    again = asked.send(item())
    assert again.status_code == 400
    assert "multiple times" in again.json()["errors"]["jwt"][0]
    assert len(activities(canvas)) == 1


@pytest.mark.parametrize(
    "bend",
    [
        {"iss": "another"},
        {"aud": "https://another.example"},
        {"iat": int(time.time()) - 400},
        {"exp": None},
        {"nonce": None},
        {CLAIM + "deployment_id": "another"},
        {CLAIM + "message_type": None},
        {CLAIM + "version": None},
    ],
)
def test_a_bad_answer_is_400_json(canvas: Lms, bend: dict[str, Any]) -> None:
    refused = choose(canvas).send(item(), **bend)
    assert refused.status_code == 400
    assert refused.json()["errors"]


def test_made_up_state_is_400(canvas: Lms) -> None:
    asked = choose(canvas)
    asked.settings["deep_link_return_url"] += "x"
    assert asked.send(item()).status_code == 400


@pytest.mark.parametrize("place", [FORM, "submission_type_selection"])
def test_one_item_fills_the_form_and_waits_for_save(canvas: Lms, place: str) -> None:
    asked = choose(canvas, place)
    page = asked.finish(item(), item("Second"))
    assert 'value="Patient communication, column"' in page.text
    assert 'value="20"' in page.text
    assert activities(canvas) == []
    asked.walker.save_choice(page, publish=False, points="15")
    (made,) = activities(canvas)
    assert (made["title"], made["points"]) == ("Patient communication, column", 15)
    assert not made["published"]
    assert columns(canvas)[0]["resource_id"] == "0123456789abcdef"


def test_dates_never_reach_the_form(canvas: Lms) -> None:
    asked = choose(canvas, FORM)
    dated = item(submission={"endDateTime": stamp(60)}, available={"endDateTime": stamp(90)})
    asked.walker.save_choice(asked.finish(dated))
    (made,) = activities(canvas)
    assert (made["due"], made["closes"]) == (None, None)


def test_without_a_maximum_the_form_has_no_points(canvas: Lms) -> None:
    asked = choose(canvas, FORM)
    asked.walker.save_choice(asked.finish(item(lineItem={"label": "x"})))
    assert activities(canvas)[0]["points"] == 0


@pytest.mark.parametrize("place", [MENU, "link_selection", "module_index_menu_modal"])
def test_several_are_made_at_once_and_unpublished(canvas: Lms, place: str) -> None:
    dates = {
        "available": {"startDateTime": stamp(10), "endDateTime": stamp(90)},
        "submission": {"startDateTime": stamp(20), "endDateTime": stamp(60)},
    }
    choose(canvas, place).finish(item("One", **dates), item("Two"), item("Three", lineItem=None))
    one, two, three = activities(canvas)
    assert (one["title"], two["title"]) == ("One, column", "Two, column")
    assert all(one[name] for name in ("opens", "closes", "due"))
    assert not any(found["published"] for found in (one, two, three))
    assert (three["kind"], three["title"]) == ("ungraded", "Three")
    asked_for = {
        "opens": "$Canvas.assignment.unlockAt.iso8601",
        "closes": "$Canvas.assignment.lockAt.iso8601",
    }
    canvas.control("activity", activity=one["key"], published=True, custom=asked_for)
    custom = canvas.claims("amara", one["key"])[CLAIM + "custom"]
    assert custom["due_at"].endswith("Z")
    assert custom["opens"] < custom["due_at"] < custom["closes"]
    assert columns(canvas)[0]["label"] == one["title"]


def test_an_item_without_a_maximum_gets_an_error_and_the_others_are_made(canvas: Lms) -> None:
    page = choose(canvas, MENU).finish(item("One", lineItem={"label": "x"}), item("Two"))
    assert "One: scoreMaximum must be above 0" in page.text
    assert [found["title"] for found in activities(canvas)] == ["Two, column"]


def test_choosing_again_makes_it_again(canvas: Lms) -> None:
    for _ in range(2):
        choose(canvas, MENU).finish(item())
    assert len(activities(canvas)) == 2


def test_line_items_can_be_ignored_without_a_word(canvas: Lms) -> None:
    canvas.control("switches", line_items_ignored=True)
    page = choose(canvas, MENU).finish(item())
    assert 'class="note bad"' not in page.text
    assert activities(canvas)[0]["kind"] == "ungraded"
    assert columns(canvas) == []
    asked = choose(canvas, FORM)
    asked.walker.save_choice(asked.finish(item()))
    assert columns(canvas)[0]["resource_id"] == ""


def test_submission_review_is_left_out(canvas: Lms) -> None:
    column = {"label": "x", "scoreMaximum": 5, "submissionReview": {"url": "https://x.test"}}
    choose(canvas, MENU).finish(item(lineItem=column))
    shown = canvas.call("GET", columns(canvas)[0]["url"], LINE_ITEM).json()
    assert "submissionReview" not in shown


def test_only_registered_placements_are_in_the_menu(canvas: Lms) -> None:
    target = f"{canvas.tool.origin}/lti/launch?choose=1"
    messages = [
        {
            "type": DEEP_LINKING,
            "target_link_uri": target,
            "placements": [MENU],
            "custom_parameters": {"from": "menu"},
        }
    ]
    register(canvas, {"messages": messages})
    canvas.control("review", active=True)
    names = [place.name for place in canvas.house.deep_linking.places(person(canvas), at(canvas))]
    assert names == [MENU]
    claims = choose(canvas).claims
    assert claims[CLAIM + "target_link_uri"] == target
    assert claims[CLAIM + "custom"]["from"] == "menu"


def test_a_chosen_assignment_cannot_be_deleted_by_the_tool(canvas: Lms) -> None:
    choose(canvas, MENU).finish(item())
    refused = canvas.call("DELETE", columns(canvas)[0]["url"], LINE_ITEM)
    assert refused.status_code == 401


def test_supervisors_may_choose_too_and_a_link_without_column_has_none(canvas: Lms) -> None:
    choose(canvas, MENU, person="helen").finish(item(lineItem=None))
    made = activities(canvas)[0]["key"]
    assert "lineitem" not in canvas.claims("helen", made)[AGS]
    assert LmsWalker(canvas.home).course_page("canvas", "helen")


def person(lms: Lms) -> Any:
    return lms.platform.world.people["ingrid"]


def at(lms: Lms) -> Any:
    return lms.platform.world.courses["internship"]
