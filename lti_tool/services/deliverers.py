"""Deliverers: the processes that send what is owed, told apart and watched for signs of life.

Clocks of two machines are never compared to take one for dead: a sign of life is a number that
rises, and whoever watches measures by a clock of his own for how long it stands still (jobs/watch).
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.db import insert_missing
from lti_tool.domain.errors import DelivererReplaced
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
        """Take the first place on this host that no living process holds; its name.

        A process that has nothing to do with us may have got the number of one that died. Its place
        is then passed over, until somebody adopts what was done there.
        """
        for slot in count():
            executor = f"{host}-{slot}"
            empty = {"executor": executor, "process": NOBODY, "beat": 0, "seen_at": NEVER}
            insert_missing(self._session, Deliverer, empty, ["executor"])
            row = self._session.get_one(
                Deliverer, executor, with_for_update=True, populate_existing=True
            )
            if not _other_alive(row.process, process):
                row.process, row.beat, row.seen_at = process, row.beat + 1, self._now
                return executor
        raise AssertionError("unreachable: slots do not end")

    def seen(self, executor: str, process: int) -> None:
        """Give a sign of life, also where others took this process for dead meanwhile.

        Raises DelivererReplaced when another process works under this name by now.
        """
        empty = {"executor": executor, "process": NOBODY, "beat": 0, "seen_at": NEVER}
        insert_missing(self._session, Deliverer, empty, ["executor"])
        found = self._session.execute(
            update(Deliverer)
            .where(Deliverer.executor == executor, Deliverer.process.in_([process, NOBODY]))
            .values(process=process, beat=Deliverer.beat + 1, seen_at=self._now)
            .returning(Deliverer.executor)
        )
        if found.one_or_none() is None:
            raise DelivererReplaced(f"another process works as {executor}; start this one again")

    def leave(self, executor: str, process: int) -> None:
        """Say that this process ends, so that whatever it leaves is taken over at once."""
        self._session.execute(
            update(Deliverer)
            .where(Deliverer.executor == executor, Deliverer.process == process)
            .values(process=NOBODY, seen_at=NEVER)
        )

    def beats(self) -> dict[str, int]:
        """How many signs of life each deliverer has given."""
        rows = self._session.execute(select(Deliverer.executor, Deliverer.beat))
        return {executor: beat for executor, beat in rows}

    def adopt(self, still: Mapping[str, int]) -> Sequence[str]:
        """Those whose beat stands still, as the caller saw it, and those who have left: each is
        given to one caller only.

        A beat is given for them: should the adopter die too, they stand still once more.
        """
        rows = self._session.scalars(
            select(Deliverer)
            .where(or_(Deliverer.executor.in_(still), Deliverer.seen_at == NEVER))
            .order_by(Deliverer.executor)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        silent = [row for row in rows if row.seen_at == NEVER or row.beat == still[row.executor]]
        for row in silent:
            row.process, row.beat, row.seen_at = NOBODY, row.beat + 1, self._now
        return [row.executor for row in silent]

    def forget(self, executor: str) -> None:
        """Drop a deliverer whose jobs were adopted, unless it came back."""
        self._session.execute(
            delete(Deliverer).where(Deliverer.executor == executor, Deliverer.process == NOBODY)
        )

    # What is told of them: by their own clocks, which operate.md wants to agree -------------------

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
