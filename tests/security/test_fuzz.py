"""Whatever is thrown at the protocol's addresses is answered in words, with a code, below 500."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.stand_in import LTI, TOP_LEVEL, StandIn, code_of

# One database serves all the examples of a test: none of them may leave anything behind.
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\x00", "\ud800", "$Foo.bar", "javascript:1", "https://[", "//", "é" * 300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)

NAMES = [
    "iss", "aud", "sub", "exp", "iat", "nonce", "azp", "name", "email", "locale",
    *(
        LTI + name
        for name in (
            "deployment_id", "message_type", "version", "target_link_uri", "roles", "custom",
            "resource_link", "context", "launch_presentation", "tool_platform",
        )
    ),
    "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint",
    "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice",
]  # fmt: skip


ADDRESSES = ["/lti/login", "/lti/launch", "/lti/register", "/lti/notices"]
"""Where strangers may send what they like."""


def check(answer: TestResponse, *good: int) -> None:
    assert answer.status_code in good or 400 <= answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert code_of(answer)
        assert "Traceback" not in answer.text


@FUZZ
@given(name=st.sampled_from(NAMES), value=VALUES)
def test_claims_of_any_shape(name: str, value: Any, lms: StandIn, client: FlaskClient) -> None:
    asked = lms.login(client)
    claims = lms.claims(asked) | {name: value}
    check(lms.post(client, asked, lms.sign(json.dumps(claims).encode())), 303)


@FUZZ
@given(header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "jku", "b64"]), VALUES))
def test_token_headers_of_any_shape(
    header: dict[str, Any], lms: StandIn, client: FlaskClient
) -> None:
    from jwt.utils import base64url_encode

    asked = lms.login(client)
    _, content, signature = lms.sign(lms.claims(asked)).split(".")
    head = base64url_encode(json.dumps({"alg": "RS256", **header}).encode()).decode()
    check(lms.post(client, asked, f"{head}.{content}.{signature}"))


@FUZZ
@given(
    form=st.dictionaries(
        st.sampled_from(["iss", "login_hint", "target_link_uri", "client_id", "lti_message_hint"]),
        st.text(max_size=50) | st.sampled_from(["\x00", "�", "x" * 5000, ""]),
    )
)
@pytest.mark.parametrize("address", ["/lti/login", "/lti/launch"])
def test_forms_of_any_content(
    address: str, form: dict[str, str], lms: StandIn, client: FlaskClient
) -> None:
    filled = lms.login_form() | form
    check(client.post(address, data=filled, headers=TOP_LEVEL), 302)
    check(client.post(address, data=form, headers=TOP_LEVEL))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"iss=%FF%FE&login_hint=\xff&target_link_uri=\xff", "application/x-www-form-urlencoded"),
        (b"id_token=\xff\xfe&state=\xff", "application/x-www-form-urlencoded"),
        (b"a=" + b"x" * 1_000_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(50_000)), "application/x-www-form-urlencoded"),
        (b'{"iss": ["a"]}', "application/json"),
        (b'{"notices": [null, 7, {"jwt": [1]}, {"jwt": "a.b.c"}]}', "application/json"),
        (b'{"notices": {"jwt": NaN}}', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"a":' * 100_000, "application/json"),
        (b"null", "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--\r\n", "multipart/form-data"),
        (b"", "text/plain; charset=nonsense"),
    ],
)
def test_bodies_of_any_kind(body: bytes, kind: str, client: FlaskClient) -> None:
    for address in ADDRESSES:
        answer = client.post(address, data=body, content_type=kind, headers=TOP_LEVEL)
        assert 400 <= answer.status_code < 500, (address, answer.text)
        assert "Traceback" not in answer.text
        assert code_of(answer) or answer.is_json, "an LMS's own call is answered in JSON"


@FUZZ
@given(
    query=st.dictionaries(
        st.sampled_from(
            ["code", "openid_configuration", "registration_token", "looked", "parked", "iss"]
        ),
        st.text(max_size=50)
        | st.sampled_from(["http://[", "https://\x00", "//", "x" * 5000, "javascript:1", "[]"]),
    )
)
@pytest.mark.parametrize("address", ADDRESSES)
def test_queries_of_any_content(address: str, query: dict[str, str], client: FlaskClient) -> None:
    answer = client.get(address, query_string=query, headers=TOP_LEVEL)
    assert 400 <= answer.status_code < 500, answer.text
    assert code_of(answer)


@pytest.mark.parametrize("address", ADDRESSES)
def test_queries_that_cannot_be_decoded(address: str, client: FlaskClient) -> None:
    for query in ("code=%FF%FE", "code=%00", "code=a&code=b", "%", "&&=&;", "[]=1"):
        answer = client.get(f"{address}?{query}", headers=TOP_LEVEL)
        assert 400 <= answer.status_code < 500, answer.text
        assert code_of(answer)


@pytest.mark.parametrize("cookie", ["rounds-look=\xff", "rounds=" + "x" * 4000, ";;;=", '"'])
def test_cookies_of_any_content(cookie: str, lms: StandIn, app: Flask) -> None:
    client = app.test_client(use_cookies=False)
    headers = {**TOP_LEVEL, "Cookie": cookie}
    check(client.post("/lti/login", data=lms.login_form(), headers=headers), 302)
    form = {"id_token": "a.b.c", "state": "A" * 22}
    check(client.post("/lti/launch", data=form, headers=headers))
    check(client.get("/s/x/", headers=headers))


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/lti/launch"), ("PUT", "/lti/login"), ("GET", "/no/such/page"), ("POST", "/s/x/")],
)
def test_what_the_framework_refuses_gets_a_page_too(
    method: str, path: str, client: FlaskClient
) -> None:
    check(client.open(path, method=method))


@pytest.mark.parametrize("path", ["/s/%00/", "/s/" + "x" * 5000 + "/", "/s/%ff/"])
def test_launch_ids_of_any_content(path: str, client: FlaskClient) -> None:
    client.set_cookie("rounds", "x", path="/")
    check(client.get(path))
