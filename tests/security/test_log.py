"""Nothing that opens a door is ever in the log, neither in our lines nor in those of gunicorn."""

import secrets
import socket
from urllib.parse import urlsplit

import pytest
import requests
import structlog
from flask.testing import FlaskClient
from sqlalchemy import select, update
from structlog.testing import capture_logs

from lti_tool.app import create_app
from lti_tool.models.launch import LaunchSession
from lti_tool.services.sessions import digest
from lti_tool.services.unit import Rounds
from tests.security.conftest import Workers
from tests.stand_in import TOP_LEVEL, StandIn


def test_the_log_of_a_run_holds_no_secret(
    workers: Workers, lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    launch, secret = _session_in_address(lms, client, rounds)
    token, code, state, cookie = (secrets.token_urlsafe(32) for _ in range(4))
    address = f"/s/{launch}.{secret}"
    for path in (f"{address}/people", f"{address}/no/such/page", f"{address}/interns/1"):
        assert requests.get(workers.origin + path, timeout=5).status_code != 403
    for path in (
        f"/certificates/{token}.pdf",
        f"/lti/register?code={code}&openid_configuration=http%3A%2F%2F{token}.invalid%2F{token}"
        f"&registration_token={token}",
        f"/no/such/page?code={code}",
        f"/lti/login?iss={token}&login_hint={token}&target_link_uri={token}",
        f"/lti/login?parked={token}",
    ):
        assert 400 <= requests.get(workers.origin + path, headers=TOP_LEVEL, timeout=5).status_code
    form = {"id_token": f"{token}.{token}.{token}", "state": state, "proof": token}
    requests.post(f"{workers.origin}/lti/launch", data=form, timeout=5)
    for words in (
        f"GET {address}/people HTTP/9.9",
        f"GET {address}/ people HTTP/1.1",
        f"GET /certificates/{token}.pdf",
        f"GET / HTTP/1.1\r\nHost: x\r\nCookie: rounds={cookie}\0",
        f"GET / HTTP/1.1\r\nHost: x\r\nRefe rer: {address}",
        f"GET /{token}{'x' * 9000} HTTP/1.1\r\nHost: x",
        f"{token} / HTTP/1.1\r\nHost: x",
    ):
        _say(workers.origin, words)
    told = workers.log.read_text()
    assert told.count("Invalid request") >= 5, "gunicorn still says that it was asked nonsense"
    assert told.count('"outcome"') >= 8
    for word in (secret, token, code, state, cookie, launch):
        assert word not in told


def test_a_fault_of_ours_is_told_once_and_not_by_its_address(
    rounds: Rounds, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(rounds)

    @app.get("/certificates/<token>/fault")
    def fault(token: str) -> str:
        raise ZeroDivisionError

    structlog.reset_defaults()
    secret = secrets.token_urlsafe(32)
    with capture_logs() as lines:
        assert app.test_client().get(f"/certificates/{secret}/fault").status_code == 500
    assert [line["event"] for line in lines].count("fault") == 1
    for told in (str(lines), caplog.text):
        assert secret not in told


def _session_in_address(lms: StandIn, client: FlaskClient, rounds: Rounds) -> tuple[str, str]:
    """A session whose secret stands in its address, as platform storage makes it."""
    assert lms.launch(client).status_code == 303
    secret = secrets.token_urlsafe(32)
    with rounds.work() as unit:
        unit.session.execute(
            update(LaunchSession).values(in_address=True, secret_hash=digest(secret))
        )
        launch = unit.session.scalars(select(LaunchSession.id)).one()
    return launch, secret


def _say(origin: str, words: str) -> None:
    """Send what no browser would, and read the answer."""
    host = urlsplit(origin)
    with socket.create_connection((host.hostname, host.port), timeout=5) as connection:
        connection.sendall(f"{words}\r\n\r\n".encode())
        assert b" 4" in connection.recv(4096).partition(b"\r\n")[0]
