"""Tallies: logins, launches and answers of LMSs, counted in the transaction that was open anyway.

They live in the database, so that each process on each machine can tell all of them, and so that
none is lost when a worker ends.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.db import insert_or_add
from lti_tool.models.tally import Tally

SLOTS = 8
"""Rows a count is spread over: a class that launches together would else stand in line for one."""

OK = "ok"

NO_PLATFORM = 0


class Event(StrEnum):
    """What is counted: the two steps of a launch, and each call about a message to an LMS."""

    LOGIN = "login"
    LAUNCH = "launch"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Count:
    """How often an event went one way, and the seconds all of them took together."""

    event: Event
    platform: int
    outcome: str
    code: str
    times: int
    seconds: float


class Tallies:
    """Counts what happened, and tells it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(
        self, event: Event, platform: int | None, outcome: str, code: str | None, seconds: float
    ) -> None:
        """Count an event that took so many seconds. Come last in a transaction: this locks."""
        key = {
            "event": event,
            "platform": platform or NO_PLATFORM,
            "outcome": outcome,
            "code": code or OK,
            "slot": secrets.randbelow(SLOTS),
        }
        added = {"times": 1, "microseconds": round(seconds * 1_000_000)}
        insert_or_add(self._session, Tally, key, added)

    def all(self) -> Sequence[Count]:
        """Every count since the first start, in a steady order."""
        key = Tally.event, Tally.platform, Tally.outcome, Tally.code
        rows = self._session.execute(
            select(*key, func.sum(Tally.times), func.sum(Tally.microseconds))
            .group_by(*key)
            .order_by(*key)
        )
        return [
            Count(Event(event), platform, outcome, code, int(times), int(spent) / 1_000_000)
            for event, platform, outcome, code, times, spent in rows
        ]
