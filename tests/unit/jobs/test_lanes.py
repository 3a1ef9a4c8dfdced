"""Lanes: each LMS has its own, the same one for every thread."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from threading import Event

import pytest

from lti_tool.domain.passback import State
from lti_tool.jobs.lanes import Lanes
from lti_tool.models.course import Course
from lti_tool.services.unit import Rounds
from tests import factories
from tests.owing import Debtor
from tests.platform_stub import PlatformStub, Reply
from tests.unit.lms.conftest import GRANTED, register
from tests.working import run_until


def test_threads_that_ask_at_once_share_a_lane() -> None:
    lanes = Lanes(4)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lanes.of, [1, 2] * 50))
    assert {id(lane) for lane in found[::2]} == {id(lanes.of(1))}
    assert lanes.of(1) is not lanes.of(2)


def test_no_more_are_on_the_wire_than_allowed_and_some_are_made_ready_meanwhile() -> None:
    lane = Lanes(2).of(1)
    assert [lane.calls.acquire(blocking=False) for _ in range(3)] == [True, True, False]
    assert [lane.places.acquire(blocking=False) for _ in range(5)] == [True] * 4 + [False]


def test_a_roster_that_hangs_holds_up_no_other_lms_and_no_grade(
    at_work: Rounds, owing: Debtor, stubs: tuple[PlatformStub, PlatformStub]
) -> None:
    hanging, well = stubs
    reached, go = Event(), Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        reached.set()
        go.wait(60)

    hanging.answers("/members", Reply(raw=hang))
    well.answers("/members", {"id": "x", "context": {"id": "c"}, "members": []})
    settings = replace(at_work.settings, http_read_seconds=60)
    patient = replace(at_work, settings=settings)
    stuck, fine = ask_for_roster(patient, hanging, "1"), ask_for_roster(patient, well, "2")
    owed: list[int] = []

    def others_are_served() -> bool:
        if not reached.is_set():
            return False
        if not owed:
            owed.append(owing.owe("80") or 0)
        if not read(patient, fine) or owing.row(owed[0]).state != State.SENT:
            return False
        assert not read(patient, stuck)
        go.set()
        return True

    run_until(patient, others_are_served)
    assert go.is_set()


@pytest.fixture
def stubs() -> Iterator[tuple[PlatformStub, PlatformStub]]:
    """Two LMSs that give tokens."""
    with PlatformStub() as one, PlatformStub() as other:
        for stub in (one, other):
            stub.answers("/token", Reply(GRANTED))
        yield one, other


def ask_for_roster(rounds: Rounds, stub: PlatformStub, client_id: str) -> int:
    """A course whose roster a job is to read from this LMS; its number."""
    platform = register(rounds, stub, client_id, "other")
    with rounds.work() as unit:
        course = factories.course(unit.session, platform)
        course.memberships_url, course.roster_at = stub.url("/members"), None
        unit.session.flush()
        rounds.enqueue(unit.session, "roster", f"{course.id}:first", platform.id)
        return course.id


def read(rounds: Rounds, course_id: int) -> bool:
    with rounds.reading() as unit:
        return unit.session.get_one(Course, course_id).roster_at is not None
