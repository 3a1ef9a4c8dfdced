"""Deep linking in the plain flavour, and what every flavour does with what was chosen."""

import time
from typing import Any

import pytest
import requests

from lti_tool.sandbox.app import Sandbox
from lti_tool.sandbox.keys import SigningKey
from tests.lms_walker import LastPost, LmsWalker
from tests.unit.sandbox.choosing import DL, activities, choose, columns, item
from tests.unit.sandbox.conftest import AGS, CLAIM, NRPS, Lms, StandIn, stamp

FLAVOURS = ["canvas", "moodle", "plain"]


@pytest.fixture(params=FLAVOURS)
def lms(request: pytest.FixtureRequest, sandbox: Sandbox, stand_in: StandIn) -> Lms:
    return Lms(sandbox, request.param, stand_in)


# every flavour


def test_the_request_has_the_course_and_no_link(lms: Lms) -> None:
    claims = choose(lms).claims
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingRequest"
    assert CLAIM + "resource_link" not in claims
    assert "lineitem" not in claims[AGS]
    assert claims[AGS]["lineitems"]
    assert claims[NRPS]
    assert claims[CLAIM + "context"]["title"] == "Internship block 2"


@pytest.mark.parametrize("person", ["amara", "nameless"])
def test_interns_find_no_such_menu(lms: Lms, person: str) -> None:
    walker = LmsWalker(lms.home)
    page = walker.choose(lms.key, person)
    assert isinstance(page, requests.Response)
    address = lms.platform.address("choose", course=lms.house.claims.course_ref(course(lms)))
    place = lms.house.deep_linking.all_places[0].name
    forced = requests.get(address, params={"as": person, "place": place}, timeout=5)
    assert forced.status_code == 403


def test_what_was_chosen_is_in_the_course_and_opens(lms: Lms) -> None:
    asked = choose(lms)
    page = asked.walker.save_choice(asked.finish(item()))
    assert "Patient communication" in page.text
    (made,) = activities(lms)
    (column,) = columns(lms)
    assert (made["published"], made["points"], made["course"]) == (True, 20, "internship")
    assert (column["resource_id"], column["tag"]) == ("0123456789abcdef", "rounds")
    claims = lms.claims("amara", made["key"])
    assert claims[CLAIM + "custom"]["rounds_activity"] == "0123456789abcdef"
    assert claims[AGS]["lineitem"] == column["url"]
    assert lms.score("amara", made["key"], scoreGiven=15, scoreMaximum=20).ok
    assert lms.cell("amara", made["key"])["score"] == 15


def test_a_url_is_opened_and_the_tool_is_told(lms: Lms) -> None:
    url = f"{lms.tool.origin}/lti/launch?activity=0123456789abcdef"
    asked = choose(lms)
    asked.walker.save_choice(asked.finish(item(url=url)))
    assert lms.claims("ingrid", activities(lms)[0]["key"])[CLAIM + "target_link_uri"] == url


def test_a_url_of_another_host_opens_no_tool(lms: Lms) -> None:
    asked = choose(lms)
    asked.walker.save_choice(asked.finish(item(url="https://other.example/x")))
    key = activities(lms)[0]["key"]
    walker = LmsWalker(lms.home)
    page = walker.until_last_post(lms.key, "ingrid", key)
    assert isinstance(page, requests.Response)
    assert "find valid settings" in page.text


def test_nothing_chosen_leads_back_to_the_course(lms: Lms) -> None:
    page = choose(lms).finish(**{DL + "msg": "Nothing was chosen"})
    assert page.url.startswith(LmsWalker(lms.home).course_page(lms.key, "ingrid"))
    assert "Nothing was chosen" in page.text
    assert activities(lms) == []


def test_an_error_message_is_shown_as_one(lms: Lms) -> None:
    page = choose(lms).finish(**{DL + "errormsg": "<b>No rubric</b>"})
    assert 'class="note bad" role="alert">&lt;b&gt;No rubric' in page.text


def test_a_foreign_signature_is_refused(lms: Lms) -> None:
    asked = choose(lms)
    another = SigningKey.new()
    header = {"typ": "JWT", "alg": "RS256", "kid": lms.tool.key.kid}
    assert not asked.post(another.sign(asked.answer(item()))).ok
    assert not asked.post(another.sign(asked.answer(item()), header)).ok
    assert not asked.post("text").ok
    assert activities(lms) == []


def course(lms: Lms) -> Any:
    return lms.platform.world.courses["internship"]


# plain


def test_plain_offers_what_the_standard_knows(plain: Lms) -> None:
    settings = choose(plain).settings
    assert settings["accept_lineitem"] is True
    assert settings["accept_multiple"] is True
    assert settings["accept_types"] == ["ltiResourceLink"]
    assert settings["data"]


@pytest.mark.parametrize(
    "bend",
    [
        {"iss": "another"},
        {"aud": "https://another.example"},
        {"iat": int(time.time()) - 400},
        {"exp": int(time.time()) - 1},
        {"nonce": None},
        {DL + "data": None},
        {DL + "data": "made-up"},
        {CLAIM + "deployment_id": "another"},
        {CLAIM + "message_type": "LtiResourceLinkRequest"},
        {CLAIM + "version": "1.0"},
        {DL + "content_items": "text"},
    ],
)
def test_plain_checks_the_answer_in_full(plain: Lms, bend: dict[str, Any]) -> None:
    assert choose(plain).send(item(), **bend).status_code == 400
    assert activities(plain) == []


def test_an_audience_may_be_a_list(plain: Lms) -> None:
    asked = choose(plain)
    assert asked.send(item(), aud=[asked.claims["iss"], "https://other.example"]).ok


def test_plain_makes_all_of_several_at_once_with_their_dates(plain: Lms) -> None:
    due = stamp(86_400)
    choose(plain).finish(item("One", submission={"endDateTime": due}), item("Two", lineItem=None))
    one, two = activities(plain)
    assert one["due"]
    assert (one["kind"], two["kind"]) == ("assignment", "ungraded")
    assert [column["label"] for column in columns(plain)] == ["One, column"]


def test_plain_takes_one_when_several_are_switched_off(plain: Lms) -> None:
    plain.control("switches", accept_multiple=False)
    asked = choose(plain)
    assert asked.settings["accept_multiple"] is False
    assert asked.send(item("One"), item("Two")).status_code == 400
    assert asked.send(item("One")).ok


def test_plain_takes_no_answer_twice(plain: Lms) -> None:
    asked = choose(plain)
    assert asked.send(item()).ok
    assert asked.send(item()).status_code == 400
    assert len(activities(plain)) == 1


def test_plain_leaves_out_other_types_and_says_what_has_no_points(plain: Lms) -> None:
    bad = item("Bad", lineItem={"label": "x", "scoreMaximum": 0})
    page = choose(plain).finish(item("Page", type="link"), bad)
    assert activities(plain) == []
    assert "Bad: scoreMaximum must be above 0" in page.text


def test_the_post_of_the_request_is_the_walkers_to_send(plain: Lms) -> None:
    last = LmsWalker(plain.home).choose("plain", "ingrid", "ContentArea")
    assert isinstance(last, LastPost)
    assert last.address == f"{plain.tool.origin}/lti/launch"


def test_the_walker_follows_a_tools_answer_and_finds_what_was_made(lms: Lms) -> None:
    asked = choose(lms)
    token = lms.tool.key.sign(asked.answer(item()))
    lms.tool.page = (
        f'<form method="post" action="{asked.settings["deep_link_return_url"]}">'
        f'<input name="JWT" value="{token}"></form>'
    )
    last = asked.walker.choose(lms.key, "ingrid")
    assert isinstance(last, LastPost)
    page = asked.walker.follow(asked.walker.finish(last))
    assert isinstance(page, requests.Response)
    asked.walker.save_choice(page)
    lms.tool.page = ""
    (made,) = activities(lms)
    launched = asked.walker.until_last_post(lms.key, "amara", made["key"])
    assert isinstance(launched, LastPost)
