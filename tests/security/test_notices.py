"""Notices of copied courses: signed by the LMS, for its own deployments, and nothing else."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_tool.models.course import CourseCopy
from lti_tool.services.unit import Rounds
from tests.stand_in import LTI, StandIn, code_of

NOTICE = {"id": "6d0d3c2a", "timestamp": "2026-09-21T14:30:00Z", "type": "LtiContextCopyNotice"}
COPIED = {LTI + "context": {"id": "spring"}, LTI + "origin_contexts": ["autumn", "earlier"]}


def claims(lms: StandIn, **changes: Any) -> dict[str, Any]:
    """A notice as an LMS makes it: a launch's claims without person, link and roles."""
    return lms.claims(
        {"nonce": "9c2d1a7f4b"},
        **{
            "sub": None,
            "roles": None,
            "message_type": None,
            "resource_link": None,
            LTI + "notice": NOTICE,
            **COPIED,
            **changes,
        },
    )


def tell(client: FlaskClient, *tokens: str) -> TestResponse:
    return client.post("/lti/notices", json={"notices": [{"jwt": token} for token in tokens]})


def copies(rounds: Rounds) -> set[tuple[str, str]]:
    with rounds.reading() as unit:
        rows = unit.session.scalars(select(CourseCopy)).all()
        return {(row.context_id, row.origin_id) for row in rows}


@pytest.fixture
def launched(lms: StandIn, client: FlaskClient) -> StandIn:
    """An LMS one of whose deployments has launched us."""
    assert lms.launch(client).status_code == 303
    return lms


def test_a_copied_course_is_kept_once(
    launched: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    token = launched.sign(claims(launched))
    assert tell(client, token).status_code == 204
    assert tell(client, token, token).status_code == 204
    assert copies(rounds) == {("spring", "autumn"), ("spring", "earlier")}


def test_a_notice_that_nobody_asked_for_is_taken_and_passed_over(
    launched: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    hello = claims(launched, **{LTI + "notice": {"type": "LtiHelloWorldNotice"}})
    assert tell(client, launched.sign(hello)).status_code == 204
    assert copies(rounds) == set()


WRONG: dict[str, tuple[int, str, dict[str, Any]]] = {
    "another audience": (403, "platform-unknown", {"aud": "somebody-else"}),
    "two audiences": (400, "token-unreadable", {"aud": ["rounds-1", "evil"]}),
    "no audience": (400, "token-unreadable", {"aud": None}),
    "another issuer": (403, "platform-unknown", {"iss": "https://evil.example"}),
    "old": (400, "launch-expired", {"iat": 1_600_000_000}),
    "over": (400, "launch-expired", {"exp": 1_600_000_000}),
    "no nonce": (400, "claim-missing", {"nonce": None}),
    "no notice": (400, "claim-missing", {LTI + "notice": None}),
    "a notice without a type": (400, "claim-missing", {LTI + "notice": {}}),
    "another version": (400, "lti-version-wrong", {"version": "1.1"}),
    "an unknown deployment": (403, "deployment-unknown", {"deployment_id": "99"}),
    "no context": (400, "claim-missing", {LTI + "context": None}),
    "origins that are no list": (400, "claims-malformed", {LTI + "origin_contexts": "autumn"}),
    "an origin that is no id": (400, "claims-malformed", {LTI + "origin_contexts": [7]}),
    "too many origins": (400, "claims-malformed", {LTI + "origin_contexts": ["x"] * 1001}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_notice_that_says_something_wrong_is_refused(
    name: str, launched: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    status, code, changes = WRONG[name]
    good, bad = claims(launched), claims(launched, **changes)
    answer = tell(client, launched.sign(good), launched.sign(bad))
    assert (code_of(answer), answer.status_code) == (code, status)
    assert copies(rounds) == set(), "all are kept, or none"


def test_another_key_signs_in_vain(launched: StandIn, client: FlaskClient) -> None:
    answer = tell(client, launched.sign(claims(launched), key="foreign"))
    assert code_of(answer) == "token-forged"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"notices": []}',
        b'{"notices": [1]}',
        b'{"notices": [{}]}',
        b'{"notices": [{"jwt": 7}]}',
        b'{"notices": "x"}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_list_of_notices_is_refused(body: bytes, client: FlaskClient) -> None:
    answer = client.post("/lti/notices", data=body, content_type="application/json")
    assert (code_of(answer), answer.status_code) == ("notice-malformed", 400)


def test_a_launch_is_no_notice(launched: StandIn, client: FlaskClient) -> None:
    launch = launched.claims({"nonce": "n"})
    assert code_of(tell(client, launched.sign(launch))) == "claim-missing"
