"""Rosters read from a stub: pages, odd entries, and rosters that are none."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from lti_tool.domain.errors import KeysBlocked, PlatformAnswerWrong
from lti_tool.domain.people import INSTRUCTOR, LEARNER, TEST_USER
from lti_tool.lms import roster as roster_module
from lti_tool.lms.http import Http
from lti_tool.lms.roster import Member, Roster, RosterReader
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Platform
from tests.platform_stub import PlatformStub, Reply


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database is enough: what is stored here are tokens, and test_tokens.py tries both."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'rounds.db')}"


@pytest.fixture
def reader(http: Http, tokens: Tokens) -> RosterReader:
    return RosterReader(http, tokens)


def entry(subject: Any = "u-1", **changes: Any) -> dict[str, Any]:
    return {"status": "Active", "user_id": subject, "roles": [LEARNER], **changes}


def container(*entries: Any) -> dict[str, Any]:
    return {"id": "x", "context": {"id": "c"}, "members": list(entries)}


def page(stub: PlatformStub, number: int, *entries: Any, last: bool = False) -> Reply:
    following = f'<{stub.url(f"/People/Page{number + 1}")}>; rel="next"'
    return Reply(container(*entries), headers={} if last else {"Link": following})


def read(reader: RosterReader, stub: PlatformStub, platform: Platform, *replies: Any) -> Roster:
    return reader.read(platform, stub.answers("/members", *replies))


def test_a_member_is_read_whole(
    reader: RosterReader, stub: PlatformStub, platform: Platform
) -> None:
    person = entry(
        name="Lea Okafor",
        given_name="Lea",
        family_name="Okafor",
        email="lea@example.org",
        picture="https://x",
        message=[{"x": 1}],
    )
    assert read(reader, stub, platform, container(person)) == Roster(
        (Member("u-1", (LEARNER,), "Lea Okafor", "Lea", "Okafor", "lea@example.org"),)
    )
    [asked] = stub.asked_for("/members")
    assert asked.path == "/members", "no limit is asked for"
    media_type = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
    assert asked.headers["Accept"] == media_type
    assert asked.headers["Authorization"] == "Bearer t-1"
    assert stub.asked_for("/token")[0].form["scope"].endswith("/contextmembership.readonly")


def test_names_are_not_needed(reader: RosterReader, stub: PlatformStub, platform: Platform) -> None:
    found = read(reader, stub, platform, container(entry(name=None), entry("u-2", status="Active")))
    assert [member.name for member in found.members] == [None, None]


def test_a_name_may_be_empty(reader: RosterReader, stub: PlatformStub, platform: Platform) -> None:
    person = entry(name="Lea", given_name="", family_name="Lea", email="")
    found = read(reader, stub, platform, container(person))
    assert [(one.name, one.email) for one in found.members] == [("Lea", "")]
    assert found.skipped == 0


def test_short_roles_become_whole(
    reader: RosterReader, stub: PlatformStub, platform: Platform
) -> None:
    found = read(reader, stub, platform, container(entry(roles=["Instructor", TEST_USER, "Odd"])))
    assert found.members[0].roles == (
        INSTRUCTOR,
        TEST_USER,
        INSTRUCTOR.replace("Instructor", "Odd"),
    )


def test_pages_are_followed_where_they_are_spelled(
    reader: RosterReader, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/People/Page2", page(stub, 2, entry("u-2"), entry("u-3")))
    stub.answers("/People/Page3", page(stub, 3, entry("u-3"), entry("u-4"), last=True))
    found = read(reader, stub, platform, page(stub, 1, entry("u-1"), entry("u-2")))
    assert [member.subject for member in found.members] == ["u-1", "u-2", "u-3", "u-4"]
    assert len(stub.asked_for("/token")) == 1


def test_only_the_active_count(
    reader: RosterReader, stub: PlatformStub, platform: Platform
) -> None:
    gone = [entry("u-2", status="Inactive"), entry("u-3", status="Deleted")]
    unsaid = entry("u-4")
    del unsaid["status"]
    found = read(reader, stub, platform, container(entry(), *gone, unsaid))
    assert [member.subject for member in found.members] == ["u-1", "u-4"]
    assert found.skipped == 0


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "u-2",
        [],
        {},
        entry(None),
        entry(7),
        entry(""),
        entry("x" * 256),
        entry("nul\x00"),
        entry("u-2", name="nul\x00"),
        entry("u-2", name="half \ud83d of a pair"),
        entry("u-2", name={"en": "Lea"}),
        entry("u-2", name="x" * 501),
        entry("u-2", roles="Learner"),
        entry("u-2", roles=[None]),
        entry("u-2", roles=["Learner"] * 51),
        entry("u-2", status=1),
    ],
)
def test_an_entry_that_cannot_be_read_is_counted(
    reader: RosterReader, stub: PlatformStub, platform: Platform, odd: Any
) -> None:
    found = read(reader, stub, platform, container(entry(), odd))
    assert [member.subject for member in found.members] == ["u-1"]
    assert found.skipped == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply([]),
        Reply({}),
        Reply({"members": {"u": 1}}),
        Reply("<html>Sign in"),
        Reply(container(), 403),
        Reply(container(), 302),
        Reply(container(), headers={"Link": '<https://elsewhere.example.org/2>; rel="next"'}),
        Reply(container(), headers={"Link": '<http://[7>; rel="next"'}),
    ],
)
def test_what_is_no_roster_is_refused(
    reader: RosterReader, stub: PlatformStub, platform: Platform, reply: Reply
) -> None:
    with pytest.raises(PlatformAnswerWrong):
        read(reader, stub, platform, reply)


def test_the_token_goes_to_no_other_host(
    reader: RosterReader, stub: PlatformStub, platform: Platform
) -> None:
    elsewhere = f'<http://localhost:{stub.port}/members>; rel="next"'
    with pytest.raises(PlatformAnswerWrong):
        read(reader, stub, platform, Reply(container(), headers={"Link": elsewhere}))
    assert len(stub.asked_for("/members")) == 1


def test_a_roster_that_never_ends_is_refused(
    reader: RosterReader,
    stub: PlatformStub,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roster_module, "MOST_PAGES", 3)
    round_and_round = Reply(container(entry()), headers={"Link": '</members>; rel="next"'})
    with pytest.raises(PlatformAnswerWrong):
        read(reader, stub, platform, round_and_round)
    assert len(stub.asked_for("/members")) == 3


def test_a_roster_of_too_many_is_refused(
    reader: RosterReader,
    stub: PlatformStub,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roster_module, "MOST_MEMBERS", 1)
    with pytest.raises(PlatformAnswerWrong):
        read(reader, stub, platform, container(entry("u-1"), entry("u-2")))


def test_without_a_token_the_roster_says_why(
    reader: RosterReader, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/token", Reply("<h1>Error", 404))
    with pytest.raises(KeysBlocked):
        read(reader, stub, platform, container())
