"""How often something may fail before the caller has to wait: in the database, for all workers."""

import hashlib
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import update
from sqlalchemy.orm import Session

from lti_tool.db import insert_missing
from lti_tool.domain.errors import TooMany
from lti_tool.models.limit import TryCount
from lti_tool.settings import Settings


class Limits:
    """Counts failed tries in windows of fixed length. Only failures count: reading is free."""

    def __init__(self, session: Session, now: datetime, settings: Settings) -> None:
        self._session = session
        self._now = now
        self._tries = settings.verify_tries
        self._window = timedelta(seconds=settings.verify_window_seconds)

    def check(self, kind: str, caller: str) -> None:
        """Raise TooMany when the caller failed too often in the present window."""
        row = self._session.get(TryCount, (kind, _digest(caller)))
        if row is None or row.window + self._window <= self._now or row.count < self._tries:
            return
        left = row.window + self._window - self._now
        raise TooMany("too many wrong tries", seconds=ceil(left.total_seconds()))

    def count(self, kind: str, caller: str) -> None:
        """Count a failure; the first one after a window begins a new window."""
        key = {"kind": kind, "caller": _digest(caller)}
        insert_missing(
            self._session, TryCount, {**key, "window": self._now, "count": 0}, ["kind", "caller"]
        )
        mine = (TryCount.kind == kind) & (TryCount.caller == key["caller"])
        over = TryCount.window <= self._now - self._window
        self._session.execute(update(TryCount).where(mine, over).values(window=self._now, count=0))
        self._session.execute(update(TryCount).where(mine).values(count=TryCount.count + 1))


def _digest(caller: str) -> str:
    return hashlib.sha256(caller.encode()).hexdigest()
