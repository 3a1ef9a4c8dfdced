"""Grade services: whether an LMS takes grades at present, and when it is asked again.

One LMS that is away, busy or locks Rounds out is left alone for a while, with all that is owed to
it untouched. Then one message asks whether it works again, and if it does everything else follows.
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
from lti_tool.models.course import Course
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

    def to_be_asked(self) -> list[int]:
        """Platforms that were left alone long enough, so that one message may ask now."""
        over = GradeService.paused_until <= self._now
        return list(self._session.scalars(select(GradeService.platform_id).where(over)))

    def admits(self, message: Passback) -> bool:
        """Whether a message may be sent now: the last thing to ask before it is.

        Of those to an LMS that was left alone the first one asks whether it works again. The others
        wait for the answer to that, and no longer than an answer may take.
        """
        known = message.grade_service
        if known is None or known.paused_until is None:
            return True
        row = self._locked(message.platform_id)
        if row.paused_until is None or row.asking == message.id:
            return True
        if row.paused_until > self._now:
            return False
        settings = self._settings
        longest = 2 * (settings.http_connect_seconds + settings.http_read_seconds)
        row.asking, row.paused_until = message.id, self._now + timedelta(seconds=longest)
        return True

    def of_course(self, course_id: int) -> Condition:
        """The same of the LMS that a course is in."""
        course = self._session.get_one(Course, course_id)
        return self.of(course.deployment.platform_id)

    def note(self, message: Passback, answered: Answered) -> bool:
        """Keep what the answer to a message says of the LMS; leave it alone where it says so.

        Returns whether the LMS works, for all that is known, so that any fault is the message's
        own. Where the answer says nothing new, nothing is written: what a message met before tells
        nothing of the LMS, unless it was sent to ask.
        """
        known = message.grade_service
        if answered.trouble is None:
            if _is_news(known, answered, self._now):
                self._works(message, taken=answered.kind in TAKEN)
            return True
        again = message.tries > 1 and answered.trouble is not Trouble.BUSY
        if known is None or not again or answered.retry_after or known.asking == message.id:
            self._trouble(message, answered, answered.trouble)
            return False
        return known.failures == 0

    def resume(self, platform_id: int) -> None:
        """Ask a platform again at once, at somebody's word or after a test that went well."""
        self._hurry(platform_id)
        self._session.execute(
            update(GradeService)
            .where(GradeService.platform_id == platform_id, GradeService.paused_until > self._now)
            .values(paused_until=self._now, asking=None)
        )

    def _trouble(self, message: Passback, answered: Answered, trouble: Trouble) -> None:
        row = self._locked(message.platform_id)
        row.failed_at, row.code, row.status = self._now, answered.code, answered.status
        if row.asking == message.id:
            row.asking = row.paused_until = None
        begins = not row.paused_until or row.paused_until <= self._now
        if begins:
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
        if begins or answered.retry_after:
            row.paused_until = max(self._now + wait, row.paused_until or self._now)
        if begins:
            log.warning(
                "grade-service-paused",
                platform=row.platform_id,
                code=answered.code,
                status=answered.status,
                failures=row.failures,
                seconds=round(wait.total_seconds()),
            )

    def _works(self, message: Passback, *, taken: bool) -> None:
        row = self._locked(message.platform_id)
        if taken:
            row.ok_at = self._now
        if row.asking != message.id and _asked_for_rest(row, self._now):
            return
        if row.code is not None:
            log.info("grade-service-works", platform=row.platform_id, after=row.code)
        if row.paused_until is not None:
            self._hurry(row.platform_id)
        row.code, row.status, row.failures = None, None, 0
        row.paused_until = row.asking = None

    def _hurry(self, platform_id: int) -> None:
        """Let what was told in vain go at once, as if for the second time: it was not at fault.

        Whoever holds such a message at this moment is about to send it, and is not waited for.
        """
        in_vain = (
            select(Passback.id)
            .where(
                Passback.platform_id == platform_id,
                Passback.state.in_((State.WAITING, State.FETCHING)),
                Passback.last_code.in_(TROUBLES),
                Passback.due_at > self._now,
                Passback.stamp <= self._now,
            )
            .with_for_update(skip_locked=True)
        )
        self._session.execute(
            update(Passback)
            .where(Passback.id.in_(in_vain.scalar_subquery()))
            .values(due_at=self._now, attempts=1, tries=1)
            .execution_options(synchronize_session=False)
        )

    def _locked(self, platform_id: int) -> GradeService:
        fresh = {"platform_id": platform_id, "failures": 0}
        insert_missing(self._session, GradeService, fresh, ["platform_id"])
        return self._session.get_one(
            GradeService, platform_id, with_for_update=True, populate_existing=True
        )


def open_to(platform_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether a platform may be sent everything."""
    left_alone = select(GradeService.platform_id).where(GradeService.paused_until.is_not(None))
    return platform_id.not_in(left_alone)


def _is_news(known: GradeService | None, answered: Answered, now: datetime) -> bool:
    """Whether an answer without trouble changes the row."""
    taken = answered.kind in TAKEN
    if not answered.well:
        return False
    if known is None:
        return taken
    troubled = known.code is not None
    stale = known.ok_at is None or abs(now - known.ok_at) >= OK_STEP
    return troubled or (taken and stale)


def _asked_for_rest(row: GradeService, now: datetime) -> bool:
    """Whether the LMS is busy: one answer that was under way does not end its rest."""
    return bool(row.code == "throttled" and row.paused_until and row.paused_until > now)
