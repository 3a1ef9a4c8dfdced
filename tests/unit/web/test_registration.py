"""The page that redeems a one-time code, the configuration that is pasted, and the invitation."""

import json
import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from structlog.testing import capture_logs

from lti_tool.models.platform import Platform
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings
from lti_tool.web.registration import LACKING, LEFT_TO_DO
from tests.platform_stub import Reply
from tests.registering_lms import (
    SCOPES,
    TOKEN,
    TOOL,
    invite,
    open_registration,
    registering_lms,
)
from tests.stand_in import code_of

PRODUCTS = {"canvas": "canvas", "moodle": "moodle", "unheard-of": "other"}


def words(page: str) -> str:
    """The text of a page, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


# -- The page --------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", PRODUCTS)
def test_opening_the_address_registers_the_lms(
    family: str, client: FlaskClient, rounds: Rounds, settings: Settings
) -> None:
    with registering_lms(family) as lms:
        answer = open_registration(client, invite(rounds), lms.address)
        assert answer.status_code == 200
        assert "Rounds is registered" in answer.text
        sent = lms.asked.document
        (platform,) = rows(rounds)
        assert (platform.product, platform.issuer) == (PRODUCTS[family], lms.stub.url(""))
    origin = settings.origin
    assert sent["redirect_uris"] == [f"{origin}/lti/launch"]
    assert sent["initiate_login_uri"] == f"{origin}/lti/login"
    for address in (sent["jwks_uri"], sent["logo_uri"]):
        assert client.get(address.removeprefix(origin)).status_code in (200, 503), address
    assert sent[TOOL]["target_link_uri"] == f"{origin}/lti/launch"


def rows(rounds: Rounds) -> list[Platform]:
    with rounds.reading() as unit:
        return list(unit.session.scalars(select(Platform)))


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ("moodle", ["pending", "activity chooser", "outgoing calls", "/lti/jwks.json"]),
        ("canvas", ["Switch it on", "privacy level", "menu of a course"]),
        ("unheard-of", ["Switch it on", "Try it"]),
    ],
)
def test_the_page_says_what_is_left_to_do(
    family: str, said: list[str], client: FlaskClient, rounds: Rounds
) -> None:
    with registering_lms(family) as lms:
        page = words(open_registration(client, invite(rounds), lms.address).text)
    for word in said:
        assert word in page


def test_the_page_says_what_was_not_granted_and_what_follows(
    client: FlaskClient, rounds: Rounds
) -> None:
    with registering_lms() as lms:
        lms.grants(scope=" ".join(SCOPES[1:]))
        page = words(open_registration(client, invite(rounds), lms.address).text)
        assert "The LMS did not grant everything" in page
        assert "Grades cannot be sent." in page
        assert "Interns are not listed" not in page
        lms.grants(scope=None)
        page = words(open_registration(client, invite(rounds), lms.address).text)
        assert "The LMS did not grant everything" not in page


def test_there_are_words_for_all_that_may_be_left_or_lacking() -> None:
    from lti_tool.lms.products.asks import Ability, Step

    assert set(LEFT_TO_DO) == set(Step)
    assert set(LACKING) == set(Ability)


def test_a_name_from_the_lms_cannot_become_markup(client: FlaskClient, rounds: Rounds) -> None:
    with registering_lms() as lms:
        lms.grants(client_id='"><img src=x onerror=alert(1)>', deployment_id="<script>")
        page = open_registration(client, invite(rounds), lms.address).text
    assert "<img src=x" not in page
    assert "<script>" not in page


def test_the_page_may_stand_in_any_frame_and_keeps_its_address_to_itself(
    client: FlaskClient, rounds: Rounds
) -> None:
    with registering_lms() as lms:
        answer = open_registration(client, invite(rounds), lms.address)
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert "<form" not in answer.text


def test_neither_code_nor_token_is_on_the_page_or_in_the_log(
    client: FlaskClient, rounds: Rounds
) -> None:
    code = invite(rounds)
    with registering_lms() as lms, capture_logs() as lines:
        good = open_registration(client, code, lms.address).text
        used = open_registration(client, code, lms.address).text
    told = good + used + json.dumps(lines)
    assert code not in told
    assert TOKEN not in told
    assert "in-the-query" not in told
    assert [(line["event"], line["code"]) for line in lines] == [
        ("registration", "ok"),
        ("registration", "invitation-used"),
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "registration-malformed"),
        ({"openid_configuration": "https://lms.example.edu/"}, "registration-malformed"),
        ({"code": "c" * 32}, "registration-malformed"),
        (
            {"code": "c" * 32, "openid_configuration": "ftp://lms.example.edu/"},
            "registration-malformed",
        ),
        (
            {"code": "c" * 32, "openid_configuration": "https://lms.example.edu/\r\nX: y"},
            "registration-malformed",
        ),
        (
            {"code": "c" * 32, "openid_configuration": "https://" + "a" * 10_000},
            "registration-malformed",
        ),
        (
            {
                "code": "c" * 32,
                "openid_configuration": "https://lms.example.edu/",
                "registration_token": "a\nb",
            },
            "registration-malformed",
        ),
        (
            {"code": "c" * 32, "openid_configuration": "https://lms.example.edu/"},
            "invitation-unknown",
        ),
    ],
)
def test_an_address_that_no_lms_opened_is_refused_in_words(
    query: dict[str, str], code: str, client: FlaskClient
) -> None:
    answer = client.get("/lti/register", query_string=query)
    assert answer.status_code in (400, 403)
    assert code_of(answer) == code


def test_a_refusal_shows_nothing_of_what_was_fetched(client: FlaskClient, rounds: Rounds) -> None:
    with registering_lms() as lms, capture_logs() as lines:
        lms.tells(Reply({"issuer": "https://secret-inside.example.edu", "password": "hunter2"}))
        answer = open_registration(client, invite(rounds), lms.address)
        lms.tells()
        lms.grants(Reply("hunter2", status=400))
        again = open_registration(client, invite(rounds), lms.address)
    assert (code_of(answer), code_of(again)) == ("registration-faulty", "registration-refused")
    for told in (answer.text, again.text, json.dumps(lines)):
        assert "hunter2" not in told
        assert "secret-inside" not in told


def test_a_caller_who_guesses_is_made_to_wait(client: FlaskClient, settings: Settings) -> None:
    query = {"openid_configuration": "https://lms.example.edu/"}
    for number in range(settings.failed_tries):
        answer = client.get("/lti/register", query_string={"code": f"{number:032}", **query})
        assert answer.status_code == 403
    answer = client.get("/lti/register", query_string={"code": "x" * 32, **query})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


# -- The configuration that is pasted --------------------------------------------------------------


def test_the_pasted_configuration_has_what_canvas_reads(
    client: FlaskClient, settings: Settings
) -> None:
    answer = client.get("/lti/canvas.json")
    document = answer.get_json()
    origin = settings.origin
    assert answer.mimetype == "application/json"
    assert answer.cache_control.public
    assert answer.cache_control.max_age
    assert document["target_link_uri"] == f"{origin}/lti/launch"
    assert document["oidc_initiation_url"] == f"{origin}/lti/login"
    assert document["public_jwk_url"] == f"{origin}/lti/jwks.json"
    assert set(SCOPES) < set(document["scopes"])
    assert "https://canvas.instructure.com/lti-ags/progress/scope/show" in document["scopes"]
    assert "https://purl.imsglobal.org/spec/lti/scope/noticehandlers" in document["scopes"]
    assert document["custom_fields"] == {
        "timezone": "$Person.address.timezone",
        "context_history": "$Context.id.history",
        "membership_roles": "$Canvas.membership.roles",
        "allowed_attempts": "$Canvas.assignment.allowedAttempts",
    }
    (extension,) = document["extensions"]
    assert extension["platform"] == "canvas.instructure.com"
    assert extension["domain"] == "127.0.0.1"
    assert extension["privacy_level"] == "public"
    placements = {one["placement"]: one for one in extension["settings"]["placements"]}
    assert set(placements) == {
        "course_navigation",
        "assignment_selection",
        "submission_type_selection",
        "link_selection",
        "course_assignments_menu",
        "module_index_menu_modal",
        "module_menu_modal",
    }
    assert placements.pop("course_navigation")["message_type"] == "LtiResourceLinkRequest"
    assert {one["message_type"] for one in placements.values()} == {"LtiDeepLinkingRequest"}
    icon = client.get(extension["settings"]["icon_url"].removeprefix(origin))
    assert icon.mimetype == "image/png"
    assert icon.data.startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["moodle", "other", "unheard-of"])
def test_there_is_nothing_to_paste_for_others(name: str, client: FlaskClient) -> None:
    assert client.get(f"/lti/{name}.json").status_code == 404


def test_the_keys_keep_their_address(client: FlaskClient) -> None:
    """`/lti/jwks.json` has the shape of the address above."""
    assert client.get("/lti/jwks.json").get_json().keys() <= {"keys"}


def test_what_was_registered_can_begin_a_login(client: FlaskClient, rounds: Rounds) -> None:
    with registering_lms() as lms:
        open_registration(client, invite(rounds), lms.address)
        login = {
            "iss": lms.stub.url(""),
            "client_id": "rounds-at-lms",
            "login_hint": "7",
            "target_link_uri": lms.asked.document["redirect_uris"][0],
        }
        answer = client.post("/lti/login", data=login, headers={"Sec-Fetch-Dest": "document"})
        assert answer.status_code == 302
        assert answer.location.startswith(lms.stub.url("/auth"))
