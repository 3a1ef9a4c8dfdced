"""The doctor looks at platforms: what the sandbox LMS does wrong, and addresses without answer."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from lti_tool.models.course import Course
from lti_tool.models.platform import Deployment, Platform
from lti_tool.services.doctor import Finding, Verdict, examine
from lti_tool.services.unit import Rounds
from tests import factories
from tests.platform_stub import PlatformStub, Reply
from tests.sandbox_server import SandboxServer, start_sandbox

OK, WARNING, FAULT = Verdict.OK, Verdict.WARNING, Verdict.FAULT
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
ROSTER = "/api/lti/courses/12/names_and_roles"


@pytest.fixture(scope="module")
def tool() -> Iterator[PlatformStub]:
    """What an LMS asks of the tool: its keys."""
    with PlatformStub() as server:
        yield server


@pytest.fixture(scope="module")
def sandbox(tool: PlatformStub) -> Iterator[SandboxServer]:
    server = start_sandbox(tool.url(""))
    yield server
    server.stop()


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database is enough: what these checks read, test_doctor.py reads on both."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'rounds.db')}"


@pytest.fixture
def known(rounds: Rounds, sandbox: SandboxServer, tool: PlatformStub) -> Rounds:
    """A Rounds whose keys the sandbox can fetch, in a sandbox without any fault."""
    with rounds.work() as unit:
        unit.keys.open()
        tool.answers("/lti/jwks.json", unit.launches.published_keys())
    for flavour in ("canvas", "moodle", "plain"):
        sandbox.control(flavour, "clear")
    # Nobody waits for an answer of the public address, which test_doctor.py looks at.
    return replace(rounds, settings=replace(rounds.settings, base_url="http://127.0.0.1:9"))


def register(rounds: Rounds, sandbox: SandboxServer, flavour: str, **changed: str) -> None:
    about = sandbox.registrations()[flavour]
    with rounds.work() as unit:
        unit.registrations.add({**about, "product": about["product"] or "other"} | changed)


def look(rounds: Rounds) -> dict[str, Finding]:
    """What is told of the only platform, by what was looked at."""
    parted = ((one.check.rpartition(", "), one) for one in examine(rounds, online=True))
    return {what: finding for (platform, _, what), finding in parted if platform}


def open_course(rounds: Rounds, memberships_url: str) -> None:
    """What the launch of a course leaves behind."""
    with rounds.work() as unit:
        deployment = Deployment(platform_id=1, deployment_id="d", hosts=[], first_seen_at=unit.now)
        unit.session.add(
            Course(
                deployment=deployment,
                context_id="c",
                title="C",
                time_zone="UTC",
                memberships_url=memberships_url,
                created_at=unit.now,
            )
        )


# What an LMS does wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize("flavour", ["canvas", "moodle", "plain"])
def test_a_sound_platform_is_all_right(known: Rounds, sandbox: SandboxServer, flavour: str) -> None:
    register(known, sandbox, flavour)
    found = look(known)
    assert found.keys() == {"keys", "clock", "token", "roster"}
    assert {one.verdict for one in found.values()} == {OK}, found


def test_an_lms_whose_guard_keeps_it_from_our_keys(known: Rounds, sandbox: SandboxServer) -> None:
    sandbox.control("moodle", "switches", keys_blocked=True)
    register(known, sandbox, "moodle")
    found = look(known)
    assert found["keys"].verdict == OK
    assert (found["token"].verdict, found["token"].code) == (FAULT, "keys-blocked")
    assert "/lti/jwks.json" in found["token"].advice


def test_a_tool_that_is_switched_off_gets_a_token_and_no_service(
    known: Rounds, sandbox: SandboxServer
) -> None:
    register(known, sandbox, "canvas")
    open_course(known, sandbox.base + ROSTER)
    assert "people in the newest course" in look(known)["roster"].says
    sandbox.control("canvas", "switches", tool_active=False)
    found = look(known)["roster"]
    assert found.verdict == FAULT
    assert "switched on" in found.advice


def test_whether_the_gradebook_lets_us_in_is_asked_of_the_newest_column(
    known: Rounds, sandbox: SandboxServer, tool: PlatformStub
) -> None:
    register(known, sandbox, "canvas")
    address = tool.answers("/items/1", {"id": tool.url("/items/1"), "scoreMaximum": 100})
    with known.work() as unit:
        course = factories.course(unit.session, unit.session.get_one(Platform, 1))
        course.scopes = [AGS + "score", AGS + "lineitem"]
        column = factories.activity(unit.session, course).columns[0]
        column.lineitem_url = address
    assert look(known)["gradebook"].verdict == OK
    tool.answers("/items/1", Reply(status=404))
    found = look(known)["gradebook"]
    assert (found.verdict, found.code) == (FAULT, "column-gone")


def test_a_wrong_client_id_is_told(known: Rounds, sandbox: SandboxServer) -> None:
    register(known, sandbox, "plain", client_id="somebody-else")
    found = look(known)["token"]
    assert (found.verdict, found.code) == (FAULT, "token-refused")
    assert "client id" in found.advice


@pytest.mark.parametrize("flavour", ["canvas", "moodle", "plain"])
def test_scopes_that_are_left_out_are_told_by_what_cannot_be_done(
    known: Rounds, sandbox: SandboxServer, flavour: str
) -> None:
    sandbox.control(flavour, "switches", scopes=[AGS + "score"])
    register(known, sandbox, flavour)
    found = look(known)["token"]
    assert (found.verdict, found.code) == (WARNING, "scope-missing")
    assert "the list of people" in found.says
    assert "sending grades" not in found.says
    sandbox.control(flavour, "switches", scopes=[AGS + "result.readonly"])
    found = look(known)["token"]
    assert found.verdict == FAULT
    assert "sending grades" in found.says


def test_a_scope_that_was_allowed_after_the_registration_is_good(
    known: Rounds, sandbox: SandboxServer
) -> None:
    register(known, sandbox, "canvas")
    with known.work() as unit:
        unit.session.get_one(Platform, 1).scopes = [AGS + "score"]
    assert look(known)["token"].verdict == OK


def test_a_clock_that_differs_is_told(known: Rounds, sandbox: SandboxServer) -> None:
    register(known, sandbox, "plain")
    late = replace(known, clock=lambda: known.clock() - timedelta(seconds=100))
    found = look(late)["clock"]
    assert found.verdict == WARNING
    assert found.says.endswith("seconds ahead of ours")
    early = replace(known, clock=lambda: known.clock() + timedelta(seconds=100))
    assert look(early)["clock"].says.endswith("seconds behind ours")


# Addresses nobody answers well --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "says", "code"),
    [
        ("http://127.0.0.1:9/x", "nothing listens there", "platform-unreachable"),
        ("https://lms.example.edu/x", "its name is not known here", "platform-unreachable"),
        ("http://10.1.2.3/x", "no address that may be called", "address-refused"),
    ],
)
def test_an_address_without_an_answer_is_told_with_its_cause(
    known: Rounds, sandbox: SandboxServer, address: str, says: str, code: str
) -> None:
    register(known, sandbox, "plain", jwks_url=address, auth_token_url=address)
    found = look(known)
    assert found.keys() == {"keys", "token"}
    for one in found.values():
        assert (one.verdict, one.code) == (FAULT, code)
        assert one.says.startswith(address)
        assert says in one.says


def test_a_certificate_that_is_none_and_an_answer_that_never_comes_are_told(
    known: Rounds, sandbox: SandboxServer
) -> None:
    over = Event()
    with PlatformStub() as stub:
        slow = stub.answers("/slow", Reply(raw=lambda handler: over.wait(5)))
        plain = stub.url("/keys").replace("http:", "https:")
        register(known, sandbox, "plain", jwks_url=plain, auth_token_url=slow)
        found = look(replace(known, settings=replace(known.settings, http_read_seconds=1)))
        over.set()
    assert "certificate" in found["keys"].says
    assert "no answer in time" in found["token"].says


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (Reply("<html>Sign in"), "not JSON"),
        (Reply({"keys": []}), "no set of keys"),
        (Reply({"keys": [{"kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB"}]}), "none is an RSA"),
        (Reply({}, 404), "status is 404"),
    ],
)
def test_a_key_set_that_is_none_is_told(
    known: Rounds, sandbox: SandboxServer, tool: PlatformStub, document: Any, says: str
) -> None:
    register(known, sandbox, "plain", jwks_url=tool.answers("/keys", document))
    found = look(known)["keys"]
    assert found.verdict == FAULT
    assert says in found.says
