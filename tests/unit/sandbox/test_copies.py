"""Copied courses: new ids, the same links, no grades, and a history to find the way back by."""

from typing import Any

import pytest
import requests

from lti_tool.sandbox.app import Sandbox
from tests.unit.sandbox.conftest import (
    AGS,
    CLAIM,
    LINE_ITEM,
    LINE_ITEM_TYPE,
    LINE_ITEMS_TYPE,
    Lms,
    StandIn,
)

FLAVOURS = ["canvas", "moodle", "plain"]


@pytest.fixture(params=FLAVOURS)
def lms(request: pytest.FixtureRequest, sandbox: Sandbox, stand_in: StandIn) -> Lms:
    return Lms(sandbox, request.param, stand_in)


def copied(lms: Lms, course: str = "internship", **more: Any) -> str:
    """Copy a course; gives the new one's key."""
    return str(lms.control("copy", course=course, **more)["course"])


def state(lms: Lms) -> Any:
    return requests.get(f"{lms.home}/control/state.json", timeout=5).json()[lms.key]


def history(lms: Lms, course: str, activity: str = "competencies") -> str:
    claims = lms.claims("ingrid", f"{course}/{activity}")
    return str(claims[CLAIM + "custom"]["context_history"])


def context(lms: Lms, course: str, activity: str = "competencies") -> str:
    return str(lms.claims("ingrid", f"{course}/{activity}")[CLAIM + "context"]["id"])


def test_ids_are_new_and_links_are_the_same(lms: Lms) -> None:
    world = lms.platform.world
    link = world.courses["internship"].activities["competencies"]
    link.url = f"{lms.tool.origin}/lti/launch?activity=0123456789abcdef"
    link.custom["rounds_activity"] = "0123456789abcdef"
    before = lms.claims("ingrid")
    after = lms.claims("ingrid", f"{copied(lms)}/competencies")
    for claim in ("context", "resource_link"):
        assert after[CLAIM + claim]["id"] != before[CLAIM + claim]["id"]
    assert after[AGS]["lineitem"] != before[AGS]["lineitem"]
    assert after[CLAIM + "custom"]["rounds_activity"] == "0123456789abcdef"
    assert after[CLAIM + "target_link_uri"] == link.url
    assert after["sub"] == before["sub"]


def test_no_grade_comes_along(lms: Lms) -> None:
    lms.score("amara")
    key = copied(lms)
    columns = {column["course"]: column for column in state(lms)["columns"] if column["grades"]}
    assert list(columns) == ["internship"]
    assert key in state(lms)["courses"]


def test_the_history_names_the_latest_first(lms: Lms) -> None:
    assert history(lms, "internship") == ""
    first = copied(lms)
    second = copied(lms, first)
    found = [context(lms, first), context(lms, "internship")]
    assert history(lms, second) == ",".join(found)


def test_two_copies_are_two_courses(lms: Lms) -> None:
    first, second = copied(lms), copied(lms)
    assert first != second
    assert context(lms, first) != context(lms, second)


@pytest.mark.parametrize(("key", "kept"), [("canvas", False), ("moodle", True), ("plain", True)])
def test_resource_ids_survive_but_on_canvas(
    key: str, kept: bool, sandbox: Sandbox, stand_in: StandIn
) -> None:
    lms = Lms(sandbox, key, stand_in)
    columns = lms.claims("ingrid")[AGS]["lineitems"]
    body = {"label": "Teamwork", "scoreMaximum": 4, "resourceId": "key-1", "tag": "rounds"}
    assert lms.call("POST", columns, LINE_ITEM, LINE_ITEM_TYPE, json=body).status_code == 201
    there = lms.claims("ingrid", f"{copied(lms)}/competencies")[AGS]["lineitems"]
    found = lms.call("GET", there, LINE_ITEM, LINE_ITEMS_TYPE).json()
    teamwork = next(column for column in found if column["label"] == "Teamwork")
    assert teamwork.get("resourceId") == ("key-1" if kept else None)
    assert teamwork.get("tag") == ("rounds" if kept else None)


def test_canvas_may_keep_the_ids_after_all(canvas: Lms) -> None:
    canvas.control("switches", copied_ids=True)
    columns = canvas.claims("ingrid")[AGS]["lineitems"]
    body = {"label": "Teamwork", "scoreMaximum": 4, "resourceId": "key-1"}
    canvas.call("POST", columns, LINE_ITEM, LINE_ITEM_TYPE, json=body)
    key = copied(canvas)
    ids = [c["resource_id"] for c in state(canvas)["columns"] if c["course"] == key]
    assert "key-1" in ids


def test_a_link_of_a_column_is_the_new_one(plain: Lms) -> None:
    claims = plain.claims("ingrid")
    link = claims[CLAIM + "resource_link"]["id"]
    body = {"label": "More", "scoreMaximum": 4, "resourceLinkId": link}
    plain.call("POST", claims[AGS]["lineitems"], LINE_ITEM, LINE_ITEM_TYPE, json=body)
    after = plain.claims("ingrid", f"{copied(plain)}/competencies")
    found = plain.call("GET", after[AGS]["lineitems"], LINE_ITEM, LINE_ITEMS_TYPE).json()
    more = next(column for column in found if column["label"] == "More")
    assert more["resourceLinkId"] == after[CLAIM + "resource_link"]["id"]


def test_a_copy_may_stay_unpublished(canvas: Lms) -> None:
    key = copied(canvas, published=False)
    assert canvas.score().status_code == 200
    answer = canvas.score(activity=f"{key}/competencies")
    assert answer.status_code == 422


def test_an_import_is_in_canvas_history(canvas: Lms) -> None:
    canvas.control("copy", course="internship", into="simulation")
    assert history(canvas, "simulation", "skills") == context(canvas, "internship")


def test_moodle_forgets_imports(moodle: Lms) -> None:
    moodle.control("copy", course="internship", into="simulation")
    assert history(moodle, "simulation", "skills") == ""


def test_canvas_may_not_tell_the_whole_history(canvas: Lms) -> None:
    key = copied(canvas)
    canvas.control("switches", history="truncated")
    assert history(canvas, key) == f"{context(canvas, 'internship')},truncated"
    canvas.control("switches", history="timed-out")
    assert history(canvas, key) == "timed out"


def test_staff_have_a_button(lms: Lms) -> None:
    course = lms.house.claims.course_ref(lms.platform.world.courses["internship"])
    page = lms.platform.address("course", course=course)
    assert "Copy this course" in requests.get(page, {"as": "ingrid"}, timeout=5).text
    assert "Copy this course" not in requests.get(page, {"as": "amara"}, timeout=5).text
    press = lms.platform.address("copy", course=course)
    refused = requests.post(press, params={"as": "amara"}, timeout=5)
    assert refused.status_code == 403
    answer = requests.post(press, params={"as": "ingrid"}, timeout=5)
    assert "Internship block 2, copy" in answer.text
    assert len(lms.platform.world.courses) == 3


def test_clearing_forgets_copies(lms: Lms) -> None:
    copied(lms)
    lms.control("clear")
    assert list(state(lms)["courses"]) == ["internship", "simulation"]
