"""Sessions: bound to their own path, never adopted, never each other, over when idle."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from lti_tool.domain.people import Role
from lti_tool.models.launch import LaunchSession
from lti_tool.models.person import Membership
from lti_tool.services.unit import Rounds
from tests.stand_in import ISSUER, MEMBERSHIP, StandIn, code_of

LEARNER = {"sub": "someone-else", "name": "Amara Okafor", "roles": [MEMBERSHIP + "Learner"]}


def opened(lms: StandIn, client: FlaskClient, **claims: Any) -> str:
    """Launch, and give the address of the session."""
    answer = lms.launch(client, **claims)
    assert answer.status_code == 303
    return str(answer.location)


def token_of(client: FlaskClient, address: str) -> str:
    page = client.get(address, follow_redirects=True).text
    _, _, rest = page.partition('data-csrf="')
    return rest.partition('"')[0]


def test_the_cookie_is_for_this_launch_alone_and_fit_for_a_frame(
    lms: StandIn, client: FlaskClient
) -> None:
    answer = lms.launch(client)
    cookies = answer.headers.getlist("Set-Cookie")
    (session,) = [cookie for cookie in cookies if cookie.startswith("rounds=")]
    assert f"Path={answer.location}" in session
    for part in ("Secure", "HttpOnly", "SameSite=None", "Partitioned"):
        assert part in session
    assert "Max-Age" not in session
    (state,) = [cookie for cookie in cookies if cookie.startswith("rounds-")]
    assert "Max-Age=0" in state


def test_two_launches_in_one_browser_never_act_as_each_other(
    lms: StandIn, client: FlaskClient
) -> None:
    teacher = opened(lms, client)
    learner = opened(lms, client, **LEARNER)
    assert teacher != learner
    for _ in range(2):
        assert "Helen Brandt" in client.get(teacher, follow_redirects=True).text
        page = client.get(learner, follow_redirects=True).text
        assert "Amara Okafor" in page
        assert "Helen Brandt" not in page


def test_the_secret_of_one_launch_opens_no_other(lms: StandIn, client: FlaskClient) -> None:
    teacher, learner = opened(lms, client), opened(lms, client, **LEARNER)
    secrets = {c.path: c.value for c in client._cookies.values() if c.key == "rounds"}
    client.set_cookie("rounds", secrets[learner], path=teacher)
    answer = client.get(teacher)
    assert (answer.status_code, code_of(answer)) == (403, "session-missing")


def test_a_cookie_that_was_there_before_is_not_adopted(lms: StandIn, client: FlaskClient) -> None:
    client.set_cookie("rounds", "chosen-by-another", path="/")
    first = opened(lms, client)
    second = opened(lms, client)
    secrets = [c.value for c in client._cookies.values() if c.path in (first, second)]
    assert len({*secrets, "chosen-by-another"}) == 3


@pytest.mark.parametrize("cookie", [None, "wrong", "x" * 3000])
def test_without_its_secret_an_address_is_worth_nothing(
    cookie: str | None, lms: StandIn, client: FlaskClient, app: Flask
) -> None:
    address = opened(lms, client)
    other = app.test_client()
    if cookie:
        other.set_cookie("rounds", cookie, path=address)
    answer = other.get(address)
    assert (answer.status_code, code_of(answer)) == (403, "session-missing")
    assert "Helen" not in answer.text
    unknown = other.get("/s/" + "0" * 32 + "/")
    assert (unknown.status_code, code_of(unknown)) == (403, "session-missing")
    assert "frame-ancestors 'none'" in unknown.headers["Content-Security-Policy"]


def test_a_session_ends_when_idle_says_so_in_the_frame_and_lasts_while_used(
    lms: StandIn, client: FlaskClient, app: Flask, rounds: Rounds
) -> None:
    address = opened(lms, client)

    def after(minutes: float) -> None:
        start = rounds.clock
        app.extensions["rounds"] = replace(
            rounds, clock=lambda: start() + timedelta(minutes=minutes)
        )

    idle = rounds.settings.session_idle_minutes
    after(idle - 1)
    assert client.get(address, follow_redirects=True).status_code == 200
    after(2 * idle - 2)
    assert client.get(address, follow_redirects=True).status_code == 200, "seen in between"
    after(3 * idle)
    answer = client.get(address)
    assert (answer.status_code, code_of(answer)) == (403, "session-over")
    assert ISSUER in answer.headers["Content-Security-Policy"], "else the frame stays blank"


def test_staying_renews_the_session(
    lms: StandIn, client: FlaskClient, app: Flask, rounds: Rounds
) -> None:
    address = opened(lms, client)
    headers = {"X-CSRF-Token": token_of(client, address)}
    app.extensions["rounds"] = replace(rounds, clock=lambda: rounds.clock() + timedelta(seconds=30))
    assert client.post(address + "stay", headers=headers).status_code == 204
    with rounds.reading() as unit:
        seen = unit.session.query(LaunchSession.seen_at).scalar()
    assert seen > rounds.clock()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"Origin": "OWN"}, 204),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"X-CSRF-Token": "wrong"}, 403),
        ({"X-CSRF-Token": "é"}, 403),
        ({"X-CSRF-Token": ""}, 403),
    ],
)
def test_a_post_needs_the_token_of_its_session_and_our_origin(
    headers: dict[str, str], status: int, lms: StandIn, client: FlaskClient
) -> None:
    address = opened(lms, client)
    sent = {"X-CSRF-Token": token_of(client, address), **headers}
    if sent.get("Origin") == "OWN":
        sent["Origin"] = lms.rounds.settings.origin
    answer = client.post(address + "stay", headers=sent)
    assert answer.status_code == status
    assert code_of(answer) == ("" if status == 204 else "form-forged")


def test_the_token_of_one_session_is_refused_in_another(lms: StandIn, client: FlaskClient) -> None:
    teacher, learner = opened(lms, client), opened(lms, client, **LEARNER)
    headers = {"X-CSRF-Token": token_of(client, learner)}
    assert client.post(teacher + "stay", headers=headers).status_code == 403


def test_a_role_changed_by_hand_acts_at_once(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    address = opened(lms, client)
    assert client.get(address + "people").status_code == 200
    with rounds.work() as unit:
        unit.session.execute(update(Membership).values(role=Role.SUPERVISOR))
    assert client.get(address + "people").status_code == 403


def test_who_has_left_the_course_acts_no_more_until_launched_again(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    address = opened(lms, client)
    with rounds.work() as unit:
        unit.session.execute(update(Membership).values(left_at=unit.now))
    assert client.get(address + "people").status_code == 403
    assert client.get(opened(lms, client) + "people").status_code == 200


def test_headers_of_a_launched_page(lms: StandIn, client: FlaskClient) -> None:
    """An LMS framed at one host, with services on it, and signing in elsewhere."""
    presentation = {"return_url": "https://school.example:8443/courses/7?sesskey=secret"}
    address = opened(lms, client, launch_presentation=presentation)
    headers = client.get(address, follow_redirects=True).headers
    policy = headers["Content-Security-Policy"]
    ancestors = policy.partition("frame-ancestors ")[2].split()
    assert ancestors == [ISSUER, "https://school.example:8443"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; ")
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in headers
