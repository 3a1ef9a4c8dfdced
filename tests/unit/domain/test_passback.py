"""What is owed to a gradebook: stamps, order, waits, and when a number goes out at all."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.domain.passback import (
    File,
    Kind,
    Message,
    SendWhen,
    back_off,
    due,
    next_stamp,
    stands,
    supersedes,
)
from lti_tool.domain.standard import Verdict

NOON = datetime(2026, 11, 22, 12, 0, 0, 345678, tzinfo=UTC)
MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC)
)

SCORE = Message(Kind.SCORE, "user-1", "80.2", "100", "Scored by A. Silva", NOON)


@pytest.mark.parametrize("file", [None, File("https://rounds.example.org/c.pdf", "c.pdf")])
def test_a_message_survives_being_stored(file: File | None) -> None:
    message = Message(Kind.CERTIFICATE, "u", None, "20", None, NOON, file)
    assert Message.of(message.primitives()) == message


def test_a_later_moment_with_the_same_number_is_no_news() -> None:
    later = Message(Kind.SCORE, "user-1", "80.2", "100", SCORE.comment, NOON + timedelta(days=1))
    assert later.same_news(SCORE)


def test_a_number_without_a_comment_is_no_news_but_a_new_comment_is() -> None:
    silent = Message(Kind.SCORE, "user-1", "80.2", "100", None, NOON)
    reworded = Message(Kind.SCORE, "user-1", "80.2", "100", "Scored by B. Costa", NOON)
    assert silent.same_news(SCORE)
    assert not reworded.same_news(SCORE)
    assert not SCORE.same_news(silent)


def test_another_number_and_another_maximum_are_news() -> None:
    assert not Message(Kind.SCORE, "user-1", "80.3", "100", None, NOON).same_news(SCORE)
    assert not Message(Kind.SCORE, "user-1", None, "100", None, NOON).same_news(SCORE)
    assert not Message(Kind.SCORE, "user-1", "80.2", "20", None, NOON).same_news(SCORE)


def test_the_number_that_came_with_a_certificate_is_no_news_but_the_file_is() -> None:
    file = File("https://rounds.example.org/c.pdf", "c.pdf")
    brought = Message(Kind.CERTIFICATE, "user-1", "80.2", "100", SCORE.comment, NOON, file)
    assert SCORE.same_news(brought)
    assert not brought.same_news(SCORE)


@given(MOMENTS, st.lists(st.tuples(MOMENTS, st.booleans()), max_size=8))
def test_stamps_rise_whatever_the_clock_does(
    first: datetime, later: list[tuple[datetime, bool]]
) -> None:
    last = next_stamp(None, first, whole_seconds=False)
    for now, whole_seconds in later:
        stamp = next_stamp(last, now, whole_seconds=whole_seconds)
        assert stamp > last
        if whole_seconds:
            assert stamp > last.replace(microsecond=0)
            assert stamp.microsecond == 0
        last = stamp


def test_two_messages_of_one_second_get_a_second_each_where_the_lms_compares_seconds() -> None:
    first = next_stamp(None, NOON, whole_seconds=True)
    second = next_stamp(first, NOON, whole_seconds=True)
    assert first == NOON.replace(microsecond=0)
    assert second == first + timedelta(seconds=1)


def test_elsewhere_a_millisecond_is_enough() -> None:
    first = next_stamp(None, NOON, whole_seconds=False)
    assert first == NOON.replace(microsecond=345000)
    assert next_stamp(first, NOON, whole_seconds=False) == NOON.replace(microsecond=346000)


def test_a_stamp_ahead_of_the_clock_is_waited_for() -> None:
    ahead = NOON + timedelta(seconds=3)
    assert due(ahead, NOON) == ahead
    assert due(NOON, ahead) == ahead


def test_a_score_supersedes_scores_only() -> None:
    assert supersedes(Kind.SCORE, Kind.SCORE)
    assert not supersedes(Kind.SCORE, Kind.CERTIFICATE)
    assert not supersedes(Kind.CERTIFICATE, Kind.SCORE)
    assert not supersedes(Kind.CERTIFICATE, Kind.CERTIFICATE)


@pytest.mark.parametrize(
    ("when", "verdict", "expected"),
    [
        (SendWhen.AS_SCORED, Verdict.NOT_ENOUGH, True),
        (SendWhen.AS_SCORED, Verdict.NOT_MET, True),
        (SendWhen.WHEN_ENOUGH, Verdict.NOT_ENOUGH, False),
        (SendWhen.WHEN_ENOUGH, Verdict.NOT_MET, True),
        (SendWhen.WHEN_ENOUGH, Verdict.MET, True),
        (SendWhen.WHEN_MET, Verdict.NOT_ENOUGH, False),
        (SendWhen.WHEN_MET, Verdict.NOT_MET, False),
        (SendWhen.WHEN_MET, Verdict.MET, True),
    ],
)
def test_when_a_number_stands(when: SendWhen, verdict: Verdict, expected: bool) -> None:
    assert stands(when, verdict) is expected


def wait(attempt: int, retry_after: float | None = None, jitter: float = 1.0) -> float:
    return back_off(attempt, retry_after, jitter=jitter, first=10, longest=86400).total_seconds()


def test_waits_double_up_to_the_longest() -> None:
    assert [wait(attempt) for attempt in (1, 2, 3, 4)] == [10, 20, 40, 80]
    assert wait(15) == wait(1000) == 86400


def test_chance_shortens_a_wait_by_half_at_most() -> None:
    assert wait(3, jitter=0) == 20
    assert wait(3, jitter=0.5) == 30


def test_the_platform_may_ask_for_longer_but_not_for_ever() -> None:
    assert wait(1, retry_after=120) == 120
    assert wait(5, retry_after=1) == 160
    assert wait(1, retry_after=10**9) == 86400
