"""Keys of platforms over HTTP: made-up ids, broken and stalled platforms, keys just changed."""

import json
import threading
import time
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jwt.utils import base64url_encode

from lti_tool.services.unit import Rounds
from tests import factories
from tests.stand_in import StandIn, code_of, key_server, public_jwk, rsa_key


def refused_for_its_key(lms: StandIn, client: FlaskClient, kid: str) -> str:
    asked = lms.login(client)
    return code_of(lms.post(client, asked, lms.sign(lms.claims(asked), key="evil", kid=kid)))


def test_a_thousand_made_up_key_ids_cost_the_platform_a_handful_of_fetches(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    """The thousand are asked at the gate itself: each over HTTP would need a login of its own."""
    asked = lms.login(client)
    with rounds.work() as unit:
        begun, platform = unit.launches.consume(asked["state"])
    _, content, signature = lms.sign(lms.claims(asked)).split(".")
    for number in range(1000):
        header = json.dumps({"alg": "RS256", "kid": f"made-up-{number}"}).encode()
        token = ".".join([base64url_encode(header).decode(), content, signature])
        with pytest.raises(Exception, match="no key of this id"):
            rounds.gate.check(token, begun, platform, rounds.clock())
    assert refused_for_its_key(lms, client, "made-up") == "token-key-unknown"
    assert lms.launch(client).status_code == 303, "good launches go on meanwhile"
    assert lms.keys.fetches <= 10


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, None),
        (302, b""),
        (200, b"<html>Sign in"),
        (200, b""),
        (200, b"[]"),
        (200, b'{"keys": []}'),
    ],
)
def test_what_is_no_set_of_keys_is_not_kept(
    status: int, body: bytes | None, lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    lms.keys.status, lms.keys.body = status, body
    answer = lms.launch(client)
    assert (answer.status_code, code_of(answer)) == (503, "platform-answer-wrong")
    assert "Sign in" not in answer.text
    again = lms.launch(client)
    assert (again.status_code, code_of(again)) == (503, "platform-unreachable")
    assert lms.keys.fetches == 1, "the platform is left in peace for a pause"
    lms.keys.status, lms.keys.body = 200, None
    time.sleep(rounds.settings.keys_pause_seconds)
    assert lms.launch(client).status_code == 303


def test_keys_that_are_none_are_passed_over(lms: StandIn, client: FlaskClient) -> None:
    lms.keys.body = b'{"keys": [1, {"kid": "first"}]}'
    assert code_of(lms.launch(client)) == "token-key-unknown"
    lms.keys.body = None
    assert lms.launch(client).status_code == 303, "looked for early"


def test_new_keys_are_known_at_the_next_launch(lms: StandIn, client: FlaskClient) -> None:
    for _ in range(3):
        assert lms.launch(client).status_code == 303
    assert lms.keys.fetches == 1
    lms.keys.keys = [public_jwk("second")]
    asked = lms.login(client)
    token = lms.sign(lms.claims(asked), key="second", kid="second")
    assert lms.post(client, asked, token).status_code == 303
    old = lms.login(client)
    assert code_of(lms.post(client, old, lms.sign(lms.claims(old)))) == "token-key-unknown"


def test_a_platform_that_stalls_holds_no_launch_of_another(
    lms: StandIn, app: Flask, rounds: Rounds
) -> None:
    """While one platform's keys do not come, its launches end in words and others' succeed."""
    with key_server() as stalled, rounds.work() as unit:
        stalled.delay = 2 * rounds.settings.http_person_seconds
        other = factories.platform(unit.session, jwks_url=stalled.url)
        unit.session.commit()
        slow = replace(lms, platform=other)
        answers: list[str] = []
        launches = [
            threading.Thread(target=lambda: answers.append(code_of(slow.launch(app.test_client()))))
            for _ in range(4)
        ]
        for launch in launches:
            launch.start()
        while stalled.fetches == 0:
            time.sleep(0.01)
        good = lms.launch(app.test_client())
        held = [launch.is_alive() for launch in launches]
        for launch in launches:
            launch.join()
        assert good.status_code == 303
        assert any(held), "the platform was still stalled then"
        assert answers == ["platform-unreachable"] * 4
        assert stalled.fetches == 1


def test_a_key_too_short_for_its_use_is_no_key(lms: StandIn, client: FlaskClient) -> None:
    assert rsa_key("short").key_size == 1024
    lms.keys.keys = [public_jwk("first", "short")]
    assert code_of(lms.launch(client)) == "token-key-unknown"
