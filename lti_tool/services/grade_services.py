"""Grade services: whether an LMS takes grades at present, and when it is asked again.

One LMS that is away, busy or locks Rounds out is left alone for a while, with all that is owed to
it untouched. Once it takes a message again, everything else follows by itself.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from lti_tool.db import insert_missing
from lti_tool.domain.grade_service import Trouble, pause
from lti_tool.domain.passback import State
from lti_tool.lms.products.base import TROUBLES, Answered, AnswerKind
from lti_tool.models.grade_service import GradeService
from lti_tool.models.passback import Passback
from lti_tool.settings import Settings

OK_STEP = timedelta(minutes=1)
"""How exactly the last success is kept: a row is not written for each of a thousand grades."""

TAKEN = (AnswerKind.SENT, AnswerKind.FETCHING)
"""The LMS has the message, whatever becomes of its file."""

log = structlog.get_logger("rounds.grade-service")


@dataclass(frozen=True, slots=True)
class Condition:
    """How an LMS takes grades at present. `code` is None when nothing is wrong."""

    ok_at: datetime | None = None
    failed_at: datetime | None = None
    code: str | None = None
    status: int | None = None
    failures: int = 0
    paused_until: datetime | None = None

    @property
    def asks_for_rest(self) -> bool:
        """Whether the LMS itself wants to be left alone: nobody's word shortens that."""
        return self.code == "throttled" and self.paused_until is not None


class GradeServices:
    """Keeps what the answers of each LMS say of the LMS itself."""

    def __init__(self, session: Session, now: datetime, settings: Settings) -> None:
        self._session = session
        self._now = now
        self._settings = settings

    def of(self, platform_id: int) -> Condition:
        """The present condition of a platform's service; `paused_until` only while it is paused."""
        row = self._session.get(GradeService, platform_id)
        if row is None:
            return Condition()
        until = row.paused_until
        return Condition(
            row.ok_at,
            row.failed_at,
            row.code,
            row.status,
            row.failures,
            until if until and until > self._now else None,
        )

    def note(self, platform_id: int, answered: Answered, known: GradeService | None) -> None:
        """Keep what an answer says of the LMS, and leave it alone for a while where it says so.

        `known` is the row as it was when the message was settled: where the answer says nothing
        new, nothing is written.
        """
        if answered.trouble is not None:
            self._trouble(platform_id, answered, answered.trouble)
        elif _is_news(known, answered, self._now):
            self._works(platform_id, taken=answered.kind in TAKEN)

    def resume(self, platform_id: int) -> None:
        """Ask a platform again at once, at somebody's word or after a test that went well.

        What was told to it in vain goes first.
        """
        self._hurry(platform_id)
        self._session.execute(
            update(GradeService)
            .where(GradeService.platform_id == platform_id)
            .values(paused_until=None)
        )

    def _trouble(self, platform_id: int, answered: Answered, trouble: Trouble) -> None:
        row = self._locked(platform_id)
        row.failed_at, row.code, row.status = self._now, answered.code, answered.status
        if not row.paused_until or row.paused_until <= self._now:
            row.failures += 1  # those in flight when the pause began are no further failures
        wait = pause(
            trouble,
            row.failures,
            answered.retry_after,
            jitter=random.random(),  # noqa: S311  (spreads load, guards nothing)
            first=self._settings.retry_seconds,
            longest=self._settings.pause_max_seconds,
            longest_asked=self._settings.retry_max_seconds,
        )
        if wait is None:
            return
        begins = not row.paused_until or row.paused_until <= self._now
        if begins or answered.retry_after:
            row.paused_until = max(self._now + wait, row.paused_until or self._now)
        if begins:
            log.warning(
                "grade-service-paused",
                platform=platform_id,
                code=answered.code,
                status=answered.status,
                failures=row.failures,
                seconds=round(wait.total_seconds()),
            )

    def _works(self, platform_id: int, *, taken: bool) -> None:
        row = self._locked(platform_id)
        if taken:
            row.ok_at = self._now
        if _asked_for_rest(row, self._now):
            return
        if row.code is not None:
            log.info("grade-service-works", platform=platform_id, after=row.code)
        if row.paused_until is not None and TROUBLES.get(row.code or "") is not Trouble.BARRED:
            # Somebody acts on a bar, and it may be one message's own: that waits its turn.
            self._hurry(platform_id)
        row.code, row.status, row.failures, row.paused_until = None, None, 0, None

    def _hurry(self, platform_id: int) -> None:
        """Let what was told in vain go at once, since it is not what was wrong."""
        in_vain = Passback.state == State.WAITING, Passback.last_code.in_(TROUBLES)
        self._session.execute(
            update(Passback)
            .where(Passback.platform_id == platform_id, *in_vain, Passback.stamp <= self._now)
            .values(due_at=self._now)
            .execution_options(synchronize_session=False)
        )

    def _locked(self, platform_id: int) -> GradeService:
        fresh = {"platform_id": platform_id, "failures": 0}
        insert_missing(self._session, GradeService, fresh, ["platform_id"])
        return self._session.get_one(
            GradeService, platform_id, with_for_update=True, populate_existing=True
        )


def is_paused(now: datetime) -> ColumnElement[bool]:
    """Whether a platform's service, as a row of GradeService, is left alone now."""
    return GradeService.paused_until > now


def open_to(platform_id: InstrumentedAttribute[int], now: datetime) -> ColumnElement[bool]:
    """Whether a platform may be sent anything now."""
    paused = select(GradeService.platform_id).where(is_paused(now))
    return platform_id.not_in(paused)


def _is_news(known: GradeService | None, answered: Answered, now: datetime) -> bool:
    """Whether an answer without trouble changes the row."""
    taken = answered.kind in TAKEN
    if known is None:
        return taken
    troubled = known.code is not None and not _asked_for_rest(known, now)
    stale = known.ok_at is None or abs(now - known.ok_at) >= OK_STEP
    return troubled or (taken and stale)


def _asked_for_rest(row: GradeService, now: datetime) -> bool:
    """Whether the LMS is busy: one answer that was under way does not end its rest."""
    return bool(row.code == "throttled" and row.paused_until and row.paused_until > now)
