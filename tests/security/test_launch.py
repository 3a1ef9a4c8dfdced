"""The launch: one browser, one login, one token, once; and nothing of it can be swapped."""

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pytest
import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient
from jwt.utils import base64url_encode
from sqlalchemy import func, select
from structlog.testing import capture_logs

from lti_tool.models.launch import LaunchSession
from lti_tool.models.platform import Deployment, Platform
from lti_tool.services.unit import Rounds
from tests import factories
from tests.stand_in import CLIENT_ID, ISSUER, LTI, StandIn, code_of, public_jwk, rsa_key

DEEP_LINK = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
SECRETS = ("Helen", "Brandt", "a6d5c443", "lms.example.edu/course", "ltilaunch1")


def sessions(rounds: Rounds) -> int:
    with rounds.reading() as unit:
        return unit.session.scalar(select(func.count()).select_from(LaunchSession)) or 0


def test_a_launch_is_good_once(lms: StandIn, client: FlaskClient, rounds: Rounds) -> None:
    asked = lms.login(client)
    token = lms.sign(lms.claims(asked))
    cookie = client._cookies.copy()
    assert lms.post(client, asked, token).status_code == 303
    client._cookies.update(cookie)
    again = lms.post(client, asked, token)
    assert (again.status_code, code_of(again)) == (409, "launch-used")
    assert "had already been used" in again.text
    assert sessions(rounds) == 1


def test_a_refused_launch_uses_its_login_up_too(lms: StandIn, client: FlaskClient) -> None:
    asked = lms.login(client)
    assert code_of(lms.post(client, asked, "a.b.c")) == "token-unreadable"
    good = lms.post(client, asked, lms.sign(lms.claims(asked)))
    assert code_of(good) == "launch-used"


def test_another_browser_is_refused_and_uses_nothing_up(lms: StandIn, client: FlaskClient) -> None:
    asked = lms.login(client)
    token = lms.sign(lms.claims(asked))
    other = lms.post(client.application.test_client(), asked, token)
    assert (other.status_code, code_of(other)) == (403, "browser-unproven")
    assert lms.post(client, asked, token).status_code == 303


def test_the_cookie_must_be_the_one_of_this_state(lms: StandIn, client: FlaskClient) -> None:
    asked = lms.login(client)
    other = client.application.test_client()
    lms.login(other)
    for cookie in list(client._cookies.values()):
        other.set_cookie(cookie.key, "wrong", path="/lti/launch")
    answer = lms.post(other, asked, lms.sign(lms.claims(asked)))
    assert code_of(answer) == "browser-unproven"


def test_a_state_nobody_gave_out_is_unknown(lms: StandIn, client: FlaskClient) -> None:
    asked = lms.login(client) | {"state": "A" * 22}
    from lti_tool.web.lti import _state_cookie

    client.set_cookie(_state_cookie("A" * 22), "A" * 22, path="/lti/launch")
    answer = lms.post(client, asked, lms.sign(lms.claims(asked)))
    assert (answer.status_code, code_of(answer)) == (400, "login-unknown")


def test_the_state_of_one_login_does_not_take_the_token_of_another(
    lms: StandIn, client: FlaskClient
) -> None:
    one, two = lms.login(client), lms.login(client)
    answer = lms.post(client, one, lms.sign(lms.claims(two)))
    assert (answer.status_code, code_of(answer)) == (403, "nonce-wrong")


def test_a_login_of_one_client_does_not_take_the_token_of_another(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    with rounds.work() as unit:
        second = factories.platform(
            unit.session, issuer=ISSUER, client_id="rounds-2", jwks_url=lms.keys.url
        )
    asked = lms.login(client)
    claims = replace(lms, platform=second).claims(asked)
    answer = lms.post(client, asked, lms.sign(claims))
    assert (answer.status_code, code_of(answer)) == (401, "token-not-for-us")


def test_a_launch_that_comes_too_late_is_refused(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    asked = lms.login(client)
    late = replace(rounds, clock=lambda: rounds.clock() + rounds_lag(rounds))
    client.application.extensions["rounds"] = late
    answer = lms.post(client, asked, lms.sign(lms.claims(asked)))
    assert (answer.status_code, code_of(answer)) == (400, "login-expired")


def rounds_lag(rounds: Rounds) -> Any:
    from datetime import timedelta

    return timedelta(seconds=rounds.settings.login_seconds + 1)


NOW = time.time()
WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "issuer": ("token-not-for-us", {"iss": ISSUER + "/"}),
    "audience": ("token-not-for-us", {"aud": "someone-else"}),
    "audience with a stranger": ("token-not-for-us", {"aud": [CLIENT_ID, "evil"]}),
    "audience of a stranger and us": (
        "token-not-for-us",
        {"aud": ["evil", CLIENT_ID], "azp": CLIENT_ID},
    ),
    "no audience at all": ("token-not-for-us", {"aud": []}),
    "audience a number": ("token-not-for-us", {"aud": 7}),
    "authorised party": ("token-not-for-us", {"azp": "evil"}),
    "target": ("target-changed", {"target_link_uri": "https://evil.example/"}),
    "no target": ("claim-missing", {"target_link_uri": None}),
    "old although it expires tomorrow": ("launch-expired", {"iat": NOW - 604800, "exp": NOW + 9e4}),
    "nonce a list": ("claims-malformed", {"nonce": ["x"]}),
    "exp a text": ("claims-malformed", {"exp": "tomorrow"}),
    "exp true": ("claims-malformed", {"exp": True}),
    "exp huge": ("claims-malformed", {"exp": 10**400}),
    "iat a list": ("claims-malformed", {"iat": []}),
    "sub a number": ("claims-malformed", {"sub": 3}),
    "sub too long": ("claims-malformed", {"sub": "x" * 256}),
    "sub with NUL": ("claims-malformed", {"sub": "a\x00b"}),
    "name with half a character": ("claims-malformed", {"name": "\ud800"}),
    "deployment not ASCII": ("claims-malformed", {"deployment_id": "é"}),
    "roles a text": ("claims-malformed", {"roles": "Instructor"}),
    "roles of numbers": ("claims-malformed", {"roles": [1]}),
    "resource link a text": ("claims-malformed", {"resource_link": "x"}),
    "resource link id a list": ("claims-malformed", {"resource_link": {"id": ["x"]}}),
    "context a list": ("claims-malformed", {"context": []}),
    "context without id": ("claim-missing", {"context": {"title": "x"}}),
    "return address is script": (
        "claims-malformed",
        {"launch_presentation": {"return_url": "javascript:alert(1)"}},
    ),
    "custom a list": ("claims-malformed", {LTI + "custom": []}),
    "an unknown message": ("message-unsupported", {"message_type": "LtiStartProctoring"}),
    "deep linking without settings": (
        "claim-missing",
        {"message_type": "LtiDeepLinkingRequest"},
    ),
    "a review of nobody": ("claim-missing", {"message_type": "LtiSubmissionReviewRequest"}),
    "a review of someone without an id": (
        "claim-missing",
        {"message_type": "LtiSubmissionReviewRequest", LTI + "for_user": {"name": "Amara"}},
    ),
    "a deep link back to a script": (
        "claims-malformed",
        {
            "message_type": "LtiDeepLinkingRequest",
            DEEP_LINK: {"deep_link_return_url": "javascript:alert(1)", "accept_types": []},
        },
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_token_that_says_something_wrong_is_refused(
    name: str, lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    code, changes = WRONG[name]
    answer = lms.launch(client, **changes)
    assert (code_of(answer), answer.status_code // 100) == (code, 4)
    assert "evil" not in answer.text
    assert sessions(rounds) == 0


def hs256_with_the_public_key(lms: StandIn, claims: dict[str, Any]) -> str:
    """PyJWT would not make one: header and content are signed here by hand."""
    parts = [{"alg": "HS256", "kid": "first"}, claims]
    signed = b".".join(base64url_encode(json.dumps(part).encode()) for part in parts)
    pem = (
        rsa_key("first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return (signed + b"." + base64url_encode(hmac.digest(pem, signed, "sha256"))).decode()


FORGED: dict[str, tuple[str, Callable[[StandIn, dict[str, Any]], str]]] = {
    "by another key": ("token-forged", lambda lms, claims: lms.sign(claims, key="evil")),
    "unsigned": ("token-unreadable", lambda lms, claims: jwt.encode(claims, None, "none")),
    "with the public key as a secret": ("token-unreadable", hs256_with_the_public_key),
    "bringing its key along": (
        "token-forged",
        lambda lms, claims: lms.sign(claims, key="evil", jwk=public_jwk("first", "evil")),
    ),
    "bringing the address of its keys along": (
        "token-forged",
        lambda lms, claims: lms.sign(claims, key="evil", jku=lms.keys.url + "/evil"),
    ),
    "content is a list": ("token-unreadable", lambda lms, claims: lms.sign([claims])),
    "content is no JSON": ("token-unreadable", lambda lms, claims: lms.sign(b"\xff{")),
    "content is nested deeply": (
        "token-unreadable",
        lambda lms, claims: lms.sign(b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(name: str, lms: StandIn, client: FlaskClient) -> None:
    code, forge = FORGED[name]
    asked = lms.login(client)
    answer = lms.post(client, asked, forge(lms, lms.claims(asked)))
    assert (code_of(answer), answer.status_code // 100) == (code, 4)


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        ("login_required", "lms-login-required", 403),
        ("launch_no_longer_valid", "launch-no-longer-valid", 409),
        ("unauthorized_client", "lms-refused", 400),
        ("<script>alert(1)</script>", "lms-refused", 400),
    ],
)
def test_an_error_of_the_lms_gets_a_page(
    error: str, code: str, status: int, client: FlaskClient
) -> None:
    form = {"error": error, "error_description": "<b>evil</b>", "state": "x"}
    answer = client.post("/lti/launch", data=form)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert "evil" not in answer.text
    assert "alert" not in answer.text


def test_the_log_has_a_line_for_each_login_and_launch_and_no_personal_data(
    lms: StandIn, client: FlaskClient
) -> None:
    structlog.reset_defaults()
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        assert lms.launch(client).status_code == 303
        refused = lms.launch(client, version="1.1")
    told = [(line["event"], line["outcome"], line["code"]) for line in lines]
    assert told == [
        ("login", "accepted", "ok"),
        ("launch", "accepted", "ok"),
        ("login", "accepted", "ok"),
        ("launch", "refused", "lti-version-wrong"),
    ]
    assert lines[3]["reference"] in refused.text
    assert all({"duration_ms", "platform", "product"} <= line.keys() for line in lines)
    assert not any(secret in str(lines) for secret in SECRETS)


# -- Services named in a token ---------------------------------------------------------------------


def test_services_on_strange_hosts_are_dropped_and_known_hosts_stay_known(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    roster = {
        "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
            "context_memberships_url": "https://evil.example/roster"
        }
    }
    assert lms.launch(client, **roster).status_code == 303
    assert course_roster(rounds) is None
    own = {"context_memberships_url": "https://lms.example.edu/roster"}
    lms.launch(client, **{next(iter(roster)): own})
    assert course_roster(rounds) == "https://lms.example.edu/roster"
    lms.launch(client, **{next(iter(roster)): own, "launch_presentation": None})
    assert course_roster(rounds) == "https://lms.example.edu/roster", "used here before"
    with rounds.reading() as unit:
        assert unit.session.scalars(select(Deployment.hosts)).all() == [["lms.example.edu"]]
        assert unit.session.scalar(select(func.count()).select_from(Platform)) == 1


def course_roster(rounds: Rounds) -> str | None:
    from lti_tool.models.course import Course

    with rounds.reading() as unit:
        return unit.session.scalars(select(Course.memberships_url)).one()


def test_a_frame_policy_cannot_be_written_by_a_token(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    hostile = "https://a.example;script-src 'unsafe-inline'/x"
    assert lms.launch(client, launch_presentation={"return_url": hostile}).status_code == 303
    with rounds.reading() as unit:
        (origins,) = unit.session.scalars(select(LaunchSession.frame_origins)).all()
    assert origins == [ISSUER]
