"""The plain flavour is the standard: strict where the others are lenient."""

from typing import Any

import pytest
import requests

from tests.unit.sandbox.conftest import (
    AGS,
    LINE_ITEM,
    LINE_ITEM_TYPE,
    LINE_ITEMS_TYPE,
    NRPS,
    RESULT,
    RESULTS_TYPE,
    ROSTER,
    ROSTER_TYPE,
    SCORE,
    SCORE_TYPE,
    Lms,
    beside,
    stamp,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [("scope", "email"), ("prompt", None), ("nonce", None), ("response_mode", "query")],
)
def test_a_wrong_request_comes_back_as_an_error_form(
    plain: Lms, name: str, value: str | None
) -> None:
    plain.tool.bend[name] = value
    assert plain.last_post("amara").fields["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("person", "roles"),
    [
        ("ingrid", {"membership#Instructor"}),
        ("helen", {"membership#Instructor", "membership/Instructor#TeachingAssistant"}),
        ("amara", {"membership#Learner"}),
        ("graham", {"membership#Mentor"}),
        ("stranger", set()),
    ],
)
def test_roles_are_the_course_roles_and_may_be_none(
    plain: Lms, person: str, roles: set[str]
) -> None:
    assert plain.roles(person) == roles


@pytest.mark.parametrize("bend", [{"aud": "rubbish"}, {"jti": None}, {"exp": 1}])
def test_the_assertion_is_checked_in_full(plain: Lms, bend: dict[str, Any]) -> None:
    assert plain.ask_token(SCORE, plain.assertion(**bend)).status_code == 400


def test_a_missing_scope_is_403_and_a_missing_token_401(plain: Lms) -> None:
    address = beside(plain.column(), "scores")
    assert plain.call("POST", address, RESULT, SCORE_TYPE, json={}).status_code == 403
    assert requests.post(address, timeout=5).status_code == 401


def test_a_score_is_204(plain: Lms) -> None:
    assert plain.score().status_code == 204
    address = beside(plain.column(), "results")
    (row,) = plain.call("GET", address, RESULT, RESULTS_TYPE).json()
    assert (row["resultScore"], row["resultMaximum"]) == (80, 100)


def test_an_older_or_equal_time_is_409(plain: Lms) -> None:
    now = stamp()
    assert plain.score(timestamp=now).ok
    assert plain.score(timestamp=now).status_code == 409
    assert plain.score(timestamp=stamp(-1)).status_code == 409


def test_a_score_without_comment_clears_the_comment(plain: Lms) -> None:
    plain.score(comment="Once", timestamp=stamp(-5))
    plain.score()
    assert plain.cell("amara")["comments"] == []


def test_only_fully_graded_is_shown(plain: Lms) -> None:
    plain.score(gradingProgress="Pending")
    assert plain.cell("amara")["score"] is None


@pytest.mark.parametrize(
    ("bend", "status"),
    [
        ({"timestamp": "2026-10-01T10:00:00"}, 400),
        ({"activityProgress": "Done"}, 400),
        ({"gradingProgress": None}, 400),
        ({"scoreMaximum": None}, 400),
        ({"scoreGiven": -1}, 400),
        ({"userId": "nobody"}, 404),
    ],
)
def test_a_bad_score_is_refused(plain: Lms, bend: dict[str, Any], status: int) -> None:
    assert plain.score(**bend).status_code == status


def test_only_the_media_types_of_the_standard_are_read_and_served(plain: Lms) -> None:
    address = beside(plain.column(), "scores")
    assert plain.call("POST", address, SCORE, "application/json", json={}).status_code == 415
    answer = plain.call("GET", plain.column(), LINE_ITEM, "text/html")
    assert answer.status_code == 406


def test_line_items_live_and_die(plain: Lms) -> None:
    address = plain.claims("ingrid")[AGS]["lineitems"]
    body = {"scoreMaximum": 5, "label": "Extra", "tag": "t", "startDateTime": stamp()}
    made = plain.call("POST", address, LINE_ITEM, LINE_ITEM_TYPE, json=body)
    assert made.status_code == 201
    listed = plain.call("GET", address, LINE_ITEM, LINE_ITEMS_TYPE, params={"limit": "3"})
    assert len(listed.json()) == 3
    last = plain.call("GET", listed.links["next"]["url"], LINE_ITEM, LINE_ITEMS_TYPE).json()
    assert [column["label"] for column in last] == ["Extra"]
    assert plain.call("DELETE", made.json()["id"], LINE_ITEM).status_code == 204
    assert plain.call("DELETE", plain.column(), LINE_ITEM).status_code == 403
    for bad in ({"label": " ", "scoreMaximum": 5}, {"label": "x", "scoreMaximum": 0}):
        refused = plain.call("POST", address, LINE_ITEM, LINE_ITEM_TYPE, json=bad)
        assert refused.status_code == 400


def test_the_roster_comes_in_pages_of_the_limit(plain: Lms) -> None:
    address = plain.claims("ingrid")[NRPS]["context_memberships_url"]
    seen: list[str] = []
    page = plain.call("GET", address, ROSTER, ROSTER_TYPE, params={"limit": "8"})
    while True:
        seen += [member["user_id"] for member in page.json()["members"]]
        if "next" not in page.links:
            break
        page = plain.call("GET", page.links["next"]["url"], ROSTER, ROSTER_TYPE)
    assert len(seen) == len(set(seen)) == 20
    learners = plain.call("GET", address, ROSTER, ROSTER_TYPE, params={"role": "Learner"})
    assert len(learners.json()["members"]) == 14
    assert plain.call("GET", address, ROSTER, "application/json").status_code == 406
