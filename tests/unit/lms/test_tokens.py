"""Access tokens: how they are asked for, whose they are, how long they are kept."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
import pytest
from sqlalchemy import event, select

from lti_tool.domain.errors import (
    KeysBlocked,
    PlatformAnswerWrong,
    PlatformUnreachable,
    ScopeMissing,
    TokenRefused,
)
from lti_tool.lms.http import Http
from lti_tool.lms.signing import public_jwks
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import AccessToken, Platform
from lti_tool.sealing import unseal
from lti_tool.services.unit import Rounds
from tests.platform_stub import PlatformStub, Reply
from tests.unit.lms.conftest import GRANTED, register

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)


def at(rounds: Rounds, http: Http, moment: datetime) -> Tokens:
    return Tokens(replace(rounds, clock=lambda: moment), http)


def assertion(rounds: Rounds, stub: PlatformStub) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of the newest assertion, its signature checked against our key set."""
    form = stub.asked_for("/token")[-1].form
    with rounds.reading() as unit:
        [key] = public_jwks(unit.session, unit.now)["keys"]
    claims: dict[str, Any] = jwt.decode(
        form["client_assertion"],
        jwt.PyJWK(key),
        ["RS256"],
        options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
    )
    return jwt.get_unverified_header(form["client_assertion"]), claims


def test_a_token_is_asked_for_with_a_signed_assertion(
    rounds: Rounds, http: Http, stub: PlatformStub, platform: Platform
) -> None:
    assert at(rounds, http, NOW).bearer(platform, [SCORE]) == "t-1"
    form = stub.asked_for("/token")[0].form
    assert form.pop("client_assertion")
    assert form == {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "scope": SCORE,
    }
    header, claims = assertion(rounds, stub)
    assert header["alg"] == "RS256"
    assert header["kid"]
    assert claims.pop("jti")
    issued = int(NOW.timestamp()) - 5
    assert claims == {
        "iss": "client-1",
        "sub": "client-1",
        "aud": stub.url("/token"),
        "iat": issued,
        "exp": issued + 300,
    }


def test_the_audience_an_administrator_gave_is_used(
    rounds: Rounds, tokens: Tokens, stub: PlatformStub, platform: Platform
) -> None:
    platform.auth_audience = "https://auth.example.org"
    tokens.bearer(platform, [SCORE])
    assert assertion(rounds, stub)[1]["aud"] == "https://auth.example.org"


def test_no_assertion_is_used_twice(
    rounds: Rounds, tokens: Tokens, stub: PlatformStub, platform: Platform
) -> None:
    tokens.bearer(platform, [SCORE])
    first = assertion(rounds, stub)[1]["jti"]
    tokens.bearer(platform, [ROSTER])
    assert assertion(rounds, stub)[1]["jti"] != first


def test_a_token_is_kept_and_shared_by_workers(
    rounds: Rounds, http: Http, stub: PlatformStub, platform: Platform
) -> None:
    for _ in range(2):
        assert Tokens(rounds, http).bearer(platform, [ROSTER, SCORE]) == "t-1"
        assert Tokens(rounds, http).bearer(platform, [SCORE, ROSTER]) == "t-1"
    assert len(stub.asked_for("/token")) == 1


def test_a_token_about_to_end_is_renewed(
    rounds: Rounds, http: Http, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/token", GRANTED, GRANTED | {"access_token": "t-2"})
    assert at(rounds, http, NOW).bearer(platform, [SCORE]) == "t-1"
    nearly = NOW + timedelta(seconds=3600 - 61)
    assert at(rounds, http, nearly).bearer(platform, [SCORE]) == "t-1"
    assert at(rounds, http, nearly + timedelta(seconds=2)).bearer(platform, [SCORE]) == "t-2"


def test_a_token_said_to_last_for_ever_is_kept_for_a_day(
    rounds: Rounds, http: Http, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/token", GRANTED | {"expires_in": 10**20}, GRANTED | {"access_token": "t-2"})
    assert at(rounds, http, NOW).bearer(platform, [SCORE]) == "t-1"
    assert at(rounds, http, NOW + timedelta(days=1)).bearer(platform, [SCORE]) == "t-2"


def test_a_token_is_never_used_for_another_registration(
    rounds: Rounds, tokens: Tokens, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/token", GRANTED, GRANTED | {"access_token": "of-client-2"})
    other = register(rounds, stub, "client-2", "other")
    assert other.issuer == platform.issuer
    assert tokens.bearer(platform, [SCORE]) == "t-1"
    assert tokens.bearer(other, [SCORE]) == "of-client-2"
    assert tokens.bearer(platform, [SCORE]) == "t-1"


def test_a_forgotten_token_is_asked_for_again(
    tokens: Tokens, stub: PlatformStub, platform: Platform
) -> None:
    tokens.bearer(platform, [SCORE])
    tokens.forget(platform, [SCORE], "t-1")
    tokens.bearer(platform, [SCORE])
    assert len(stub.asked_for("/token")) == 2


def test_a_token_that_took_the_place_of_a_refused_one_is_kept(
    tokens: Tokens, stub: PlatformStub, platform: Platform
) -> None:
    tokens.bearer(platform, [SCORE])
    tokens.forget(platform, [SCORE], "the one before")
    tokens.bearer(platform, [SCORE])
    assert len(stub.asked_for("/token")) == 1


def test_a_token_is_stored_sealed(rounds: Rounds, tokens: Tokens, platform: Platform) -> None:
    tokens.bearer(platform, [SCORE])
    with rounds.reading() as unit:
        row = unit.session.scalars(select(AccessToken)).one()
    assert row.token != b"t-1"
    assert unseal(rounds.settings, row.token) == b"t-1"
    assert row.granted == [SCORE]


def test_json_called_html_is_still_json(
    tokens: Tokens, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/token", Reply(GRANTED, headers={"Content-Type": "text/html; charset=utf-8"}))
    assert tokens.bearer(platform, [SCORE]) == "t-1"


def canvas(description: str) -> dict[str, str]:
    """How canvas-lms refuses a token: lib/canvas/oauth."""
    return {"error": "invalid_request", "error_description": description}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply("<!DOCTYPE html><h1>Error", 404), KeysBlocked),
        (Reply("<html>Sign in"), KeysBlocked),
        (Reply("403 Forbidden (Rate Limit Exceeded)", 403), PlatformAnswerWrong),
        (Reply("", 408), PlatformAnswerWrong),
        (Reply({"error": "invalid_client"}, 400), TokenRefused),
        (Reply({"error": "invalid_client"}, 401), TokenRefused),
        (Reply(canvas("the 'iat' must not be in the future"), 400), TokenRefused),
        (Reply(canvas("JWS signature invalid."), 400), KeysBlocked),
        (Reply(canvas("JWK Error: Invalid JSON"), 400), KeysBlocked),
        (Reply({"error": "invalid_scope"}, 400), ScopeMissing),
        (Reply(GRANTED | {"scope": ROSTER}), ScopeMissing),
        (Reply("<h1>Bad gateway", 502), PlatformAnswerWrong),
        (Reply({}, 429), PlatformAnswerWrong),
        (Reply({}), PlatformAnswerWrong),
        (Reply([]), PlatformAnswerWrong),
        (Reply({"access_token": ["x"]}), PlatformAnswerWrong),
        (Reply(GRANTED | {"access_token": "t\u03a9"}), PlatformAnswerWrong),
        (Reply(GRANTED | {"access_token": "t\ud800"}), PlatformAnswerWrong),
        (Reply(GRANTED | {"access_token": "t\r\nHost: elsewhere"}), PlatformAnswerWrong),
        (Reply(GRANTED | {"scope": f"{SCORE} \x00"}), PlatformAnswerWrong),
        (Reply(GRANTED | {"expires_in": "soon"}), PlatformAnswerWrong),
        (Reply("nonsense"), PlatformAnswerWrong),
        (Reply(raw=lambda handler: None), PlatformUnreachable),
    ],
)
def test_why_there_is_no_token(
    tokens: Tokens, stub: PlatformStub, platform: Platform, reply: Reply, error: type[Exception]
) -> None:
    stub.answers("/token", reply, GRANTED)
    with pytest.raises(error) as caught:
        tokens.bearer(platform, [SCORE])
    assert type(caught.value) is error
    assert tokens.bearer(platform, [SCORE]) == "t-1", "a failure is not kept"


def test_without_a_token_nothing_that_matters_was_sent(
    tokens: Tokens, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/token", Reply(raw=lambda handler: None))
    with pytest.raises(PlatformUnreachable) as caught:
        tokens.bearer(platform, [SCORE])
    assert not caught.value.sent_maybe


def test_a_token_sealed_under_a_lost_secret_is_asked_for_anew(
    rounds: Rounds, http: Http, stub: PlatformStub, platform: Platform
) -> None:
    Tokens(rounds, http).bearer(platform, [SCORE])
    with rounds.work() as unit:
        unit.session.scalars(select(AccessToken)).one().token = b"sealed elsewhere"
    assert Tokens(rounds, http).bearer(platform, [SCORE]) == "t-1"
    assert len(stub.asked_for("/token")) == 2


def test_a_token_at_hand_is_not_read_for_each_call_until_it_is_refused(
    rounds: Rounds, tokens: Tokens, stub: PlatformStub, platform: Platform
) -> None:
    read: list[str] = []
    event.listen(rounds.engine, "before_cursor_execute", lambda *told: read.append(told[2]))
    for _ in range(3):
        assert tokens.bearer(platform, [SCORE]) == "t-1"
    read.clear()
    assert tokens.bearer(platform, [SCORE]) == "t-1"
    assert read == []
    stub.answers("/token", GRANTED | {"access_token": "t-2"})
    tokens.forget(platform, [SCORE], "t-1")
    assert tokens.bearer(platform, [SCORE]) == "t-2"


def test_threads_that_want_the_same_token_share_one_fetch(
    tokens: Tokens, stub: PlatformStub, platform: Platform
) -> None:
    asking = threading.Semaphore(0)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(4):  # no answer before every thread is about to ask
            assert asking.acquire(timeout=5)
        content = json.dumps(GRANTED).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def bearer(_: int) -> str:
        asking.release()
        return tokens.bearer(platform, [SCORE])

    stub.answers("/token", Reply(raw=reply))
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(bearer, range(4))) == {"t-1"}
    assert len(stub.asked_for("/token")) == 1


def test_a_new_token_is_asked_for_although_one_is_kept(
    tokens: Tokens, stub: PlatformStub, platform: Platform
) -> None:
    tokens.bearer(platform, [SCORE])
    stub.answers("/token", GRANTED | {"access_token": "t-2"})
    assert tokens.ask(platform, [SCORE]) == "t-2"
    assert tokens.bearer(platform, [SCORE]) == "t-2"
