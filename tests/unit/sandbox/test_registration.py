"""Dynamic registration in the plain flavour, and what every flavour does with a new client."""

from typing import Any

import jwt
import pytest
import requests

from lti_tool.sandbox.app import Sandbox
from tests.lms_walker import LastPost, LmsWalker
from tests.unit.sandbox.conftest import CLAIM, SCORE, Lms, StandIn
from tests.unit.sandbox.registering import TOOL, ask, bearer, document, register, send

FLAVOURS = ["canvas", "moodle", "plain"]


@pytest.fixture(params=FLAVOURS)
def lms(request: pytest.FixtureRequest, sandbox: Sandbox, stand_in: StandIn) -> Lms:
    return Lms(sandbox, request.param, stand_in)


def state(lms: Lms) -> Any:
    return requests.get(f"{lms.home}/control/state.json", timeout=5).json()[lms.key]


# every flavour


def test_the_configuration_leads_to_the_sandbox_and_is_served_where_the_issuer_is(
    lms: Lms,
) -> None:
    invited = lms.control("invite")
    address = invited["openid_configuration"]
    found = ask(address, invited["registration_token"]).json()
    assert address.startswith(found["issuer"] + "/")
    assert found["registration_endpoint"] == lms.platform.address("registration")
    assert found["token_endpoint"] == lms.platform.address("token")
    assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]


def test_a_registered_tool_takes_the_place_of_the_one_before(lms: Lms) -> None:
    before = lms.platform.client.client_id
    answered = register(lms).json()
    lms.control("review", active=True)
    claims = lms.claims("amara")
    assert claims["aud"] == answered["client_id"] != before
    assert claims[CLAIM + "deployment_id"] == lms.platform.client.deployments[0]
    assert claims[CLAIM + "custom"]["timezone"] in ("Europe/Vienna", "99")
    assert lms.score().ok
    lms.control("clear")
    assert lms.platform.client.client_id == before


def test_the_state_tells_the_document_as_it_came(lms: Lms) -> None:
    register(lms)
    assert state(lms)["client"]["document"] == document(lms)


def test_only_registered_redirect_addresses_are_taken_and_any_of_them(lms: Lms) -> None:
    uris = [f"{lms.tool.origin}/elsewhere", f"{lms.tool.origin}/lti/launch"]
    register(lms, redirect_uris=uris)
    lms.control("review", active=True)
    lms.tool.bend["redirect_uri"] = uris[0]
    assert lms.last_post("amara").address == uris[0]


def test_the_tool_opens_where_it_asked_to_be_opened(lms: Lms) -> None:
    target = f"{lms.tool.origin}/lti/launch?from=registration"
    register(lms, {"target_link_uri": target})
    lms.control("review", active=True)
    assert lms.claims("amara")[CLAIM + "target_link_uri"] == target


def test_a_token_of_another_school_forged_or_too_old_is_401(lms: Lms, sandbox: Sandbox) -> None:
    other = Lms(sandbox, "canvas-second", lms.tool)
    foreign = other.control("invite")["registration_token"]
    assert send(lms, foreign, document(lms)).status_code == 401
    token = lms.control("invite")["registration_token"]
    ring = lms.platform.keys
    claims = jwt.decode(token, options={"verify_signature": False})
    forged = ring.foreign.sign(claims, {"alg": "RS256", "kid": ring.present.kid})
    assert send(lms, forged, document(lms)).status_code == 401
    lms.control("switches", clock_offset=3601)
    assert send(lms, token, document(lms)).status_code == 401
    assert send(lms, "", document(lms)).status_code == 401


def test_the_walker_registers_as_an_administrator_does(lms: Lms) -> None:
    seen: list[str] = []

    def registration(configuration: str, token: str) -> str:
        endpoint = ask(configuration, token).json()["registration_endpoint"]
        headers = bearer(token)
        answered = requests.post(endpoint, json=document(lms), headers=headers, timeout=5)
        seen.append(answered.json()["client_id"])
        return "<p>Registered</p>"

    lms.tool.registration = registration
    ended = LmsWalker(lms.home).register(lms.key, f"{lms.tool.origin}/lti/register?code=1")
    assert "Registered" in ended.text
    assert "code=1&" in ended.url
    assert seen == [lms.platform.client.client_id]


def test_the_administrators_form_keeps_what_is_ticked(lms: Lms) -> None:
    register(lms)
    address = lms.platform.address("admin")
    assert "Stand-in" in requests.get(address, timeout=5).text
    form = {"active": "1", "scope": SCORE, "privacy": "anonymous"}
    assert requests.post(address, data=form, timeout=5).ok
    switches = lms.platform.switches
    assert (switches.scopes, switches.privacy) == ([SCORE], "anonymous")
    assert lms.platform.client.active
    assert lms.platform.client.placements == []
    foreign = requests.post(address, data=form, headers={"Origin": "https://x.test"}, timeout=5)
    assert foreign.status_code == 403


def test_only_web_addresses_are_opened(lms: Lms) -> None:
    address = lms.platform.address("register")
    assert requests.get(address, params={"url": "javascript:1"}, timeout=5).status_code == 400


# plain


def test_plain_registers_by_the_standard(plain: Lms) -> None:
    token = plain.control("invite")["registration_token"]
    made = send(plain, token, document(plain))
    assert made.status_code == 201
    answered = made.json()
    assert "contextgroup" not in answered["scope"]
    assert answered[TOOL]["deployment_id"] == plain.platform.client.deployments[0]
    assert answered["client_name"] == "Stand-in"
    assert plain.last_post("amara").fields["id_token"]
    assert send(plain, token, document(plain)).status_code == 401


def test_plain_grants_what_was_asked_for_and_no_more(plain: Lms) -> None:
    assert register(plain, scope=SCORE).json()["scope"] == SCORE
    assert plain.platform.switches.scopes == [SCORE]


@pytest.mark.parametrize(
    ("bend", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"application_type": "native"}, "invalid_client_metadata"),
        ({TOOL: None}, "invalid_client_metadata"),
        ({TOOL: "text"}, "invalid_client_metadata"),
        ({"tool": {"messages": ["text"]}}, "invalid_client_metadata"),
        ({"tool": {"target_link_uri": None}}, "invalid_client_metadata"),
    ],
)
def test_plain_refuses_with_the_standards_errors(
    plain: Lms, bend: dict[str, Any], error: str
) -> None:
    answered = register(plain, bend.pop("tool", None), **bend)
    assert (answered.status_code, answered.json()["error"]) == (400, error)
    assert plain.platform.client.document is None


def test_plain_tells_its_configuration_to_anybody(plain: Lms) -> None:
    assert ask(plain.control("invite")["openid_configuration"]).ok


def test_a_failed_registration_may_be_ordered(plain: Lms) -> None:
    plain.control("fault", where="registration", status=503)
    assert register(plain).status_code == 503
    plain.control("fault", where="openid_configuration", status=500)
    assert ask(plain.control("invite")["openid_configuration"]).status_code == 500


def test_the_administrators_drops_reach_the_launch(plain: Lms) -> None:
    register(plain)
    plain.control("review", privacy="anonymous", drop_scopes=[SCORE])
    last = plain.last_post("amara")
    assert isinstance(last, LastPost)
    assert "name" not in plain.claims("amara")
    assert plain.ask_token(SCORE).status_code == 400
