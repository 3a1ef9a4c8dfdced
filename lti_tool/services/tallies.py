"""Tallies: logins, launches and answers of LMSs, counted for whoever watches.

They live in the database, so that each process on each machine can tell all of them. What goes well
and often is gathered by each process for a few seconds first: a launch waits for no count.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

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


class Gathered:
    """Counts of one process that are not written yet; any number of threads may add.

    What a process gathered since it last wrote ends with it when it is killed.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._written_at = clock()
        self._counts: dict[tuple[Event, int, str, str], Count] = {}
        self._lock = Lock()

    def add(
        self, event: Event, platform: int, outcome: str, seconds: float, code: str = OK
    ) -> None:
        """Gather one event that took so many seconds."""
        key = event, platform, outcome, code
        with self._lock:
            before = self._counts.get(key) or Count(*key, times=0, seconds=0.0)
            self._counts[key] = Count(
                *key, times=before.times + 1, seconds=before.seconds + seconds
            )

    def due(self) -> list[Count]:
        """All of it, for the caller to write, once in so many seconds; nothing in between."""
        if self._clock() - self._written_at < self._seconds:
            return []
        return self.take()

    def take(self) -> list[Count]:
        """All of it, for the caller to write: in one order always, or two who write would lock each
        other out.
        """
        with self._lock:
            taken, self._counts = [self._counts[key] for key in sorted(self._counts)], {}
            self._written_at = self._clock()
        return taken


class Tallies:
    """Counts what happened, and tells it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(
        self, event: Event, platform: int | None, outcome: str, code: str | None, seconds: float
    ) -> None:
        """Count an event that took so many seconds. Come last in a transaction: this locks."""
        self.add(Count(event, platform or NO_PLATFORM, outcome, code or OK, 1, seconds))

    def add(self, count: Count) -> None:
        """Add what was counted already, in the same way."""
        key = {
            "event": count.event,
            "platform": count.platform,
            "outcome": count.outcome,
            "code": count.code,
            "slot": secrets.randbelow(SLOTS),
        }
        added = {"times": count.times, "microseconds": round(count.seconds * 1_000_000)}
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
