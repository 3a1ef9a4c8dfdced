"""The canvas flavour's tokens, line items and roster, as Canvas has them."""

import time
from typing import Any

import jwt
import pytest
import requests

from lti_tool.sandbox.keys import SigningKey
from tests.unit.sandbox.conftest import (
    AGS,
    CLAIM,
    LINE_ITEM,
    LINE_ITEM_READ,
    LINE_ITEM_TYPE,
    LINE_ITEMS_TYPE,
    NRPS,
    ROSTER,
    ROSTER_TYPE,
    SCORE,
    Lms,
)

LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"


# -- 7, tokens -------------------------------------------------------------------------------------


def token_error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_a_token_is_for_an_hour(canvas: Lms) -> None:
    body = canvas.ask_token(SCORE).json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3600, SCORE)
    jwt.decode(body["access_token"], options={"verify_signature": False})
    column = canvas.column()
    assert canvas.call("GET", column, LINE_ITEM_READ).ok
    canvas.control("switches", clock_offset=3700)
    assert canvas.call("GET", column, LINE_ITEM_READ).status_code == 401


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "iat", "exp", "jti"])
def test_every_claim_of_the_assertion_is_needed(canvas: Lms, name: str) -> None:
    assertion = canvas.assertion(**{name: None})
    assert token_error(canvas.ask_token(SCORE, assertion)) == (400, "invalid_request")


@pytest.mark.parametrize("age", [301, -60], ids=["too old", "ahead"])
def test_the_assertion_is_at_most_five_minutes_old(canvas: Lms, age: int) -> None:
    now = int(time.time())
    assertion = canvas.assertion(iat=now - age, exp=now + 600)
    assert token_error(canvas.ask_token(SCORE, assertion)) == (400, "invalid_request")


def test_an_assertion_is_good_once(canvas: Lms) -> None:
    assertion = canvas.assertion()
    assert canvas.ask_token(SCORE, assertion).ok
    assert token_error(canvas.ask_token(SCORE, assertion)) == (400, "invalid_request")


def test_the_audience_is_the_token_address_at_either_domain(canvas: Lms) -> None:
    at_school = canvas.platform.origins.pages + "/login/oauth2/token"
    assert canvas.ask_token(SCORE, canvas.assertion(aud=at_school)).ok
    issuer = canvas.platform.origins.issuer
    answer = canvas.ask_token(SCORE, canvas.assertion(aud=issuer))
    assert token_error(answer) == (400, "invalid_client")


def test_another_key_signs_in_vain(canvas: Lms) -> None:
    claims = jwt.decode(canvas.assertion(), options={"verify_signature": False})
    assert token_error(canvas.ask_token(SCORE, SigningKey.new().sign(claims)))[0] == 400


def test_one_unknown_scope_refuses_them_all(canvas: Lms) -> None:
    assert token_error(canvas.ask_token(f"{SCORE} made-up")) == (400, "invalid_scope")
    assert token_error(canvas.ask_token("")) == (400, "invalid_scope")


def test_a_dropped_scope_is_gone_from_token_and_launch(canvas: Lms) -> None:
    canvas.control("switches", scopes=[ROSTER])
    assert token_error(canvas.ask_token(SCORE)) == (400, "invalid_scope")
    assert canvas.claims("amara")[AGS]["scope"] == []


# -- 7, line items ---------------------------------------------------------------------------------


def columns_address(canvas: Lms) -> str:
    return str(canvas.claims("ingrid")[AGS]["lineitems"])


def make(canvas: Lms, **body: Any) -> requests.Response:
    wanted = {"scoreMaximum": 10, "label": "Made by the tool"} | body
    address = columns_address(canvas)
    return canvas.call("POST", address, LINE_ITEM, LINE_ITEM_TYPE, json=wanted)


def test_ten_line_items_a_page_and_a_link_to_the_next(canvas: Lms) -> None:
    for number in range(9):
        assert make(canvas, label=f"Column {number}", tag="row").status_code == 201
    first = canvas.call("GET", columns_address(canvas), LINE_ITEM_READ)
    assert first.headers["Content-Type"] == LINE_ITEMS_TYPE
    assert len(first.json()) == 10
    rest = canvas.call("GET", first.links["next"]["url"], LINE_ITEM_READ)
    assert "next" not in rest.links
    # Five activities of the internship have a column of their own.
    assert len(rest.json()) == 9 + 5 - 10


@pytest.mark.parametrize(
    ("name", "key"), [("tag", "tag"), ("resource_id", "resourceId"), ("limit", "")]
)
def test_line_items_are_found_by_filter(canvas: Lms, name: str, key: str) -> None:
    make(canvas, tag="one", resourceId="one")
    make(canvas, tag="two", resourceId="two")
    value = "1" if name == "limit" else "two"
    found = canvas.call("GET", columns_address(canvas), LINE_ITEM_READ, params={name: value}).json()
    assert len(found) == 1
    assert name == "limit" or found[0][key] == "two"


def test_accept_is_not_looked_at_and_json_is_read(canvas: Lms) -> None:
    assert canvas.call("GET", columns_address(canvas), LINE_ITEM_READ, "text/html").ok
    body = {"scoreMaximum": 10, "label": "As JSON"}
    address = columns_address(canvas)
    assert canvas.call("POST", address, LINE_ITEM, "application/json", json=body).ok
    form = canvas.call("POST", address, LINE_ITEM, "application/x-www-form-urlencoded", data=body)
    assert form.status_code == 400


def test_what_is_not_there_is_404_in_canvas_words(canvas: Lms) -> None:
    answer = canvas.call("GET", columns_address(canvas) + "/1", LINE_ITEM_READ)
    assert answer.status_code == 404
    assert answer.json()["errors"]["type"] == "not_found"
    address = canvas.claims("ingrid")[NRPS]["context_memberships_url"].replace("/12/", "/99/")
    roster = canvas.call("GET", address, ROSTER, ROSTER_TYPE)
    assert (roster.status_code, roster.json()["errors"]["type"]) == (404, "not_found")


def test_a_column_may_be_changed_and_keeps_what_is_not_named(canvas: Lms) -> None:
    made = make(canvas, tag="kept").json()
    body = {"scoreMaximum": 20, "label": "Renamed"}
    changed = canvas.call("PUT", made["id"], LINE_ITEM, LINE_ITEM_TYPE, json=body).json()
    assert (changed["scoreMaximum"], changed["label"], changed["tag"]) == (20, "Renamed", "kept")


def test_only_a_column_of_the_tools_own_may_be_deleted(canvas: Lms) -> None:
    made = make(canvas).json()
    assert canvas.call("DELETE", made["id"], LINE_ITEM).status_code == 204
    assert canvas.call("GET", made["id"], LINE_ITEM).status_code == 404
    coupled = canvas.call("DELETE", canvas.column(), LINE_ITEM)
    assert coupled.status_code == 401
    assert "coupled" in coupled.json()["errors"]["message"]


def test_a_navigation_link_takes_no_column(canvas: Lms) -> None:
    link = canvas.claims("ingrid", "menu")[CLAIM + "resource_link"]["id"]
    assert make(canvas, resourceLinkId=link).status_code == 404


@pytest.mark.parametrize(
    ("kind", "status"), [("external_tool", 201), ("none", 201), ("on_paper", 400)]
)
def test_the_submission_type_of_a_new_column(canvas: Lms, kind: str, status: int) -> None:
    extension = {"https://canvas.instructure.com/lti/submission_type": {"type": kind}}
    assert make(canvas, **extension).status_code == status


# -- 9, the roster ---------------------------------------------------------------------------------


def roster(canvas: Lms, **query: str) -> requests.Response:
    address = canvas.claims("ingrid")[NRPS]["context_memberships_url"]
    return canvas.call("GET", address, ROSTER, ROSTER_TYPE, params=query)


def test_members_come_in_pages_with_long_roles(canvas: Lms) -> None:
    canvas.control("switches", roster_page=10)
    first = roster(canvas)
    assert len(first.json()["members"]) == 10
    seen = first.json()["members"]
    page = first
    while "next" in page.links:
        page = canvas.call("GET", page.links["next"]["url"], ROSTER, ROSTER_TYPE)
        seen += page.json()["members"]
    assert len({member["user_id"] for member in seen}) == len(seen) == 22
    assert all("/membership" in role or "#TestUser" in role for m in seen for role in m["roles"])
    assert {member["status"] for member in seen} == {"Active"}


def test_no_more_than_fifty_a_page(canvas: Lms) -> None:
    assert canvas.platform.switches.roster_page == 50
    canvas.control("switches", roster_page=3)
    assert len(roster(canvas, limit="100").json()["members"]) == 3


def test_a_role_is_asked_for_by_its_whole_address(canvas: Lms) -> None:
    students = roster(canvas, role=LEARNER).json()["members"]
    assert len(students) == 15
    assert roster(canvas, role="Learner").json()["members"] == []


def test_rlid_adds_a_message_to_each_member(canvas: Lms) -> None:
    claims = canvas.claims("ingrid")
    members = roster(canvas, rlid=claims[CLAIM + "resource_link"]["id"]).json()["members"]
    custom = members[0]["message"][0][CLAIM + "custom"]
    assert custom["section_names"].startswith("[")
    whole = roster(canvas, rlid=claims[CLAIM + "context"]["id"]).json()["members"]
    assert "message" not in whole[0]
    assert roster(canvas, rlid="made-up").status_code == 400


@pytest.mark.parametrize("state", ["invited", "concluded", "removed"])
def test_only_active_people_are_listed(canvas: Lms, state: str) -> None:
    canvas.control("enrolment", course="internship", person="amara", state=state)
    ids = {member["user_id"] for member in roster(canvas).json()["members"]}
    assert canvas.sub("tomasz") in ids
    assert canvas.sub("amara") not in ids


def test_the_roster_does_not_look_at_accept(canvas: Lms) -> None:
    address = canvas.claims("ingrid")[NRPS]["context_memberships_url"]
    assert canvas.call("GET", address, ROSTER, "text/html").ok


def test_observer_test_student_and_double_role_are_listed_as_such(canvas: Lms) -> None:
    roles = {member["user_id"]: member["roles"] for member in roster(canvas).json()["members"]}
    assert [role.rpartition("#")[2] for role in roles[canvas.sub("graham")]] == ["Mentor"]
    tested = {role.rpartition("#")[2] for role in roles[canvas.sub("test-student")]}
    assert tested == {"Learner", "TestUser"}
    both = {role.rpartition("#")[2] for role in roles[canvas.sub("femke")]}
    assert both == {"Learner", "Instructor"}
    assert canvas.sub("alma") not in roles
