"""Rosters stored: who is new, who left, who returned, in which role, in how many statements."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from structlog.testing import capture_logs

from lti_tool.domain.errors import NotAllowed
from lti_tool.domain.people import (
    INSTRUCTOR,
    LEARNER,
    TEACHING_ASSISTANT,
    TEST_USER,
    Actor,
    Role,
)
from lti_tool.lms.http import Http
from lti_tool.lms.roster import Member, Roster, RosterReader
from lti_tool.lms.tokens import Tokens
from lti_tool.models.course import Course
from lti_tool.models.person import Membership, Person
from lti_tool.models.platform import Deployment
from lti_tool.services.roster_refresh import refresh_roster
from lti_tool.services.rosters import Rosters
from lti_tool.services.unit import Rounds
from tests import factories
from tests.platform_stub import PlatformStub, Reply
from tests.unit.lms.conftest import GRANTED, register

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LEA = Member("u-lea", (LEARNER,), "Lea Okafor", "Lea", "Okafor", "lea@example.org")
TOM = Member("u-tom", (INSTRUCTOR,), "Tom Brandl")


@dataclass
class Class:
    """A course of an LMS, and what we know of its people."""

    rounds: Rounds
    id: int

    def store(self, *members: Member, at: datetime = NOW, skipped: int = 0) -> None:
        with self.rounds.work() as unit:
            rosters = Rosters(unit.session, at, self.rounds.settings, self.rounds.enqueue)
            rosters.store(self.id, Roster(members, skipped))

    def known(self) -> dict[str, Membership]:
        with self.rounds.reading() as unit:
            rows = unit.session.execute(
                select(Person, Membership)
                .join(Membership, Membership.person_id == Person.id)
                .where(Membership.course_id == self.id)
            ).all()
            unit.session.expunge_all()
        for person, membership in rows:
            membership.person = person
        return {person.subject: membership for person, membership in rows}

    def course(self) -> Course:
        with self.rounds.reading() as unit:
            return unit.session.get_one(Course, self.id)

    def launched(self, subject: str, *roles: str, **facts: Any) -> None:
        """Someone as a launch leaves them."""
        with self.rounds.work() as unit:
            course = unit.session.get_one(Course, self.id)
            platform_id = unit.session.get_one(Deployment, course.deployment_id).platform_id
            person = Person(
                platform_id=platform_id, subject=subject, name="Name of launch", created_at=NOW
            )
            unit.session.add(person)
            unit.session.flush()
            row = Membership(
                course_id=self.id, person_id=person.id, launch_roles=list(roles), **facts
            )
            row.role = row.role or Role.NONE
            unit.session.add(row)


def new_class(rounds: Rounds, product: str = "other") -> Class:
    with rounds.work() as unit:
        platform = factories.platform(unit.session, product)
        return Class(rounds, factories.course(unit.session, platform).id)


@pytest.fixture
def course(rounds: Rounds) -> Class:
    return new_class(rounds)


# -- Who is there ----------------------------------------------------------------------------------


def test_the_new_are_added_in_their_roles(course: Class) -> None:
    course.store(LEA, TOM)
    known = course.known()
    lea, tom = known["u-lea"], known["u-tom"]
    assert (lea.person.name, lea.person.email) == ("Lea Okafor", "lea@example.org")
    assert (lea.role, lea.roster_roles, lea.launch_roles) == (Role.INTERN, [LEARNER], None)
    assert (tom.role, tom.left_at, tom.test_user) == (Role.COURSE_LEAD, None, False)
    found = course.course()
    assert (found.roster_at, found.roster_tried_at, found.roster_problem) == (NOW, NOW, None)


def test_someone_without_a_name_gets_a_label(course: Class) -> None:
    course.store(Member("u-123456", (LEARNER,)), Member("u-2", (LEARNER,), email="x@example.org"))
    names = {subject: row.person.name for subject, row in course.known().items()}
    assert names["u-123456"].endswith("123456")
    assert names["u-2"] == "x@example.org"


def test_a_roster_without_names_takes_none_away(course: Class) -> None:
    course.store(LEA)
    course.store(Member("u-lea", (LEARNER,), name="  "))
    person = course.known()["u-lea"].person
    assert (person.name, person.email) == ("Lea Okafor", "lea@example.org")


def test_a_changed_name_is_followed(course: Class) -> None:
    course.store(LEA)
    course.store(replace(LEA, name="Lea Okafor-Brandl"))
    assert course.known()["u-lea"].person.name == "Lea Okafor-Brandl"


def test_two_long_names_fit(course: Class) -> None:
    course.store(Member("u-1", (LEARNER,), None, "a" * 255, "b" * 255))
    assert len(course.known()["u-1"].person.name) == 500


def test_who_is_no_longer_listed_has_left_and_stays_who_they_were(course: Class) -> None:
    course.store(LEA, TOM)
    course.store(TOM, at=LATER)
    lea = course.known()["u-lea"]
    assert (lea.left_at, lea.role) == (LATER, Role.INTERN)
    course.store(TOM, at=LATER + timedelta(hours=1))
    assert course.known()["u-lea"].left_at == LATER


def test_who_returns_is_back(course: Class) -> None:
    course.store(LEA)
    course.store()
    course.store(LEA)
    lea = course.known()["u-lea"]
    assert (lea.left_at, lea.role) == (None, Role.INTERN)


def test_who_only_launched_is_in_no_roster_to_leave(course: Class) -> None:
    course.launched("u-admin", INSTRUCTOR)
    course.store(LEA)
    assert course.known()["u-admin"].left_at is None


def test_nobody_leaves_while_entries_cannot_be_read(course: Class) -> None:
    course.store(LEA)
    course.store(TOM, skipped=1)
    assert course.known()["u-lea"].left_at is None


def test_one_person_in_two_courses_is_one_person(rounds: Rounds, course: Class) -> None:
    with rounds.work() as unit:
        deployment = unit.session.get_one(Course, course.id).deployment
        other = Class(rounds, factories.course(unit.session, deployment.platform).id)
    course.store(LEA)
    other.store(replace(LEA, roles=(INSTRUCTOR,)))
    course.store(LEA)
    here, there = course.known()["u-lea"], other.known()["u-lea"]
    assert here.person_id == there.person_id
    assert (here.role, there.role) == (Role.INTERN, Role.COURSE_LEAD)


# -- In which role ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "launch", "roster", "role"),
    [
        ("moodle", [INSTRUCTOR], [INSTRUCTOR], Role.COURSE_LEAD),
        ("moodle", [INSTRUCTOR], [LEARNER], Role.SUPERVISOR),
        ("other", [INSTRUCTOR], [LEARNER], Role.COURSE_LEAD),
        ("canvas", [INSTRUCTOR], [INSTRUCTOR, TEACHING_ASSISTANT], Role.SUPERVISOR),
        ("canvas", [LEARNER], [LEARNER], Role.INTERN),
    ],
)
def test_the_roster_settles_what_the_launch_left_open(
    rounds: Rounds, product: str, launch: list[str], roster: list[str], role: Role
) -> None:
    course = new_class(rounds, product)
    course.launched("u-1", *launch)
    course.store(Member("u-1", tuple(roster)))
    assert course.known()["u-1"].role == role


def test_what_was_set_by_hand_wins(course: Class) -> None:
    course.launched("u-1", INSTRUCTOR, by_hand=Role.OBSERVER)
    course.store(Member("u-1", (INSTRUCTOR,)))
    assert course.known()["u-1"].role == Role.OBSERVER


def test_a_role_the_administrator_mapped_by_name_holds(rounds: Rounds) -> None:
    mapped = replace(rounds.settings, role_names={"Clinical Preceptor": "supervisor"})
    course = new_class(replace(rounds, settings=mapped), "canvas")
    course.launched("u-1", INSTRUCTOR, role_name="Clinical Preceptor")
    course.store(Member("u-1", (INSTRUCTOR,)))
    assert course.known()["u-1"].role == Role.SUPERVISOR


def test_the_pretend_student_is_known_as_one(course: Class) -> None:
    course.store(Member("u-1", (LEARNER, TEST_USER)), LEA)
    known = course.known()
    assert (known["u-1"].test_user, known["u-lea"].test_user) == (True, False)


# -- At what cost ----------------------------------------------------------------------------------


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Every statement a block sends to the database, many rows at once counted as one."""
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement.split()[0])

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def many(count: int, role: str = LEARNER) -> list[Member]:
    return [Member(f"u-{n}", (role,), f"Intern {n}") for n in range(count)]


def test_a_thousand_people_take_few_statements(course: Class) -> None:
    with statements(course.rounds.engine) as seen:
        course.store(*many(1000))
    assert len([one for one in seen if one not in ("BEGIN",)]) <= 12, seen
    assert len(course.known()) == 1000


def test_nothing_new_writes_nothing_but_the_hour(course: Class) -> None:
    course.store(*many(100))
    with statements(course.rounds.engine) as seen:
        course.store(*many(100), at=LATER)
    assert [one for one in seen if one in ("INSERT", "UPDATE", "DELETE")] == ["UPDATE"]
    assert course.course().roster_at == LATER


# -- From the LMS ----------------------------------------------------------------------------------


@pytest.fixture
def stub() -> Iterator[PlatformStub]:
    with PlatformStub() as server:
        server.answers("/token", Reply(GRANTED))
        yield server


@pytest.fixture
def reader(rounds: Rounds) -> RosterReader:
    http = Http(rounds.settings)
    return RosterReader(http, Tokens(rounds, http))


@pytest.fixture
def listed(rounds: Rounds, stub: PlatformStub) -> Class:
    """A course whose LMS offers a roster."""
    platform = register(rounds, stub, "client-1", "other")
    with rounds.work() as unit:
        row = factories.course(unit.session, platform)
        row.roster_at, row.memberships_url = None, stub.url("/members")
        return Class(rounds, row.id)


def test_a_roster_is_fetched_and_stored(
    rounds: Rounds, reader: RosterReader, stub: PlatformStub, listed: Class
) -> None:
    people = [{"user_id": "u-1", "roles": ["Learner"], "name": "Lea"}]
    stub.answers("/members", {"members": people})
    refresh_roster(rounds, reader, listed.id)
    assert listed.known()["u-1"].role == Role.INTERN
    assert listed.course().roster_at is not None


def page_of(people: Sequence[Member], number: int, size: int = 50) -> Reply:
    """A page of a roster, and where the next one is."""
    shown = people[number * size : (number + 1) * size]
    members = [
        {"user_id": one.subject, "roles": list(one.roles), "name": one.name} for one in shown
    ]
    more = len(people) > (number + 1) * size
    following = {"Link": f'</members/{number + 1}>; rel="next"'} if more else {}
    return Reply({"members": members}, headers=following)


def test_a_thousand_people_come_in_pages_and_a_second_time_write_nothing(
    rounds: Rounds, reader: RosterReader, stub: PlatformStub, listed: Class
) -> None:
    people = many(1000)
    stub.answers("/members", page_of(people, 0))
    for number in range(1, 20):
        stub.answers(f"/members/{number}", page_of(people, number))
    refresh_roster(rounds, reader, listed.id)
    assert len(listed.known()) == 1000
    with statements(rounds.engine) as seen:
        refresh_roster(rounds, reader, listed.id)
    writes = [one for one in seen if one in ("INSERT", "UPDATE", "DELETE")]
    assert writes == ["UPDATE"], "the hour of the roster, and nothing else"
    assert len(stub.asked_for("/members")) == 2
    assert not [asked for asked in stub.asked if "limit" in asked.path]


def test_a_page_that_fails_in_the_middle_changes_nobody(
    rounds: Rounds, reader: RosterReader, stub: PlatformStub, listed: Class
) -> None:
    people = many(120)
    listed.store(*people)
    stub.answers("/members", page_of(people, 0))
    stub.answers("/members/1", Reply("<h1>Sign in"))
    refresh_roster(rounds, reader, listed.id)
    assert listed.course().roster_problem == "platform-answer-wrong"
    assert not any(row.left_at for row in listed.known().values())


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("<html>", 404), "platform-answer-wrong"),
        (Reply({"members": {"u": 1}}), "platform-answer-wrong"),
        (Reply("[" * 100_000), "platform-answer-wrong"),
        (Reply({"members": []}, headers={"Link": '<//[>; rel="next"'}), "platform-answer-wrong"),
        (Reply("{}", 401), "scope-missing"),
        (Reply(raw=lambda handler: None), "platform-unreachable"),
    ],
)
def test_a_roster_that_cannot_be_read_says_why_and_changes_nothing(
    rounds: Rounds,
    reader: RosterReader,
    stub: PlatformStub,
    listed: Class,
    reply: Reply,
    code: str,
) -> None:
    listed.store(LEA)
    stub.answers("/members", reply)
    with capture_logs() as logged:
        refresh_roster(rounds, reader, listed.id)
    assert {"event": "roster", "course": listed.id, "code": code, "log_level": "warning"} in logged
    found = listed.course()
    assert (found.roster_problem, found.roster_at) == (code, NOW)
    assert listed.known()["u-lea"].left_at is None
    listed.store(LEA)
    assert listed.course().roster_problem is None


def test_a_person_asks_again_and_not_twice_in_a_breath(
    rounds: Rounds, listed: Class, jobs: list[tuple[str, str]]
) -> None:
    lead = Actor(1, listed.id, Role.COURSE_LEAD)
    for seconds in (0, 4, 6):
        at = NOW + timedelta(seconds=seconds)
        with rounds.work() as unit:
            Rosters(unit.session, at, rounds.settings, rounds.enqueue).refresh(lead)
    assert [kind for kind, _ in jobs] == ["roster", "roster"]
    with rounds.work() as unit, pytest.raises(NotAllowed):
        unit.rosters.refresh(replace(lead, role=Role.SUPERVISOR))


def test_a_course_without_a_roster_service_is_left_alone(
    rounds: Rounds, reader: RosterReader, stub: PlatformStub, course: Class
) -> None:
    refresh_roster(rounds, reader, course.id)
    assert stub.asked == []


def test_no_transaction_is_open_while_the_lms_is_asked(
    rounds: Rounds, reader: RosterReader, stub: PlatformStub, listed: Class
) -> None:
    open_at_asking: list[int] = []

    def members(handler: Any) -> None:
        open_at_asking.append(rounds.engine.pool.checkedout())  # type: ignore[attr-defined]  # QueuePool's
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"members":[]}')

    stub.answers("/members", Reply(raw=members))
    refresh_roster(rounds, reader, listed.id)
    assert open_at_asking == [0]
