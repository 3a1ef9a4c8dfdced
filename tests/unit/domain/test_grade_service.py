"""How long an LMS is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.domain.grade_service import TOLERATED, Trouble, pause

LONGEST, LONGEST_ASKED = 300.0, 86_400.0
WHOLE = {"first": 10.0, "longest": LONGEST, "longest_asked": LONGEST_ASKED}


def seconds(
    trouble: Trouble, failures: int, asked: float | None = None, jitter: float = 1
) -> float | None:
    wait = pause(trouble, failures, asked, jitter=jitter, **WHOLE)
    return None if wait is None else wait.total_seconds()


def test_who_is_busy_or_shut_is_left_alone_at_once_and_who_is_away_at_the_third_failure() -> None:
    assert [seconds(Trouble.AWAY, failures) for failures in (1, 2, 3)] == [None, None, 10]
    assert seconds(Trouble.BUSY, 1) == seconds(Trouble.BARRED, 1) == 10


@pytest.mark.parametrize("trouble", Trouble)
def test_each_vain_question_doubles_the_wait(trouble: Trouble) -> None:
    first = TOLERATED[trouble] + 1
    waits = [seconds(trouble, failures) for failures in range(first, first + 7)]
    assert waits == [10, 20, 40, 80, 160, 300, 300]


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize(
    ("asked", "wait"), [(3, 10), (120, 120), (7200, 7200), (31_536_000, 86_400)]
)
def test_what_the_lms_asks_for_is_given_up_to_a_day(
    trouble: Trouble, asked: float, wait: float
) -> None:
    assert seconds(trouble, 1, asked) == wait


@given(
    st.sampled_from(Trouble),
    st.integers(1, 100_000),
    st.none() | st.integers(0, 10**9),
    st.floats(0, 1),
)
def test_a_pause_is_never_shorter_than_asked_nor_longer_than_a_day(
    trouble: Trouble, failures: int, asked: int | None, jitter: float
) -> None:
    wait = seconds(trouble, failures, asked, jitter)
    if wait is None:
        assert failures <= TOLERATED[trouble]
        assert not asked
    else:
        assert min(asked or 5, LONGEST_ASKED) <= wait <= LONGEST_ASKED
