"""What a request says of host, scheme and caller is in nothing that Rounds sends or stores."""

import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.app import create_app
from lti_tool.db import Base
from lti_tool.models.limit import TryCount
from lti_tool.services.unit import Rounds
from lti_tool.settings import SettingsError, load_settings
from tests.stand_in import TOP_LEVEL, StandIn

FORGED = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/evil.example",
    "X-Rewrite-URL": "/evil.example",
    "Forwarded": "for=192.0.2.66;host=evil.example;proto=gopher",
}
PUBLIC = "https://rounds.example"


@pytest.fixture
def public(rounds: Rounds, environment: dict[str, str]) -> Rounds:
    """The tool behind a proxy that ends TLS: it is asked over plain http."""
    return replace(rounds, settings=load_settings(environment | {"ROUNDS_BASE_URL": PUBLIC}))


@pytest.fixture
def behind(public: Rounds, lms: StandIn) -> tuple[StandIn, FlaskClient]:
    """An LMS of that tool, and a browser whose every request is forged on the way."""
    client = create_app(public).test_client()
    return replace(lms, rounds=public), client


def test_addresses_follow_the_settings_alone(behind: tuple[StandIn, FlaskClient]) -> None:
    lms, client = behind
    headers = {**TOP_LEVEL, **FORGED}
    begun = client.post("/lti/login", data=lms.login_form(), headers=headers)
    asked = dict(parse_qsl(urlsplit(begun.location).query))
    assert asked["redirect_uri"] == f"{PUBLIC}/lti/launch"
    form = {"id_token": lms.sign(lms.claims(asked)), "state": asked["state"]}
    # The test's browser keeps cookies by host: they are brought along by hand.
    brought = begun.headers["Set-Cookie"].partition(";")[0]
    launched = client.post("/lti/launch", data=form, headers={**FORGED, "Cookie": brought})
    assert launched.status_code == 303
    assert launched.location.startswith("/s/")
    answers = [begun, launched]
    pages = ("/verify", "/nothing", "/s/x", "/lti/login")
    for path in ("/lti/jwks.json", "/lti/canvas.json", "/issuers/keys.json", *pages):
        answers.append(client.get(path, headers=FORGED))
    for answer in answers:
        told = str(answer.headers) + answer.text
        for word in ("evil", "gopher", ":666"):
            assert word not in told, answer.request.path
        for cookie in answer.headers.getlist("Set-Cookie"):
            assert "Secure" in cookie
            assert "Domain" not in cookie
    configuration = client.get("/lti/canvas.json", headers=FORGED).text
    assert f'"{PUBLIC}/lti/login"' in configuration.replace("\\/", "/")
    with lms.rounds.reading() as unit:
        for table in Base.metadata.sorted_tables:
            assert "evil" not in repr(unit.session.execute(select(table)).all())


def test_a_form_must_come_from_the_public_origin(behind: tuple[StandIn, FlaskClient]) -> None:
    lms, client = behind
    answer = client.post(
        "/verify/AAAA-BBBB-CCCC",
        data={"key": "x"},
        headers={"Host": "evil.example", "Origin": "http://evil.example"},
    )
    assert answer.status_code == 403
    assert lms.rounds.settings.origin == PUBLIC


@pytest.mark.parametrize(
    "origin", ["http://rounds.example", "rounds.example", "https://rounds.example/path", "//x"]
)
def test_an_origin_that_would_lose_its_cookies_stops_the_start(
    origin: str, environment: dict[str, str]
) -> None:
    """Rounds does not fall back to http, where browsers would send no Secure cookie."""
    with pytest.raises(SettingsError, match="base_url"):
        load_settings(environment | {"ROUNDS_BASE_URL": origin})


@pytest.mark.parametrize(("trusted", "callers"), [("", 1), ("127.0.0.0/8", 3)])
def test_a_caller_is_whom_a_trusted_proxy_names(
    trusted: str, callers: int, rounds: Rounds, environment: dict[str, str]
) -> None:
    """Where no proxy is trusted, whoever calls counts as one caller whatever the header says."""
    settings = load_settings(environment | {"ROUNDS_TRUSTED_PROXIES": trusted})
    app: Flask = create_app(replace(rounds, settings=settings))
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"):
        sent = {"X-Forwarded-For": f"10.6.6.6, {address}"}
        assert app.test_client().post("/lti/launch", headers=sent).status_code == 400
    with rounds.reading() as unit:
        rows = unit.session.scalars(select(TryCount)).all()
        assert len(rows) == callers
        assert sum(row.count for row in rows) == 4
        assert "192.0.2" not in json.dumps([row.caller for row in rows])
