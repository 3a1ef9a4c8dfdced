"""The login: what goes to the LMS and what never does, and the look for cookies before it."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from lti_tool.services.launches import Login
from lti_tool.services.unit import Rounds
from lti_tool.web.parked import park
from tests import factories
from tests.stand_in import FRAMED, HINT, ISSUER, TOP_LEVEL, StandIn, code_of

PARAMETERS = {
    "scope",
    "response_type",
    "response_mode",
    "prompt",
    "client_id",
    "redirect_uri",
    "login_hint",
    "lti_message_hint",
    "state",
    "nonce",
    "tenant",
}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_browser_goes_on_with_exactly_the_parameters_of_the_standard(
    method: str, lms: StandIn, client: FlaskClient
) -> None:
    form = lms.login_form(repost="1", foo="bar")
    where = {"query_string": form} if method == "GET" else {"data": form}
    answer = client.open("/lti/login", method=method, headers=TOP_LEVEL, **where)
    assert answer.status_code == 302
    assert answer.location.startswith(f"{ISSUER}/auth?tenant=1&")
    sent = dict(parse_qsl(urlsplit(answer.location).query))
    assert set(sent) == PARAMETERS
    assert sent["lti_message_hint"] == HINT
    assert sent["redirect_uri"] == lms.launch_url
    assert sent["scope"] == "openid"
    assert sent["prompt"] == "none"


def test_a_hint_that_did_not_come_does_not_go_out(lms: StandIn, client: FlaskClient) -> None:
    assert "lti_message_hint" not in lms.login(client, lti_message_hint=None)


@pytest.mark.parametrize("client_id", ["someone-else", None])
def test_a_platform_is_known_by_issuer_and_client(
    client_id: str | None, lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    """Without a client id one registration is found, two are not told apart."""
    if client_id is None:
        lms.login(client, client_id=None)
        with rounds.work() as unit:
            factories.platform(unit.session, issuer=ISSUER, client_id="a-second")
    answer = client.post("/lti/login", data=lms.login_form(client_id=client_id), headers=TOP_LEVEL)
    assert (answer.status_code, code_of(answer)) == (403, "platform-unknown")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/lti/launch",
        "/lti/launch",
        "ORIGIN",
        "ORIGIN/lti/launchpad",
        "ORIGIN/lti/login",
        "ORIGIN@evil.example/lti/launch",
        "ORIGIN\\@evil.example/lti/launch",
        "https://tool.example\\lti/launch",
        "javascript:alert(1)",
    ],
)
def test_no_foreign_target_is_accepted(target: str, lms: StandIn, client: FlaskClient) -> None:
    target = target.replace("ORIGIN", lms.rounds.settings.origin)
    form = lms.login_form(target_link_uri=target)
    answer = client.post("/lti/login", data=form, headers=TOP_LEVEL)
    assert (answer.status_code, code_of(answer)) == (400, "target-foreign")
    assert "evil" not in answer.text


def test_addresses_follow_the_settings_whatever_the_request_says(
    lms: StandIn, client: FlaskClient
) -> None:
    headers = {
        **TOP_LEVEL,
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    answer = client.post("/lti/login", data=lms.login_form(), headers=headers)
    assert "evil" not in answer.location
    looked = client.post(
        "/lti/login?_external=1&_scheme=x", data=lms.login_form(), headers={"Host": "evil.example"}
    )
    assert looked.location.startswith("/lti/login?")


@pytest.mark.parametrize(
    ("written", "proper"),
    [("/s/" + "0" * 32 + "?q=1", "/s/" + "0" * 32 + "/?q=1"), ("/verify//x", "/verify/x")],
)
def test_a_slash_too_many_or_too_few_leads_to_no_other_host(
    written: str, proper: str, client: FlaskClient
) -> None:
    answer = client.get(written, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, proper)


def test_sixty_aborted_logins_leave_small_cookies_for_the_launch_alone(
    lms: StandIn, client: FlaskClient
) -> None:
    for _ in range(60):
        asked = lms.login(client)
    cookies = [c for c in client._cookies.values() if c.path == "/lti/launch"]
    assert len(cookies) == 60
    assert sum(len(c.key) + len(c.value) + 3 for c in cookies) < 4096
    assert lms.post(client, asked, lms.sign(lms.claims(asked))).status_code == 303


# -- The look for cookies --------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [FRAMED, {}])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_frame_is_looked_at_once_and_goes_on_when_cookies_come_back(
    method: str, headers: dict[str, str], lms: StandIn, client: FlaskClient
) -> None:
    form = lms.login_form()
    where = {"query_string": form} if method == "GET" else {"data": form}
    look = client.open("/lti/login", method=method, headers=headers, **where)
    assert look.status_code == 307
    assert "looked=1" in look.location
    assert ("login_hint" in look.location) == (method == "GET"), "a post stays out of addresses"
    cookie = look.headers["Set-Cookie"]
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=None", "Partitioned"))
    where = {} if method == "GET" else where
    again = client.open(look.location, method=method, headers=headers, **where)
    assert again.status_code == 302
    assert again.location.startswith(ISSUER)
    assert lms_hint(again.location) == HINT
    straight = client.post("/lti/login", data=form, headers=headers)
    assert straight.status_code == 302, "the look is taken once per browser"


def test_without_cookies_a_window_is_offered_before_the_hint_is_spent(
    lms: StandIn, rounds: Rounds, client: FlaskClient
) -> None:
    form = lms.login_form()
    no_cookies = client.application.test_client(use_cookies=False)
    look = no_cookies.post("/lti/login", data=form, headers=FRAMED)
    offer = no_cookies.post(look.location, data=form, headers=FRAMED)
    assert offer.status_code == 200
    assert "Open Rounds in its own window" in offer.text
    assert "<form" not in offer.text
    assert "<input" not in offer.text
    assert "ltilaunch1" not in offer.text
    assert "frame-ancestors *" in offer.headers["Content-Security-Policy"]
    _, _, rest = offer.text.partition('class="btn go" href="')
    address = rest.partition('"')[0]
    assert 'target="_blank"' in rest.partition(">")[0]
    begun = client.get(address, headers=TOP_LEVEL)
    assert begun.status_code == 302
    assert lms_hint(begun.location) == HINT
    assert client.get(address.replace("parked=", "parked=x"), headers=TOP_LEVEL).status_code == 400


def test_a_login_waits_for_its_window_no_longer_than_a_login_may_take(
    rounds: Rounds, client: FlaskClient
) -> None:
    login = Login(ISSUER, "3", "https://tool.example/lti/launch")
    late = rounds.clock() - timedelta(seconds=rounds.settings.login_seconds + 2)
    words = {
        "old": park(login, rounds.settings.secret_key, late),
        "another's": park(login, "of another installation" * 2, rounds.clock()),
        "none": "",
    }
    for word in words.values():
        answer = client.get("/lti/login", query_string={"parked": word}, headers=TOP_LEVEL)
        assert (answer.status_code, code_of(answer)) == (400, "login-expired")


def lms_hint(location: str) -> str:
    return dict(parse_qsl(urlsplit(location).query))["lti_message_hint"]
