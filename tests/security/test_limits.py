"""Limits: a search or a flood from one address is slowed, a lecture hall behind one is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from lti_tool.app import create_app
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests import factories
from tests.stand_in import TOP_LEVEL, StandIn, code_of

HALL = 500
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def strict(rounds: Rounds, environment: dict[str, str]) -> Callable[[float], Flask]:
    """The tool some seconds from now, with five failures and ten logins allowed."""
    few = {"ROUNDS_FAILED_TRIES": "5", "ROUNDS_LOGINS_PER_MINUTE": "10"}
    settings = load_settings(environment | few)

    def at(seconds: float) -> Flask:
        later = timedelta(seconds=seconds)
        return create_app(replace(rounds, settings=settings, clock=lambda: rounds.clock() + later))

    return at


def forged(lms: StandIn, client: FlaskClient) -> str:
    asked = lms.login(client)
    answer = lms.post(client, asked, lms.sign(lms.claims(asked), key="evil"))
    if answer.status_code == 429:
        assert 0 < int(answer.headers["Retry-After"]) <= 600
        assert "Too many tries" in answer.text
    return code_of(answer)


def test_a_lecture_hall_behind_one_address_gets_in(lms: StandIn, app: Flask) -> None:
    """Also while somebody among them tries what fails, again and again."""
    with app.test_client() as client:
        for _ in range(120):
            client.post("/lti/launch", data={"state": "x"})
        assert client.post("/lti/launch").status_code == 429
    for number in range(HALL):
        # A fresh browser each: one with 500 cookies would be what takes the time.
        client = app.test_client()
        asked = lms.login(client)
        token = lms.sign(lms.claims(asked, sub=f"student-{number}"))
        assert lms.post(client, asked, token).status_code == 303


def test_failed_launches_of_one_lms_from_one_address_are_told_to_wait(
    lms: StandIn, strict: Callable[[float], Flask], rounds: Rounds
) -> None:
    client = strict(0).test_client()
    assert [forged(lms, client) for _ in range(7)] == ["token-forged"] * 5 + ["too-many-tries"] * 2
    with rounds.work() as unit:
        second = factories.platform(unit.session, jwks_url=lms.keys.url)
    assert forged(replace(lms, platform=second), client) == "token-forged", "another registration"
    client.environ_base |= ELSEWHERE
    assert forged(lms, client) == "token-forged", "another address"
    assert forged(lms, strict(601).test_client()) == "token-forged", "another window"


def test_what_is_in_order_passes_whatever_failed_at_the_same_address(
    lms: StandIn, strict: Callable[[float], Flask]
) -> None:
    client = strict(0).test_client()
    while forged(lms, client) != "too-many-tries":
        pass
    assert lms.launch(client).status_code == 303


def test_failed_logins_are_told_to_wait_and_cost_no_more_writing(
    lms: StandIn, strict: Callable[[float], Flask], rounds: Rounds
) -> None:
    client = strict(0).test_client()
    form = lms.login_form(client_id="made-up")
    written: list[str] = []

    @event.listens_for(rounds.engine, "before_cursor_execute")
    def _note(*args: object) -> None:
        if not str(args[2]).startswith(("SELECT", "BEGIN")):
            written.append(str(args[2]))

    for _ in range(5):
        answer = client.post("/lti/login", data=form, headers=TOP_LEVEL)
        assert (answer.status_code, code_of(answer)) == (403, "platform-unknown")
    assert written
    written.clear()
    answer = client.post("/lti/login", data=form, headers=TOP_LEVEL)
    assert (answer.status_code, code_of(answer)) == (429, "too-many-tries")
    assert int(answer.headers["Retry-After"]) in range(590, 601)
    assert client.get("/lti/login", headers=TOP_LEVEL).status_code == 429
    assert written == []
    lms.login(client)


def test_logins_without_end_are_told_to_wait(
    lms: StandIn, strict: Callable[[float], Flask], rounds: Rounds
) -> None:
    client = strict(0).test_client()
    for _ in range(10):
        lms.login(client)
    answer = client.post("/lti/login", data=lms.login_form(), headers=TOP_LEVEL)
    assert (answer.status_code, code_of(answer)) == (429, "too-many-tries")
    assert int(answer.headers["Retry-After"]) in range(1, 61)
    with rounds.work() as unit:
        second = factories.platform(unit.session, jwks_url=lms.keys.url)
    replace(lms, platform=second).login(client)
    lms.login(strict(61).test_client())
    client.environ_base |= ELSEWHERE
    lms.login(client)


def test_a_hall_of_browsers_without_cookies_reads_what_to_do(
    lms: StandIn, strict: Callable[[float], Flask]
) -> None:
    tool = strict(0)
    for _ in range(8):
        asked = lms.login(tool.test_client())
        answer = lms.post(tool.test_client(), asked, lms.sign(lms.claims(asked)))
        assert code_of(answer) == "browser-unproven"
        signed_out = {"error": "login_required", "state": "x"}
        answer = tool.test_client().post("/lti/launch", data=signed_out)
        assert code_of(answer) == "lms-login-required"


def test_a_launch_posted_twice_is_nobodys_failure(
    lms: StandIn, strict: Callable[[float], Flask]
) -> None:
    client = strict(0).test_client()
    asked = lms.login(client)
    (cookie,) = [
        cookie for cookie in (client._cookies or {}).values() if cookie.path == "/lti/launch"
    ]
    form = {"id_token": lms.sign(lms.claims(asked)), "state": asked["state"]}
    assert client.post("/lti/launch", data=form).status_code == 303
    for _ in range(8):
        client.set_cookie(cookie.key, cookie.value, path=cookie.path)
        assert code_of(client.post("/lti/launch", data=form)) == "launch-used"


def test_a_good_launch_asks_the_database_once_more_and_no_further(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    lms.launch(client)
    asked: list[str] = []

    @event.listens_for(rounds.engine, "before_cursor_execute")
    def _note(*args: object) -> None:
        if "try_count" in str(args[2]):
            asked.append(str(args[2]))

    rare = replace(rounds.settings, logins_per_minute=100_000_000)
    client.application.extensions["rounds"] = replace(rounds, settings=rare)
    assert lms.launch(client).status_code == 303
    assert len(asked) == 1
