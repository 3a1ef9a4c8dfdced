"""Until when a certificate is good: its last day, and when a reminder of it begins."""

from calendar import monthrange
from datetime import date, timedelta

MOST_MONTHS = 120
"""The longest time a programme may set; what is longer is as good as no end."""


def last_day(issued_on: date, months: int | None) -> date | None:
    """The last day of a certificate that is good for so many months; None where it stays good.

    The same day of a later month, or that month's last: a month after 31 January is 28 February.
    """
    if months is None:
        return None
    years, month = divmod(issued_on.month - 1 + months, 12)
    year = issued_on.year + years
    return date(year, month + 1, min(issued_on.day, monthrange(year, month + 1)[1]))


def has_expired(expires_on: date | None, today: date) -> bool:
    """Whether its last day is over. `today` is the date where the course is."""
    return expires_on is not None and expires_on < today


def days_left(expires_on: date | None, today: date, reminder_days: int) -> int | None:
    """How many days are left after `today`, once a reminder is due; else None.

    It is due from `reminder_days` before the last day on, and no longer once that is over.
    """
    if expires_on is None or not today <= expires_on <= today + timedelta(reminder_days):
        return None
    return (expires_on - today).days
