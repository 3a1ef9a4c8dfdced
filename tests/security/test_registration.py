"""Nobody makes Rounds look into its own network by a registration, or register what is not theirs.

Threat 1 of the list that docs/security.md keeps: the addresses come from whoever opens the page and
from what is fetched there. `listener` stands for whatever must never hear of us.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from sqlalchemy import func, select

from lti_tool.app import create_app
from lti_tool.models.platform import Platform
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.platform_stub import PlatformStub, Reply
from tests.registering_lms import (
    CONFIGURATION,
    PLATFORM,
    REGISTRATION,
    RegisteringLms,
    invite,
    open_registration,
    registering_lms,
)
from tests.stand_in import code_of

OUTSIDE = {"ROUNDS_PRIVATE_PLATFORMS": ""}
"""As an installation is set up whose LMSs are all on the internet."""


PATIENT = {"ROUNDS_FAILED_TRIES": "10000"}


class Listener:
    """A port on every address of this machine that counts who connects."""

    def __init__(self) -> None:
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self._sockets[0].getsockname()[1]
        if socket.has_dualstack_ipv6():
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        self.connections = 0
        self._open = True
        self._threads = [threading.Thread(target=self._count, args=(one,)) for one in self._sockets]
        for thread in self._threads:
            thread.start()

    def _count(self, listening: socket.socket) -> None:
        listening.settimeout(0.05)
        while self._open:
            try:
                listening.accept()[0].close()
            except TimeoutError:
                continue
            self.connections += 1

    def close(self) -> None:
        self._open = False
        for thread in self._threads:
            thread.join()
        for one in self._sockets:
            one.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


@pytest.fixture
def lms() -> Iterator[RegisteringLms]:
    with registering_lms() as standing:
        yield standing


@pytest.fixture
def public(rounds: Rounds, environment: dict[str, str]) -> Rounds:
    """The same installation without any private network named."""
    return replace(rounds, settings=load_settings(environment | OUTSIDE | PATIENT))


@pytest.fixture
def patient(rounds: Rounds, environment: dict[str, str]) -> FlaskClient:
    """A browser in front of an installation that bears any number of failures."""
    bearing = replace(rounds, settings=load_settings(environment | PATIENT))
    return create_app(bearing).test_client()


def count(rounds: Rounds) -> int:
    with rounds.reading() as unit:
        return unit.session.scalar(select(func.count()).select_from(Platform)) or 0


# -- Addresses inside ------------------------------------------------------------------------------


INSIDE = (
    "127.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "localhost",
    "a-name-that-resolves-to-us.localhost",
    "0x7f.1",
    "2130706433",
    "127.1",
    "0.0.0.0",
)

NOWHERE = (
    "http://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://[fd00::1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "https://user:pass@lms.example.edu/",
    "https://lms.example.edu\\@127.0.0.1/",
    "https://",
    "https://lms.example.edu:0/",
    "//127.0.0.1/",
)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_configuration_inside_is_never_asked_for(
    scheme: str, public: Rounds, listener: Listener
) -> None:
    client, code = create_app(public).test_client(), invite(public)
    for host in INSIDE:
        address = f"{scheme}://{host}:{listener.port}{CONFIGURATION}"
        answer = open_registration(client, code, address)
        assert answer.status_code in (400, 503), host
        assert code_of(answer) in ("address-refused", "registration-unanswered"), host
        assert listener.connections == 0, host


def test_an_address_that_is_no_public_one_is_refused_at_once(public: Rounds) -> None:
    client, code = create_app(public).test_client(), invite(public)
    for address in NOWHERE:
        answer = open_registration(client, code, address)
        assert code_of(answer) in ("address-refused", "registration-malformed"), address


@pytest.mark.parametrize("field", ["registration_endpoint", "jwks_uri", "token_endpoint"])
def test_endpoints_inside_that_a_good_configuration_names_hear_nothing(
    field: str, rounds: Rounds, environment: dict[str, str], listener: Listener, lms: RegisteringLms
) -> None:
    """Only the LMS's own address is allowed; ::1 is as private as any other network of ours."""
    named = load_settings(environment | {"ROUNDS_PRIVATE_PLATFORMS": "127.0.0.1/32"})
    narrow = replace(rounds, settings=named)
    for scheme in ("http", "https"):
        lms.tells(**{field: f"{scheme}://[::1]:{listener.port}/"})
        answer = open_registration(create_app(narrow).test_client(), invite(narrow), lms.address)
        assert listener.connections == 0
        if field == "registration_endpoint":
            assert code_of(answer) == "address-refused"
            assert count(rounds) == 0


@pytest.mark.parametrize("path", [CONFIGURATION, REGISTRATION])
def test_a_redirect_is_not_followed(
    path: str, client: FlaskClient, rounds: Rounds, listener: Listener, lms: RegisteringLms
) -> None:
    code, there = invite(rounds), {"Location": f"http://127.0.0.1:{listener.port}/"}
    for status in (301, 302, 303, 307, 308):
        lms.stub.answers(path, Reply(status=status, headers=there))
        answer = open_registration(client, code, lms.address)
        assert code_of(answer) in ("registration-faulty", "registration-refused")
    assert listener.connections == 0


# -- Answers that do harm --------------------------------------------------------------------------


def endless(handler: BaseHTTPRequestHandler) -> None:
    """100 MB, if anybody reads so far."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    try:
        for _ in range(100):
            handler.wfile.write(b" " * 1_000_000)
    except OSError:
        return


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for half a minute."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    try:
        for _ in range(300):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return


@pytest.mark.parametrize("harm", [endless, dripping])
@pytest.mark.parametrize("path", [CONFIGURATION, REGISTRATION])
def test_an_answer_without_end_is_cut_off(
    path: str, harm: Any, rounds: Rounds, environment: dict[str, str]
) -> None:
    short = {"ROUNDS_HTTP_PERSON_SECONDS": "0.2", "ROUNDS_HTTP_READ_SECONDS": "20"}
    impatient = replace(rounds, settings=load_settings(environment | short))
    with registering_lms() as lms:
        lms.stub.answers(path, Reply(raw=harm))
        answer = open_registration(
            create_app(impatient).test_client(), invite(impatient), lms.address
        )
    assert code_of(answer) == "registration-faulty"
    assert count(rounds) == 0


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["\x00", "\ud800", "https://[", "//", "é" * 300, "javascript:1", "http://a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
FUZZ = profile(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FUZZ
@given(
    field=st.sampled_from(
        [
            *("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"),
            *("registration_endpoint", "authorization_server", "scopes_supported", PLATFORM),
        ]
    ),
    value=VALUES,
    answer=VALUES | st.fixed_dictionaries({"client_id": VALUES, "scope": VALUES}),
)
def test_documents_of_any_shape_end_in_words(
    field: str, value: Any, answer: Any, patient: FlaskClient, rounds: Rounds, lms: RegisteringLms
) -> None:
    lms.tells(Reply(json.dumps({**lms.configuration(), field: value})))
    lms.grants(Reply(json.dumps(answer)))
    page = open_registration(patient, invite(rounds), lms.address)
    assert page.status_code == 200 or 400 <= page.status_code < 500 or page.status_code == 503
    assert "Traceback" not in page.text


@FUZZ
@given(
    query=st.dictionaries(
        st.sampled_from(["code", "openid_configuration", "registration_token", "more"]),
        st.text(max_size=60) | st.sampled_from(["\x00", "https://[", "x" * 9000, "c" * 32, ""]),
    )
)
def test_addresses_of_any_shape_end_in_words(query: dict[str, str], patient: FlaskClient) -> None:
    page = patient.get("/lti/register", query_string=query)
    assert 400 <= page.status_code < 500
    assert code_of(page) in ("registration-malformed", "invitation-unknown")


# -- Taking another's place ------------------------------------------------------------------------


def test_an_invited_lms_cannot_take_over_another_platform(
    client: FlaskClient, rounds: Rounds
) -> None:
    """With a code of its own, and the issuer and client id of somebody else."""
    with registering_lms() as school, PlatformStub() as stub:
        open_registration(client, invite(rounds), school.address)
        rogue = RegisteringLms(stub, "other")
        rogue.tells(issuer="http://localhost:" + str(school.stub.port))
        answer = open_registration(client, invite(rounds), rogue.address)
    assert code_of(answer) == "issuer-foreign"
    assert count(rounds) == 1


def test_a_code_that_was_seen_is_of_no_use_to_a_second_lms(
    client: FlaskClient, rounds: Rounds
) -> None:
    code = invite(rounds)
    with registering_lms() as school, registering_lms() as other:
        open_registration(client, code, school.address)
        answer = open_registration(client, code, other.address)
        assert not other.stub.asked
    assert (answer.status_code, code_of(answer)) == (409, "invitation-used")
    assert count(rounds) == 1
