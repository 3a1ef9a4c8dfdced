"""Dynamic registration as Canvas does it; each test is one departure."""

from typing import Any

import pytest
import requests

from lti_tool.sandbox.app import Sandbox
from tests.lms_walker import LmsWalker, Page
from tests.unit.sandbox.conftest import CLAIM, SCORE, Lms
from tests.unit.sandbox.registering import (
    DEEP_LINKING,
    PLATFORM,
    RESOURCE_LINK,
    TOOL,
    ask,
    bearer,
    document,
    register,
    send,
)

LABEL = "https://canvas.instructure.com/lti/"


def test_the_configuration_wants_the_token_in_header_and_query(canvas: Lms) -> None:
    invited = canvas.control("invite")
    address, token = invited["openid_configuration"], invited["registration_token"]
    assert ask(address, token).ok
    bare_path = address.partition("?")[0]
    for refused in (ask(address), ask(bare_path, token)):
        assert refused.status_code == 401
        assert refused.json()["errorMessage"]


def test_the_configuration_names_school_placements_and_the_sign_in(canvas: Lms) -> None:
    invited = canvas.control("invite")
    found = ask(invited["openid_configuration"], invited["registration_token"]).json()
    assert found["authorization_endpoint"].startswith(canvas.platform.origins.auth)
    assert found["registration_endpoint"].startswith(canvas.platform.origins.pages)
    about = found[PLATFORM]
    assert about["product_family_code"] == "canvas"
    assert about[LABEL + "account_name"] == canvas.platform.identity.school
    deep = next(each for each in about["messages_supported"] if each["type"] == DEEP_LINKING)
    assert LABEL + "assignment_selection" in deep["placements"]


def test_two_schools_at_one_issuer_are_told_apart_by_the_token(
    canvas: Lms, sandbox: Sandbox
) -> None:
    second = Lms(sandbox, "canvas-second", canvas.tool)
    invited = second.control("invite")
    found = ask(invited["openid_configuration"], invited["registration_token"]).json()
    assert found[PLATFORM][LABEL + "account_name"] == second.platform.identity.school
    assert found["registration_endpoint"] == second.platform.address("registration")


def test_the_answer_echoes_and_tells_the_deployment_only_when_a_flag_is_on(canvas: Lms) -> None:
    made = register(canvas)
    answered = made.json()
    assert made.status_code == 200
    assert answered["client_id"].isdigit()
    assert answered["scope"].endswith(" openid")
    assert LABEL + "registration_config_url" in answered[TOOL]
    assert "deployment_id" not in answered | answered[TOOL]
    canvas.control("switches", tell_deployment=True)
    assert register(canvas).json()["deployment_id"] == canvas.platform.client.deployments[0]


def test_a_bad_token_is_401_with_errorMessage(canvas: Lms) -> None:
    refused = send(canvas, "made-up", document(canvas))
    assert refused.status_code == 401
    assert list(refused.json()) == ["errorMessage"]


@pytest.mark.parametrize(
    ("tool", "bend"),
    [
        ({}, {"jwks_uri": None}),
        ({}, {"grant_types": ["client_credentials"]}),
        ({}, {"token_endpoint_auth_method": "client_secret_post"}),
        ({"domain": "https://tool.test"}, {}),
        ({"claims": None}, {}),
        ({LABEL + "privacy_level": "secret"}, {}),
        ({"messages": [{"type": DEEP_LINKING, "placements": ["made_up"]}]}, {}),
    ],
)
def test_a_bad_document_is_422_with_errors(
    canvas: Lms, tool: dict[str, Any], bend: dict[str, Any]
) -> None:
    refused = register(canvas, tool, **bend)
    assert refused.status_code == 422
    assert refused.json()["errors"]


def test_the_target_may_be_left_out(canvas: Lms) -> None:
    assert register(canvas, {"target_link_uri": None}).ok


def test_a_registered_tool_is_off_until_it_is_switched_on(canvas: Lms) -> None:
    register(canvas)
    page = LmsWalker(canvas.home).browser.get(
        LmsWalker(canvas.home).activity_page("canvas", "ingrid", "competencies")
    )
    assert "not switched it on" in page.text
    assert canvas.ask_token(SCORE).status_code == 400
    canvas.control("review", active=True)
    assert canvas.ask_token(SCORE).ok
    assert canvas.claims("ingrid")


def test_placements_by_bare_name_by_address_and_by_the_standards_names(canvas: Lms) -> None:
    messages = [
        {"type": DEEP_LINKING, "placements": [LABEL + "assignment_selection", "ContentArea"]},
        {"type": RESOURCE_LINK, "placements": ["course_navigation"]},
        {"type": DEEP_LINKING},
    ]
    register(canvas, {"messages": messages})
    names = [found.name for found in canvas.platform.client.placements]
    assert names == [
        "assignment_selection",
        "link_selection",
        "course_navigation",
        "link_selection",
    ]


def test_the_course_menu_opens_its_own_address_with_its_own_custom(canvas: Lms) -> None:
    target = f"{canvas.tool.origin}/lti/launch?view=menu"
    menu = {
        "type": RESOURCE_LINK,
        "placements": ["course_navigation"],
        "target_link_uri": target,
        "custom_parameters": {"from": "menu", "course": "$Canvas.course.id"},
    }
    register(canvas, {"messages": [menu]})
    canvas.control("review", active=True)
    claims = canvas.claims("ingrid", "menu")
    assert claims[CLAIM + "target_link_uri"] == target
    assert claims[CLAIM + "custom"]["from"] == "menu"
    assert claims[CLAIM + "custom"]["course"] == "12"


def test_without_the_placement_the_menu_has_no_link(canvas: Lms) -> None:
    address = canvas.platform.address("course", course="12")
    assert "Rounds in the course menu" in requests.get(address, timeout=5).text
    register(canvas)
    canvas.control("review", active=True)
    assert "Rounds in the course menu" not in requests.get(address, timeout=5).text


def test_a_menu_link_that_is_not_enabled_waits_for_a_teacher(canvas: Lms) -> None:
    menu = {
        "type": RESOURCE_LINK,
        "placements": ["course_navigation"],
        LABEL + "course_navigation/default_enabled": False,
    }
    register(canvas, {"messages": [menu]})
    canvas.control("review", active=True)
    walker = LmsWalker(canvas.home)
    page = walker.browser.get(walker.course_page("canvas", "ingrid"))
    assert "Rounds in the course menu" not in page.text
    show = next(form for form in Page(page).forms if "/navigation" in form.action)
    assert "Rounds in the course menu" in walker.submit(show).text


def test_real_placements_without_a_place_here_are_taken(canvas: Lms) -> None:
    messages = [{"type": DEEP_LINKING, "placements": ["editor_button", "module_menu_modal"]}]
    assert register(canvas, {"messages": messages}).ok


@pytest.mark.parametrize(
    ("tool", "privacy"),
    [
        ({LABEL + "privacy_level": "name_only"}, "name_only"),
        ({"claims": ["sub", "email"]}, "email_only"),
        ({"claims": ["sub"]}, "anonymous"),
    ],
)
def test_privacy_is_asked_for_or_inferred(canvas: Lms, tool: dict[str, Any], privacy: str) -> None:
    register(canvas, tool)
    assert canvas.platform.switches.privacy == privacy


def test_an_administrator_may_drop_scopes_and_placements(canvas: Lms) -> None:
    placements = ["assignment_selection", "link_selection"]
    register(canvas, {"messages": [{"type": DEEP_LINKING, "placements": placements}]})
    canvas.control("review", active=True, drop_scopes=[SCORE], drop_placements=placements[:1])
    assert canvas.ask_token(SCORE).status_code == 400
    assert [found.name for found in canvas.platform.client.placements] == placements[1:]


def test_a_token_may_register_twice(canvas: Lms) -> None:
    token = canvas.control("invite")["registration_token"]
    endpoint = canvas.platform.address("registration")
    for _ in range(2):
        assert requests.post(endpoint, json=document(canvas), headers=bearer(token), timeout=5).ok
