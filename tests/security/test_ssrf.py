"""Addresses given by others lead Rounds into no private network, and their answers cost little.

The two doors by which a stranger could name an address that Rounds calls while somebody waits: the
keys of a registration, asked for in a launch, and the configuration of an LMS that registers us.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from lti_tool.app import create_app
from lti_tool.lms.http import Http
from lti_tool.lms.roster import RosterReader
from lti_tool.lms.tokens import Tokens
from lti_tool.models.course import Course
from lti_tool.models.platform import Platform
from lti_tool.services.roster_refresh import refresh_roster
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.platform_stub import PlatformStub, Reply
from tests.registering_lms import invite, open_registration, registering_lms
from tests.stand_in import StandIn, code_of

# What is called does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Door = Callable[[str], TestResponse]

INSIDE = [
    "http://127.0.0.1:{port}/x",
    "https://127.0.0.1:{port}/x",
    "http://localhost:{port}/x",
    "https://localhost.:{port}/x",
    "http://0x7f.1:{port}/x",
    "http://0177.0.0.1:{port}/x",
    "http://2130706433:{port}/x",
    "https://127.1:{port}/x",
    "http://0.0.0.0:{port}/x",
    "http://[::1]:{port}/x",
    "https://[::ffff:127.0.0.1]:{port}/x",
    "https://[::ffff:7f00:1]:{port}/x",
    "https://[64:ff9b::7f00:1]:{port}/x",
    "https://[64:ff9b:1::7f00:1]:{port}/x",
    "https://[::127.0.0.1]:{port}/x",
    "https://169.254.169.254/latest/meta-data/",
    "http://lms.example:{port}@127.0.0.1:{port}/x",
    "http://127.0.0.1:{port}\\@lms.example/x",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/x",
]


@pytest.fixture
def listener() -> Iterator[PlatformStub]:
    """A service of the private network, which nobody may reach."""
    with PlatformStub() as stub:
        stub.answers("/x", {"told": "internal-secret"})
        yield stub


@pytest.fixture
def closed(rounds: Rounds, environment: dict[str, str]) -> Rounds:
    """The tool as it is installed: no private network is named."""
    return replace(rounds, settings=load_settings(environment | {"ROUNDS_PRIVATE_PLATFORMS": ""}))


def door(name: str, rounds: Rounds, lms: StandIn) -> Door:
    """What makes the tool call an address."""
    client = create_app(rounds).test_client()

    def keys(address: str) -> TestResponse:
        with rounds.work() as unit:
            unit.session.execute(update(Platform).values(jwks_url=address))
        return lms.launch(client)

    def registration(address: str) -> TestResponse:
        return open_registration(client, invite(rounds), address)

    return {"keys": keys, "registration": registration}[name]


DOORS = pytest.mark.parametrize("name", ["keys", "registration"])


def refused(answer: TestResponse) -> str:
    """The code of a refusal, which repeats nothing of what was called or fetched."""
    assert 400 <= answer.status_code < 500 or answer.status_code == 503, answer.text
    for word in ("internal-secret", "127.0", "localhost", "169.254", "passwd", "Traceback"):
        assert word not in answer.text
    return code_of(answer)


@DOORS
def test_no_spelling_of_a_private_address_is_connected_to(
    name: str, closed: Rounds, lms: StandIn, listener: PlatformStub
) -> None:
    call = door(name, closed, lms)
    for address in INSIDE:
        assert refused(call(address.format(port=listener.port))), address
        assert listener.connections == 0, address


@DOORS
def test_no_redirect_leads_inside(
    name: str, rounds: Rounds, lms: StandIn, listener: PlatformStub
) -> None:
    with PlatformStub() as public:
        leading = Reply(b"internal-secret", 302, {"Location": listener.url("/x")})
        assert refused(door(name, rounds, lms)(public.answers("/", leading)))
        assert public.connections == 1
    assert listener.connections == 0


@DOORS
@pytest.mark.parametrize(
    "body", [b"internal-secret", b"<html>internal-secret", b'{"internal-secret": 1}', b"[1]"]
)
def test_what_was_fetched_is_not_shown(
    body: bytes, name: str, rounds: Rounds, lms: StandIn, listener: PlatformStub
) -> None:
    refused(door(name, rounds, lms)(listener.answers("/", body)))
    assert listener.connections == 1


@DOORS
def test_a_hundred_megabytes_are_left_where_they_are(
    name: str, rounds: Rounds, lms: StandIn, listener: PlatformStub
) -> None:
    sent = Counted()

    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        sent.until_it_is_cut(handler, b"x" * 1_000_000, times=100)

    assert refused(door(name, rounds, lms)(listener.answers("/", Reply(raw=pour))))
    assert sent.number < 30


@DOORS
@pytest.mark.parametrize(
    "begin",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"],
    ids=["status", "headers", "body"],
)
def test_thirty_seconds_of_dripping_are_not_waited_for(
    begin: bytes, name: str, rounds: Rounds, lms: StandIn, listener: PlatformStub
) -> None:
    """Each byte comes within any timeout of a read: only a deadline for all of it ends this."""
    sent = Counted()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        sent.until_it_is_cut(handler, b"H", times=600, pause=0.05)

    assert refused(door(name, rounds, lms)(listener.answers("/", Reply(raw=drip))))
    assert sent.number < 300


class Counted:
    """Sends a piece again and again, and counts."""

    def __init__(self) -> None:
        self.number = 0

    def until_it_is_cut(
        self, handler: BaseHTTPRequestHandler, piece: bytes, *, times: int, pause: float = 0
    ) -> None:
        for _ in range(times):
            try:
                handler.wfile.write(piece)
            except OSError:
                return
            self.number += 1
            time.sleep(pause)


# -- Names -----------------------------------------------------------------------------------------

REBINDING = "rebinding.example"


class Resolver:
    """The system's resolver, with one name whose answers are scripted: the last for ever."""

    def __init__(self, patch: pytest.MonkeyPatch, *answers: str) -> None:
        self.asked = 0
        self._answers = list(answers)
        self._real = socket.getaddrinfo
        patch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == REBINDING:
            self.asked += 1
            host = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return self._real(host, *args, **kwargs)


@DOORS
@pytest.mark.parametrize("answers", [("93.184.215.14", "127.0.0.1"), ("127.0.0.1",)])
def test_a_name_that_means_something_else_a_moment_later_leads_nowhere(
    answers: tuple[str, ...],
    name: str,
    closed: Rounds,
    lms: StandIn,
    listener: PlatformStub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A public address is answered first; asked again, the name would lead inside.

    Tests have no way out, so that the connection to the judged address fails: it is not made to
    any other.
    """
    resolver = Resolver(monkeypatch, *answers)
    assert refused(door(name, closed, lms)(f"https://{REBINDING}:{listener.port}/x"))
    assert listener.connections == 0
    assert resolver.asked == 1


@DOORS
def test_a_name_that_is_never_answered_is_not_waited_for(
    name: str, rounds: Rounds, lms: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    real = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == REBINDING:
            over.wait(30)
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert refused(door(name, rounds, lms)(f"https://{REBINDING}/x"))
    assert not over.is_set()
    over.set()


# -- What a platform tells about itself and its services -------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.2", "[::1]", "169.254.169.254"])
def test_a_configuration_cannot_send_the_registration_elsewhere(
    host: str, rounds: Rounds, environment: dict[str, str], client: FlaskClient
) -> None:
    """The configuration comes from an allowed host; the address in it does not lead to one."""
    one = load_settings(environment | {"ROUNDS_PRIVATE_PLATFORMS": "127.0.0.1/32"})
    client.application.extensions["rounds"] = replace(rounds, settings=one)
    with registering_lms() as lms:
        lms.tells(registration_endpoint=f"http://{host}:{lms.stub.port}/register-a-tool")
        assert refused(open_registration(client, invite(rounds), lms.address)) == "address-refused"
        assert lms.stub.connections == 1


def test_services_in_a_signed_launch_lead_neither_inside_nor_to_another_school(
    lms: StandIn, client: FlaskClient, closed: Rounds, listener: PlatformStub
) -> None:
    roster = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
    column = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    for url, returns, believed in (
        (listener.url("/x"), "https://lms.example.edu/course/1", False),
        ("https://other-school.example/x", "https://lms.example.edu/course/1", False),
        (listener.url("/x"), listener.url("/course/1"), True),
    ):
        services = {
            roster: {"context_memberships_url": url, "service_versions": ["2.0"]},
            column: {"lineitem": url, "scope": []},
        }
        launch = {"launch_presentation": {"return_url": returns}, **services}
        assert lms.launch(client, **launch).status_code == 303
        with closed.reading() as unit:
            (course,) = unit.session.query(Course)
        assert (course.memberships_url == url) is believed
    http = Http(closed.settings)
    with closed.work() as unit:
        unit.keys.open()
        unit.session.execute(update(Platform).values(auth_token_url=listener.url("/x")))
    refresh_roster(closed, RosterReader(http, Tokens(closed, http)), course.id)
    with closed.reading() as unit:
        assert unit.session.get_one(Course, course.id).roster_problem == "address-refused"
    assert listener.connections == 0
