"""How often something may be tried before one has to wait: counted for all workers together."""

import hashlib
import secrets
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lti_tool.db import insert_missing
from lti_tool.domain.errors import TooMany
from lti_tool.models.limit import TryCount
from lti_tool.settings import Settings

KEPT = timedelta(days=1)
"""How long a count is kept after its window began: no window of a setting is as long in earnest."""

SWEEP_EVERY = 200
"""One count in so many also deletes those that are over."""

CONNECTION_TESTS = 6
"""In a minute: each keeps a worker waiting for the LMS, and few people do more than two."""


TRANSCRIPTS = 10
"""In ten minutes: each reads all that is known of an intern, and makes a row and a file."""


class Allowance(NamedTuple):
    """So many tries in so long a window."""

    tries: int
    window: timedelta


class Limits:
    """Counts tries of a kind by a caller in windows of fixed length.

    Failures: `verify` (wrong codes of an address), `holder-key` (wrong keys of a certificate),
    `login`, `launch` and `register` (refused ones). Successes: `logins` (begun by an address),
    `connection-tests` and `transcripts` (of one person).
    """

    def __init__(self, session: Session, now: datetime, settings: Settings) -> None:
        self._session = session
        self._now = now
        codes = Allowance(settings.verify_tries, timedelta(seconds=settings.verify_window_seconds))
        failed = Allowance(settings.failed_tries, timedelta(seconds=settings.failed_window_seconds))
        self._allowed = {
            "verify": codes,
            "holder-key": codes,
            "login": failed,
            "launch": failed,
            "register": failed,
            "logins": Allowance(settings.logins_per_minute, timedelta(minutes=1)),
            "connection-tests": Allowance(CONNECTION_TESTS, timedelta(minutes=1)),
            "transcripts": Allowance(TRANSCRIPTS, timedelta(minutes=10)),
        }

    def check(self, kind: str, caller: str) -> None:
        """Raise TooMany when the caller tried too often in the present window. Reading is free."""
        tries, window = self._allowed[kind]
        row = self._session.get(TryCount, (kind, _digest(caller)))
        if row is None or row.window + window <= self._now or row.count < tries:
            return
        left = row.window + window - self._now
        raise TooMany("too many tries", seconds=ceil(left.total_seconds()))

    def count(self, kind: str, caller: str, by: int = 1) -> None:
        """Count a try; the first one after a window begins a new window."""
        key = {"kind": kind, "caller": _digest(caller)}
        insert_missing(
            self._session, TryCount, {**key, "window": self._now, "count": 0}, ["kind", "caller"]
        )
        mine = (TryCount.kind == kind) & (TryCount.caller == key["caller"])
        over = TryCount.window <= self._now - self._allowed[kind].window
        self._session.execute(update(TryCount).where(mine, over).values(window=self._now, count=0))
        self._session.execute(update(TryCount).where(mine).values(count=TryCount.count + by))
        if secrets.randbelow(SWEEP_EVERY) == 0:
            self._session.execute(delete(TryCount).where(TryCount.window < self._now - KEPT))

    def spend(self, kind: str, caller: str) -> None:
        """Check, then count what went well.

        Counted by chance, in steps of a hundredth of what is allowed: a class that begins together
        would else stand in line for one row.
        """
        self.check(kind, caller)
        step = max(1, self._allowed[kind].tries // 100)
        if secrets.randbelow(step) == 0:
            self.count(kind, caller, by=step)


def _digest(caller: str) -> str:
    return hashlib.sha256(caller.encode()).hexdigest()
