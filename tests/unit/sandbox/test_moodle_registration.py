"""Dynamic registration as Moodle does it; each test is one departure."""

from typing import Any

import pytest
import requests

from tests.lms_walker import LmsWalker, Page
from tests.unit.sandbox.conftest import (
    AGS,
    LINE_ITEM,
    LINE_ITEM_READ,
    LINE_ITEMS_TYPE,
    RESULT,
    ROSTER,
    SCORE,
    Lms,
)
from tests.unit.sandbox.registering import (
    DEEP_LINKING,
    TOOL,
    ask,
    bearer,
    document,
    register,
    send,
)


def test_the_configuration_is_anybodys_and_as_it_was_seen(moodle: Lms) -> None:
    found = ask(moodle.control("invite")["openid_configuration"]).json()
    assert found["subject_types_supported"] == ["public", "pairwise"]
    assert found["scopes_supported"][-1] == "openid"
    assert found["registration_endpoint"].endswith("/mod/lti/openid-registration.php")


def test_the_answer_is_200_and_of_moodles_own_making(moodle: Lms) -> None:
    made = register(moodle, contacts=["x@example.com"])
    assert made.status_code == 200
    answered = made.json()
    assert len(answered["client_id"]) == 15
    assert "contacts" not in answered
    tool = answered[TOOL]
    assert (tool["deployment_id"], tool["version"]) == ("2", "1.3.0")
    assert tool["messages"] == [
        {"type": DEEP_LINKING, "target_link_uri": f"{moodle.tool.origin}/lti/launch?choose=1"}
    ]
    assert tool["claims"] == ["sub", "iss", "name", "family_name", "given_name", "email"]


def test_what_follows_a_second_equals_sign_is_lost(moodle: Lms) -> None:
    answered = register(moodle).json()
    assert answered[TOOL]["custom_parameters"]["odd"] == "a"


def test_unknown_scopes_go_silently_and_one_grade_scope_brings_three(moodle: Lms) -> None:
    answered = register(moodle).json()
    assert set(answered["scope"].split()) == {LINE_ITEM, LINE_ITEM_READ, RESULT, SCORE, ROSTER}
    answered = register(moodle, scope=SCORE).json()
    assert set(answered["scope"].split()) == {LINE_ITEM_READ, RESULT, SCORE}


@pytest.mark.parametrize(
    ("tool", "bend", "words"),
    [
        ({}, {"client_name": None}, "missing required attribute client_name"),
        ({"domain": None}, {}, "missing_domain"),
        ({"domain": "127.0.0.1"}, {}, "domain_targetlinkuri_mismatch"),
        ({"domain": "tool.test"}, {}, "domain_targetlinkuri_mismatch"),
        ({}, {"response_types": ["code"]}, "invalid_response_types"),
        ({}, {"redirect_uris": "https://tool.test"}, "invalid_redirect_uris"),
        (
            {},
            {"token_endpoint_auth_method": "client_secret_post"},
            "invalid_token_endpoint_auth_method",
        ),
    ],
)
def test_a_refusal_is_one_bare_word(
    moodle: Lms, tool: dict[str, Any], bend: dict[str, Any], words: str
) -> None:
    refused = register(moodle, tool, **bend)
    assert (refused.status_code, refused.text) == (400, words)


def test_www_does_not_count_as_a_difference(moodle: Lms) -> None:
    target = "https://tool.test/launch"
    assert register(moodle, {"domain": "www.tool.test", "target_link_uri": target}).ok


def test_a_token_posts_once_and_only_a_post_that_passed_counts(moodle: Lms) -> None:
    token = moodle.control("invite")["registration_token"]
    assert send(moodle, token, document(moodle, client_name=None)).status_code == 400
    assert send(moodle, token, document(moodle)).ok
    again = send(moodle, token, document(moodle))
    assert (again.status_code, again.text) == (401, "token_already_used")


def test_bad_tokens_have_bare_words_of_their_own(moodle: Lms) -> None:
    refused = requests.post(moodle.platform.address("registration"), json={}, timeout=5)
    assert (refused.status_code, refused.text) == (401, "missing_registration_token")
    refused = send(moodle, "made-up", document(moodle))
    assert (refused.status_code, refused.text) == (401, "invalid_registration_token")


def test_a_pending_tool_gets_tokens_but_no_launch(moodle: Lms) -> None:
    register(moodle)
    assert moodle.ask_token(SCORE).ok
    walker = LmsWalker(moodle.home)
    page = walker.browser.get(walker.activity_page("moodle", "ingrid", "competencies"))
    assert "not switched it on" in page.text
    moodle.control("review", active=True)
    assert moodle.claims("ingrid")
    assert not moodle.platform.client.offered


def test_the_new_type_stands_in_every_service_address(moodle: Lms) -> None:
    register(moodle)
    moodle.control("review", active=True)
    columns = moodle.claims("ingrid")[AGS]["lineitems"]
    assert columns.endswith("?type_id=2")
    assert moodle.call("GET", columns, LINE_ITEM_READ, LINE_ITEMS_TYPE).ok
    old = columns.replace("type_id=2", "type_id=1")
    assert moodle.call("GET", old, LINE_ITEM_READ, LINE_ITEMS_TYPE).status_code == 400


def test_a_known_domain_asks_whether_to_update(moodle: Lms) -> None:
    moodle.tool.registration = lambda configuration, token: token
    walker = LmsWalker(moodle.home)
    token = walker.register("moodle", f"{moodle.tool.origin}/lti/register", "update").text
    before = moodle.platform.client
    answered = send(moodle, token, document(moodle)).json()
    assert answered["client_id"] == before.client_id
    assert answered[TOOL]["deployment_id"] == before.deployments[0]
    assert moodle.platform.client.active


def test_an_unknown_domain_is_not_asked_about(moodle: Lms) -> None:
    start = moodle.platform.address("start_registration")
    known = requests.get(start, params={"url": f"{moodle.tool.origin}/r"}, timeout=5)
    assert [form.fields["how"] for form in Page(known).forms] == ["update", "new"]
    other = {"url": "https://other.example/register"}
    led = requests.get(start, params=other, timeout=5, allow_redirects=False)
    assert led.headers["Location"].startswith(other["url"] + "?openid_configuration=")


def test_a_token_for_an_update_reads_what_is_there(moodle: Lms) -> None:
    register(moodle)
    address = moodle.platform.address("registration")
    token = moodle.control("invite", update=True)["registration_token"]
    found = requests.get(address, headers=bearer(token), timeout=5).json()
    assert found["client_id"] == moodle.platform.client.client_id
    fresh = moodle.control("invite")["registration_token"]
    assert requests.get(address, headers=bearer(fresh), timeout=5).status_code == 401
