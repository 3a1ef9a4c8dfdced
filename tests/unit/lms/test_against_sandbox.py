"""Tokens, grades and rosters against the sandbox LMS, which shares no code with them."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urljoin

import pytest

from lti_tool.domain.passback import File, Kind, Message
from lti_tool.domain.people import INSTRUCTOR, LEARNER
from lti_tool.lms.grades import Grades, ShownResult
from lti_tool.lms.http import Http
from lti_tool.lms.products.base import Answered
from lti_tool.lms.roster import Member, RosterReader
from lti_tool.lms.signing import public_jwks
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Platform
from lti_tool.services.unit import Rounds
from tests import factories
from tests.platform_stub import PlatformStub, Reply
from tests.sandbox_server import SandboxServer, start_sandbox
from tests.unit.lms.conftest import register

ACTIVITY = "competencies"
# Where each flavour keeps the roster, seen from a column of the same course.
ROSTERS = {
    "canvas": "/api/lti/courses/12/names_and_roles",
    "moodle": "/mod/lti/services.php/CourseSection/12/bindings/1/memberships",
    "plain": "../members",
}


@pytest.fixture(scope="module")
def tool() -> Iterator[PlatformStub]:
    """What an LMS asks of the tool: its keys, and a certificate's file."""
    with PlatformStub() as server:
        server.answers("/certificate.pdf", Reply(b"%PDF-1.7"))
        yield server


@pytest.fixture(scope="module")
def sandbox(tool: PlatformStub) -> Iterator[SandboxServer]:
    server = start_sandbox(tool.url(""))
    yield server
    server.stop()


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database is enough: what is stored here are tokens, and test_tokens.py tries both."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'rounds.db')}"


@dataclass
class School:
    """A flavour of the sandbox, seen from the tool."""

    flavour: str
    sandbox: SandboxServer
    tool: PlatformStub
    platform: Platform
    grades: Grades
    reader: RosterReader

    def column(self, activity: str = ACTIVITY) -> str:
        columns = self.sandbox.state(self.flavour)["columns"]
        return next(str(one["url"]) for one in columns if one["activity"] == activity)

    def people(self) -> tuple[Member, ...]:
        url = urljoin(self.column(), ROSTERS[self.flavour])
        return self.reader.read(self.platform, url).members

    def intern(self) -> Member:
        """A student whom no other test of this module has used.

        The last of the roster: a supervisor may stand further up as a Learner.
        """
        found = [one for one in self.people() if one.roles == (LEARNER,) and one not in USED]
        USED.append(found[-1])
        return found[-1]

    def send(self, message: Message, seconds: int = 0, activity: str = ACTIVITY) -> Answered:
        stamp = BEGAN + timedelta(seconds=seconds)
        return self.grades.send(self.platform, self.column(activity), message, stamp)

    def look(self, sent: Answered) -> Answered:
        """How the fetch of a certificate's file goes that was just sent."""
        assert sent.kind == "fetching"
        return self.grades.look(self.platform, sent.progress_url or "")

    def attempts(self, member: Member) -> list[dict[str, Any]]:
        """A student's attempts, each with its files."""
        state = self.sandbox.state(self.flavour)
        for column in state["columns"]:
            for cell in column["grades"].values():
                if any(said["userId"] == member.subject for said in cell["history"]):
                    found: list[dict[str, Any]] = cell["attempts"]
                    return found
        return []

    def shown(self, member: Member) -> ShownResult | None:
        return self.grades.result(self.platform, self.column(), member.subject)


USED: list[Member] = []
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)


def score(member: Member, number: str | None = "80.2", comment: str | None = "Well") -> Message:
    return Message(Kind.SCORE, member.subject, number, "100", comment, BEGAN)


@pytest.fixture
def school(
    rounds: Rounds, sandbox: SandboxServer, tool: PlatformStub, http: Http, tokens: Tokens
) -> Callable[[str], School]:
    def at(flavour: str) -> School:
        given: dict[str, Any] = sandbox.registrations()[flavour]
        register(rounds, tool, "not used, but brings the key", "other")
        names = ("issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url")
        with rounds.work() as unit:
            facts = {name: given[name] for name in names}
            platform = factories.platform(unit.session, given["product"] or "other", **facts)
            tool.answers("/lti/jwks.json", Reply(public_jwks(unit.session, unit.now)))
        sender, reader = Grades(http, tokens), RosterReader(http, tokens)
        return School(flavour, sandbox, tool, platform, sender, reader)

    return at


FLAVOURS = pytest.mark.parametrize("flavour", list(ROSTERS))


@FLAVOURS
def test_the_roster_is_read(school: Callable[[str], School], flavour: str) -> None:
    people = school(flavour).people()
    roles = {role for member in people for role in member.roles}
    assert {INSTRUCTOR, LEARNER} <= roles
    assert all(role.startswith("http") for role in roles)
    assert len({member.subject for member in people}) == len(people) > 5


def test_a_roster_in_pages_is_the_same_roster(school: Callable[[str], School]) -> None:
    lms = school("canvas")
    whole = lms.people()
    lms.sandbox.control("canvas", "switches", roster_page=3)
    try:
        assert lms.people() == whole
    finally:
        lms.sandbox.control("canvas", "switches", roster_page=50)


@FLAVOURS
def test_a_score_is_sent_read_back_and_cleared(
    school: Callable[[str], School], flavour: str
) -> None:
    lms = school(flavour)
    intern = lms.intern()
    assert lms.shown(intern) is None
    assert lms.send(score(intern)).code == "sent"
    shown = lms.shown(intern)
    assert shown == ShownResult(Decimal("80.2"), Decimal(100), "Well")
    assert lms.send(score(intern, None, None), seconds=1).code == "sent"
    cleared = lms.shown(intern)
    assert cleared is not None
    assert cleared.score is None


@pytest.mark.parametrize(
    ("flavour", "kind", "code"),
    [
        ("canvas", "uncertain", "older-stamp"),
        ("moodle", "uncertain", "older-stamp"),
        ("plain", "uncertain", "older-stamp"),
    ],
)
def test_an_older_stamp_is_told_as_one(
    school: Callable[[str], School], flavour: str, kind: str, code: str
) -> None:
    lms = school(flavour)
    intern = lms.intern()
    assert lms.send(score(intern), seconds=5).code == "sent"
    answered = lms.send(score(intern), seconds=4)
    assert (answered.kind, answered.code) == (kind, code)


@pytest.mark.parametrize("flavour", ["canvas", "moodle"])
def test_who_is_no_student_is_told_as_one(school: Callable[[str], School], flavour: str) -> None:
    lms = school(flavour)
    lead = next(one for one in lms.people() if INSTRUCTOR in one.roles)
    answered = lms.send(score(lead))
    assert (answered.kind, answered.code) == ("refused", "not-a-student")


@FLAVOURS
def test_a_column_that_is_gone_is_told_as_one(
    school: Callable[[str], School], flavour: str
) -> None:
    lms = school(flavour)
    gone = lms.column().replace("901", "999")
    answered = lms.grades.send(lms.platform, gone, score(lms.people()[0]), BEGAN)
    assert (answered.kind, answered.code) == ("refused", "column-gone")


def test_an_unpublished_assignment_is_told_as_one(school: Callable[[str], School]) -> None:
    lms = school("canvas")
    lms.sandbox.control("canvas", "activity", activity="week-four", published=False)
    answered = lms.send(score(lms.intern()), activity="week-four")
    assert (answered.kind, answered.code) == ("refused", "unpublished")


def test_a_certificate_arrives_with_its_file_and_leaves_the_grade(
    school: Callable[[str], School],
) -> None:
    lms = school("canvas")
    intern = lms.intern()
    assert lms.send(score(intern)).code == "sent"
    file = File(lms.tool.url("/certificate.pdf"), "certificate.pdf")
    sent = lms.send(replace(score(intern), kind=Kind.CERTIFICATE, file=file), seconds=1)
    assert lms.look(sent).code == "sent"
    assert lms.tool.asked_for("/certificate.pdf")
    shown = lms.shown(intern)
    assert shown is not None
    assert shown.score == Decimal("80.2")


@pytest.fixture
def later(sandbox: SandboxServer) -> Iterator[None]:
    """Canvas fetches files only after its answer."""
    sandbox.control("canvas", "switches", delayed_files=True, file_delay=0)
    yield
    sandbox.control("canvas", "switches", delayed_files=False)


@pytest.mark.usefixtures("later")
def test_a_file_that_is_fetched_later_is_awaited(school: Callable[[str], School]) -> None:
    lms = school("canvas")
    go = Event()

    def held(handler: BaseHTTPRequestHandler) -> None:
        go.wait(10)
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n%PDF-1.7")

    lms.tool.answers("/held.pdf", Reply(raw=held))
    file = File(lms.tool.url("/held.pdf"), "certificate.pdf")
    sent = lms.send(replace(score(lms.intern()), kind=Kind.CERTIFICATE, file=file))
    assert lms.look(sent).code == "file-awaited"
    go.set()
    while (answered := lms.look(sent)).code == "file-awaited":
        pass
    assert (answered.kind, answered.code) == ("sent", "sent")


def test_a_file_that_failed_is_told_and_a_repetition_mends_the_same_attempt(
    school: Callable[[str], School],
) -> None:
    lms = school("canvas")
    intern = lms.intern()
    lms.tool.answers("/moved.pdf", Reply(status=404), Reply(b"%PDF-1.7"))
    file = File(lms.tool.url("/moved.pdf"), "certificate.pdf")
    message = replace(score(intern), kind=Kind.CERTIFICATE, file=file)
    failed = lms.look(lms.send(message))
    assert (failed.kind, failed.code) == ("refused", "file-not-fetched")
    assert lms.look(lms.send(message, seconds=1)).code == "sent"
    [attempt] = lms.attempts(intern)
    assert [one["state"] for one in attempt["files"]] == ["failed", "completed"]


def test_a_file_that_does_not_come_in_time_is_told_and_leaves_nothing(
    school: Callable[[str], School],
) -> None:
    lms = school("canvas")
    intern = lms.intern()
    lms.tool.answers("/slow.pdf", Reply(raw=lambda handler: time.sleep(0.5)))
    file = File(lms.tool.url("/slow.pdf"), "certificate.pdf")
    lms.sandbox.control("canvas", "switches", file_read_timeout=0.1)
    try:
        sent = lms.send(replace(score(intern), kind=Kind.CERTIFICATE, file=file))
    finally:
        lms.sandbox.control("canvas", "switches", file_read_timeout=30)
    assert (sent.kind, sent.code, sent.status) == ("refused", "file-not-fetched", 504)
    assert lms.shown(intern) is None


def test_without_the_scope_for_it_a_fetch_stays_unconfirmed(
    school: Callable[[str], School],
) -> None:
    lms = school("canvas")
    file = File(lms.tool.url("/certificate.pdf"), "certificate.pdf")
    sent = lms.send(replace(score(lms.intern()), kind=Kind.CERTIFICATE, file=file))
    scopes = lms.sandbox.state("canvas")["switches"]["scopes"]
    granted = [scope for scope in scopes if "progress" not in scope]
    lms.sandbox.control("canvas", "switches", scopes=granted)
    try:
        answered = lms.look(sent)
    finally:
        lms.sandbox.control("canvas", "switches", scopes=scopes)
    assert (answered.kind, answered.code) == ("sent", "fetch-unconfirmed")


def test_keys_that_cannot_be_fetched_are_told_as_the_cause(
    school: Callable[[str], School],
) -> None:
    lms = school("moodle")
    lms.sandbox.control("moodle", "switches", keys_blocked=True)
    try:
        member = Member("u-1", (LEARNER,))
        assert lms.send(score(member)).code == "keys-blocked"
    finally:
        lms.sandbox.control("moodle", "switches", keys_blocked=False)
