"""Deliverers: the processes that send what is owed, told apart and watched for signs of life."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from lti_tool.db import insert_missing
from lti_tool.models.deliverer import Deliverer

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY = 0


class Deliverers:
    """Gives each process a name that outlives it, so that a restart finds its own jobs again."""

    def __init__(self, session: Session, now: datetime, silence_seconds: float) -> None:
        self._session = session
        self._now = now
        self._silence = timedelta(seconds=silence_seconds)

    def enter(self, host: str, process: int) -> str:
        """Take the first place on this host that no living process holds; its name."""
        for slot in count():
            executor = f"{host}-{slot}"
            empty = {"executor": executor, "process": NOBODY, "seen_at": NEVER}
            insert_missing(self._session, Deliverer, empty, ["executor"])
            row = self._session.get_one(Deliverer, executor, with_for_update=True)
            if self._silent(row) or not _other_alive(row.process, process):
                row.process, row.seen_at = process, self._now
                return executor
        raise AssertionError("unreachable: slots do not end")

    def seen(self, executor: str, process: int) -> None:
        """Give a sign of life, also when others took this process for dead meanwhile."""
        values = {"executor": executor, "process": process, "seen_at": self._now}
        insert_missing(self._session, Deliverer, values, ["executor"])
        self._session.execute(
            update(Deliverer)
            .where(Deliverer.executor == executor)
            .values(process=process, seen_at=self._now)
        )

    def leave(self, executor: str) -> None:
        """Say that this process ends, so that whatever it leaves is taken over at once."""
        self._session.execute(
            update(Deliverer)
            .where(Deliverer.executor == executor)
            .values(process=NOBODY, seen_at=NEVER)
        )

    def alive(self) -> int:
        """How many processes gave a sign of life lately."""
        return self._session.scalars(
            select(func.count())
            .select_from(Deliverer)
            .where(Deliverer.process != NOBODY, Deliverer.seen_at >= self._now - self._silence)
        ).one()

    def last_seen(self) -> datetime | None:
        """The last sign of life of any; None when all have left."""
        return self._session.scalar(
            select(func.max(Deliverer.seen_at)).where(Deliverer.process != NOBODY)
        )

    def adopt(self) -> Sequence[str]:
        """The deliverers that fell silent, each given to one caller only.

        They count as seen until `forget`: should the adopter die too, they fall silent again.
        """
        silent = self._session.scalars(
            select(Deliverer)
            .where(Deliverer.seen_at < self._now - self._silence)
            .with_for_update(skip_locked=True)
        ).all()
        for row in silent:
            row.process, row.seen_at = NOBODY, self._now
        return [row.executor for row in silent]

    def forget(self, executor: str) -> None:
        """Drop a deliverer whose jobs were adopted, unless it came back."""
        self._session.execute(
            delete(Deliverer).where(Deliverer.executor == executor, Deliverer.process == NOBODY)
        )

    def _silent(self, row: Deliverer) -> bool:
        return row.seen_at < self._now - self._silence


def _other_alive(process: int, own: int) -> bool:
    """Whether a process of that id, other than this one, runs on this host."""
    if process in (NOBODY, own):
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
