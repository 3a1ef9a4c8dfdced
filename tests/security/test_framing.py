"""Who may frame a page, where its forms may go, and what browsers and caches keep of it."""

from dataclasses import replace

import pytest
from flask import g
from flask.testing import FlaskClient

from lti_tool.app import create_app
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from lti_tool.web import headers
from tests.stand_in import ISSUER, StandIn

DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
}


def policy(headers: object) -> dict[str, str]:
    """The directives of an answer's policy."""
    given = dict(headers)["Content-Security-Policy"]  # type: ignore[call-overload] # werkzeug's headers are pairs
    parts = (part.strip().partition(" ") for part in given.split(";"))
    return {name: sources for name, _, sources in parts}


def opened(lms: StandIn, client: FlaskClient, return_url: str) -> str:
    """A session whose launch came back to this address."""
    answer = lms.launch(client, launch_presentation={"return_url": return_url})
    assert answer.status_code == 303
    return str(answer.location)


@pytest.mark.parametrize(
    ("return_url", "origin"),
    [
        ("https://school.example/courses/7?sesskey=secret", "https://school.example"),
        ("https://SCHOOL.example:8443/courses/7", "https://school.example:8443"),
        ("http://lms_test.internal:8080/x", "http://lms_test.internal:8080"),
        ("https://evil.example;script-src *", None),
        ("https://a.example https://b.example/", None),
        ("https://*.example/", None),
        ("https://\u017fchool.example/", None),
    ],
)
def test_only_the_origins_of_a_launch_may_frame_its_pages(
    return_url: str, origin: str | None, lms: StandIn, client: FlaskClient
) -> None:
    address = opened(lms, client, return_url)
    wanted = {ISSUER, origin} - {None}
    for path in ("", "people", "no/such/page", "assessments/1/submit", "interns/999999"):
        answer = client.get(address + path, follow_redirects=True)
        told = policy(answer.headers)
        assert set(told.pop("frame-ancestors").split()) == wanted, (path, answer.status_code)
        assert told == DIRECTIVES
    assert client.get(address + "no/such/page").status_code == 404
    wrong_method = client.post(address + "people")
    assert set(policy(wrong_method.headers)["frame-ancestors"].split()) == wanted


@pytest.mark.parametrize(
    "path",
    [
        "/verify",
        "/verify/XXXX-XXXX-XXXX",
        "/certificates/unknown.pdf",
        "/issuers/keys.json",
        "/issuers/unknown",
        "/no/such/page",
        "/",
        "/s/" + "0" * 32 + "/",
        "/s/" + "0" * 32 + "/no/such/page",
        "/s/unknown/no/such/page",
        "/healthz",
    ],
)
def test_what_is_not_launched_is_framed_by_nobody(path: str, client: FlaskClient) -> None:
    assert policy(client.get(path).headers)["frame-ancestors"] == "'none'"


def test_pages_of_the_protocol_hold_no_data_and_may_be_framed(client: FlaskClient) -> None:
    for answer in (client.post("/lti/launch"), client.get("/lti/login"), client.get("/lti/x")):
        assert policy(answer.headers)["frame-ancestors"] == "*"
        assert "<form" not in answer.text


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://lms.example:8443", "'self' https://lms.example:8443"),
        ("", "'self'"),
        ("*", "'self'"),
        ("https://lms.example; script-src *", "'self'"),
    ],
)
def test_one_page_may_send_its_form_to_one_origin_more(
    origin: str, allowed: str, rounds: Rounds
) -> None:
    app = create_app(rounds)

    @app.get("/form")
    def form() -> str:
        g.form_action = origin
        return ""

    client = app.test_client()
    told = policy(client.get("/form").headers)
    assert told == {**DIRECTIVES, "form-action": allowed, "frame-ancestors": "'none'"}
    assert policy(client.get("/verify").headers)["form-action"] == "'self'"


def test_browsers_and_caches_keep_nothing_and_tell_nobody(
    lms: StandIn, client: FlaskClient
) -> None:
    address = opened(lms, client, "https://school.example/")
    answers = {path: client.get(path) for path in (address, "/verify", "/lti/login", "/nothing")}
    for path, answer in answers.items():
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer.headers, "the origin is http"
    for secret in ("/certificates/unknown.pdf", "/lti/register?code=secret"):
        assert client.get(secret).headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(("wanted", "sent"), [("true", headers.HSTS), ("false", None)])
def test_https_is_insisted_upon_where_the_origin_has_it(
    wanted: str, sent: str | None, rounds: Rounds, environment: dict[str, str]
) -> None:
    public = {"ROUNDS_BASE_URL": "https://rounds.example", "ROUNDS_HSTS": wanted}
    app = create_app(replace(rounds, settings=load_settings(environment | public)))
    answer = app.test_client().get("/verify")
    assert answer.headers.get("Strict-Transport-Security") == sent
