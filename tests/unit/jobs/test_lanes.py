"""Lanes: each LMS has its own, the same one for every thread."""

from concurrent.futures import ThreadPoolExecutor

from lti_tool.jobs.lanes import Lanes


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
