"""Until when a certificate is good."""

from datetime import date

import pytest

from lti_tool.domain.expiry import days_left, has_expired, last_day

END = date(2027, 3, 31)


@pytest.mark.parametrize(
    ("issued_on", "months", "expected"),
    [
        (date(2026, 11, 23), 12, date(2027, 11, 23)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 1), 120, date(2036, 12, 1)),
        (date(2026, 12, 1), None, None),
    ],
)
def test_the_last_day_is_that_day_of_a_later_month_or_its_last(
    issued_on: date, months: int | None, expected: date | None
) -> None:
    assert last_day(issued_on, months) == expected


def test_it_is_good_on_its_last_day_still() -> None:
    assert not has_expired(END, END)
    assert has_expired(END, date(2027, 4, 1))
    assert not has_expired(None, date.max)


@pytest.mark.parametrize(
    ("today", "expected"),
    [(date(2027, 1, 29), None), (date(2027, 1, 30), 60), (END, 0), (date(2027, 4, 1), None)],
)
def test_a_reminder_is_due_from_so_many_days_before_until_then(
    today: date, expected: int | None
) -> None:
    assert days_left(END, today, 60) == expected
    assert days_left(None, today, 60) is None
