"""Deliveries: the rows of passbacks on their way, taken to be sent and settled by the answer.

One message at a time for each intern and column, in the order of stamps. Whatever dies in between,
the row says what was going on.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import State as CertificateState
from lti_tool.domain.errors import ColumnGone, PlatformAnswerWrong
from lti_tool.domain.passback import (
    UNFINISHED,
    Kind,
    Message,
    State,
    back_off,
    due,
    supersedes,
)
from lti_tool.lms.grades import SCOPE
from lti_tool.lms.products.base import (
    CELL_UNREADABLE,
    FETCH_UNCONFIRMED,
    INTERNAL,
    Answered,
    AnswerKind,
)
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.certificate import Certificate, CertificateCopy
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.errands import Errand, Job, Look
from lti_tool.services.grade_services import TAKEN, GradeServices, open_to
from lti_tool.services.passback import (
    COLUMN_UNKNOWN,
    SCOPE_MISSING,
    about,
    hand_over,
    stamp_after_all,
    take_turn,
)
from lti_tool.services.passback_rows import (
    IN_TURNS,
    OLDEST_FIRST,
    heads,
    holds_back,
    in_vain,
    of_job,
)
from lti_tool.services.renderings import in_the_making
from lti_tool.services.shown_grades import note_shown, told_before
from lti_tool.settings import Settings

INTERRUPTED = "interrupted"
"""The process that sent it died before it knew the answer."""

OLDER_STAMP = "older-stamp"
"""The LMS holds a stamp that is not older than this message's."""

READ_IN_VAIN = (CELL_UNREADABLE, PlatformAnswerWrong.code)
"""Why a cell was not read that is looked at before it is written again."""

log = structlog.get_logger("rounds.delivery")


class Deliveries:
    """Takes messages to be sent, settles them by the answer, and finds those left behind."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        enqueue: Enqueue,
        settings: Settings,
        grade_services: GradeServices,
    ) -> None:
        self._session = session
        self._now = now
        self._enqueue = enqueue
        self._settings = settings
        self._grade_services = grade_services

    # One message ----------------------------------------------------------------------------------

    def take(self, job: Job, *, its_turn: bool = True) -> Errand | Look | None:
        """Mark a message as being sent and give what it takes; None when nothing is to be done now.

        One that must not be said twice is marked only once it is `its_turn` to be sent. A row that
        is being sent already belongs to this very job, whose process died: a score is said again
        with the same stamp, a certificate may have arrived and waits for a person. One whose file
        is awaited stays as it is, so that a death in between costs one look.
        """
        row = self._locked(job, UNFINISHED)
        if row is None:
            return None
        if row.state == State.SENDING and not self._harmless(row):
            self._end(row, State.UNCERTAIN, INTERRUPTED)
            return None
        if row.due_at > self._now or self._older_one(row) or not self._may_go(row):
            return None
        url, course = row.column.lineitem_url, row.column.activity.course
        platform = course.deployment.platform
        if row.progress_url is not None:
            look = Look(platform, row.progress_url)
            return look if self._sets_out(row) else None
        if url is None or SCOPE not in course.scopes:
            self._sleep(row, url, course.scopes)
            return None
        errand = Errand(
            platform=platform,
            granted=tuple(course.scopes),
            column_url=url,
            message=Message.of(row.message),
            stamp=row.stamp,
            unread=row.tries if row.last_code in READ_IN_VAIN else 0,
            told=told_before(self._session, row, course),
        )
        if not its_turn and not errand.harmless:
            return errand
        if not self._sets_out(row):
            return None
        self._open_copy(row)
        row.state = State.SENDING
        return errand

    def _sets_out(self, row: Passback) -> bool:
        """Whether a message may be sent or looked after now: not while its LMS is left alone."""
        if not self._grade_services.admits(row):
            return False
        row.attempts += 1
        return True

    def _open_copy(self, row: Passback) -> None:
        """The LMS may fetch a certificate's copy for so long from when it is told of it."""
        if row.certificate is None:
            return
        days = timedelta(days=self._settings.certificate_copy_days)
        self._session.execute(
            update(CertificateCopy)
            .where(CertificateCopy.certificate_id == row.certificate.id)
            .values(expires_at=self._now + days)
        )

    def _may_go(self, row: Passback) -> bool:
        """Whether the message still stands and its certificate, if it brings one, is made."""
        certificate = row.certificate
        if self._newer_score(row):
            self._give_way(row)
        elif self._switched_off(row.column):
            self._end(row, State.SUPERSEDED, None)
        elif certificate is None:
            return True
        elif certificate.state != CertificateState.VALID:
            self._end(row, State.SUPERSEDED, None)
        elif certificate.problem is not None and certificate.try_at is None:
            self._end(row, State.REFUSED, certificate.problem)
        else:
            return certificate.sha256 is not None
        return False

    def _sleep(self, row: Passback, url: str | None, scopes: Sequence[str]) -> None:
        """Wait for a launch (see services.passback.wake), and look again once in a long while.

        Where column or course change at this very moment, whoever changes them may have woken what
        slept before: the message then stays due, and the next pass looks again.
        """
        as_they_are = (
            select(GradeColumn.lineitem_url, Course.scopes)
            .join(GradeColumn.activity)
            .join(Activity.course)
            .where(GradeColumn.id == row.column_id)
            .with_for_update(of=(GradeColumn, Course), read=True, skip_locked=True)
        )
        if self._session.execute(as_they_are).one_or_none() != (url, scopes):
            return
        row.state, row.last_code = State.WAITING, COLUMN_UNKNOWN if url is None else SCOPE_MISSING
        row.due_at = self._now + timedelta(seconds=self._settings.retry_max_seconds)

    def postpone(self, job: Job) -> None:
        """Look again after a while at a message that could not be taken for a fault of ours."""
        wait = timedelta(seconds=self._settings.pause_max_seconds)
        self._session.execute(
            update(Passback)
            .where(
                Passback.id == job.id,
                Passback.generation == job.generation,
                Passback.state.in_((State.WAITING, State.FETCHING)),
            )
            .values(due_at=self._now + wait, last_code=INTERNAL)
        )

    def settle(self, job: Job, answered: Answered) -> None:
        """Record what the LMS answered to a message taken before."""
        if answered.code == OLDER_STAMP:
            take_turn(self._session, job.id)
        if answered.code == ColumnGone.code:
            self._lock_column(job)
        row = self._locked(job, {State.SENDING, State.FETCHING, State.UNCERTAIN}, way=False)
        if row is None:
            return
        if answered.kind in TAKEN and row.progress_url is None:
            row.sent_at = self._now
        row.tries = row.tries + 1 if answered.code == row.last_code else 1
        row.last_status, row.last_code = answered.status, answered.code
        own = self._grade_services.note(row, answered)
        if answered.shown is not None:
            note_shown(self._session, self._now, row.column_id, {row.intern_id: answered.shown})
        if answered.code == ColumnGone.code and row.column.competency_id:
            row.column.problem = answered.code
        given_up = answered.tries is not None and row.tries >= answered.tries
        if answered.kind is AnswerKind.SENT:
            unconfirmed = answered.code == FETCH_UNCONFIRMED
            self._end(row, State.SENT, FETCH_UNCONFIRMED if unconfirmed else None)
        elif answered.kind is AnswerKind.FETCHING:
            self._look_after(row, answered)
        elif answered.trouble is not None and self._file_expired(row):
            self._end(row, State.SENT, FETCH_UNCONFIRMED)
        elif answered.kind is AnswerKind.TRY_AGAIN and not given_up:
            self._wait(row, answered, own=own)
        elif answered.kind is AnswerKind.UNCERTAIN:
            self._end(row, State.UNCERTAIN, answered.code)
        else:
            self._end(row, State.REFUSED, answered.code)
        _tell(row, answered)

    def _lock_column(self, job: Job) -> None:
        """Before its messages, as whoever finds a column does."""
        of_message = select(Passback.column_id).where(Passback.id == job.id).scalar_subquery()
        row = select(GradeColumn.id).where(GradeColumn.id == of_message)
        self._session.execute(row.with_for_update(key_share=True))

    def _look_after(self, row: Passback, answered: Answered) -> None:
        """Let later messages go, and look for the file at once: most are fetched by now."""
        row.progress_url, row.attempts, row.tries = answered.progress_url, 0, 0
        row.due_at = self._now
        self._end(row, State.FETCHING, answered.code)
        hand_over(self._session, self._enqueue, row)

    def _file_expired(self, row: Passback) -> bool:
        """Whether the LMS still does not tell of a file that it may fetch no longer."""
        days = timedelta(days=self._settings.certificate_copy_days)
        taken = row.sent_at if row.progress_url else None
        return taken is not None and taken + days <= self._now

    def _wait(self, row: Passback, answered: Answered, *, own: bool) -> None:
        """Try again later, ever more seldom where the fault is the message's `own`."""
        if self._newer_score(row):  # asked before a new stamp could make this one the newest
            self._give_way(row)
            return
        row.state = State.FETCHING if row.progress_url else State.WAITING
        settings = self._settings
        wait = back_off(
            row.attempts,
            answered.retry_after,
            jitter=random.random(),  # noqa: S311  (spreads load, guards nothing)
            first=settings.retry_seconds,
            longest=settings.retry_max_seconds if own else settings.pause_max_seconds,
        )
        row.due_at = self._now + wait
        if answered.code == OLDER_STAMP:
            # What the LMS holds may be of a clock that ran ahead: later stamps overtake it.
            row.stamp = self._stamp_after_all(row, row.due_at)
            row.due_at = due(row.stamp, row.due_at)

    def _give_way(self, row: Passback) -> None:
        """Let a newer score be told in place of one that was under way when that was owed, together
        with this one's comment if it has none of its own (see Passbacks.owe_score).
        """
        newest = self._session.scalar(
            select(Passback)
            .where(
                *about(row.column_id, row.intern_id),
                Passback.kind == Kind.SCORE,
                Passback.state == State.WAITING,
                Passback.stamp > row.stamp,
            )
            .order_by(Passback.stamp.desc())
            .limit(1)
            .with_for_update()
        )
        if newest is not None and newest.message["comment"] is None:
            newest.message = newest.message | {"comment": row.message["comment"]}
        self._end(row, State.SUPERSEDED, None)

    def _end(self, row: Passback, state: State, code: str | None) -> None:
        """Be done with saying what a row says, and let the next message about the intern go."""
        row.state, row.last_code = state, code
        if row.alone:
            return
        self._session.flush()
        # Locked: its own job may take it at this moment, and another would then send it once more.
        following = self._session.scalar(
            heads()
            .where(
                Passback.column_id == row.column_id,
                Passback.intern_id == row.intern_id,
                Passback.state == State.WAITING,
            )
            .with_for_update(of=Passback)
        )
        if following is not None:
            hand_over(self._session, self._enqueue, following)

    def _locked(
        self, job: Job, states: frozenset[State] | set[State], *, way: bool = True
    ) -> Passback | None:
        """A job's row if it is in one of these states; see passback_rows.of_job."""
        asked = {"id": job.id, "generation": job.generation, "states": list(states)}
        return self._session.scalar(of_job(way=way), asked)

    # What was left behind -------------------------------------------------------------------------

    def owed(self, limit: int) -> list[Job]:
        """Messages that ought to be in the engine's hands now: of each LMS the longest due first.

        The LMSs take turns, so that what one is slow to take hides nothing that another lacks. Of
        those to an LMS that was left alone only one, which asks whether it works again: rather
        one to another column than those that were told in vain.
        """
        due_now = (
            heads()
            .with_only_columns(Passback.id, Passback.generation)
            .outerjoin(Certificate, Certificate.id == Passback.certificate_id)
            .where(
                or_(Passback.state == State.SENDING, Passback.due_at <= self._now),
                or_(Certificate.id.is_(None), ~in_the_making()),
            )
        )
        ordinary = due_now.where(open_to(Passback.platform_id))
        found = [*self._session.execute(ordinary.order_by(*IN_TURNS).limit(limit))]
        for platform_id in self._grade_services.to_be_asked():
            of_platform = due_now.where(Passback.platform_id == platform_id)
            found += self._session.execute(of_platform.order_by(in_vain(), *OLDEST_FIRST).limit(1))
        return [Job(id, generation) for id, generation in found]

    def put_back(self, job: Job) -> None:
        """Hand a message to the engine again whose job is lost or ended before its time."""
        row = self._locked(job, UNFINISHED)
        if row is None:
            return
        if row.state == State.SENDING and not self._harmless(row):
            self._end(row, State.UNCERTAIN, INTERRUPTED)
            return
        if row.state == State.SENDING:
            row.state = State.WAITING
        hand_over(self._session, self._enqueue, row)

    # What a row's neighbours say ------------------------------------------------------------------

    def _stamp_after_all(self, row: Passback, at: datetime) -> datetime:
        product = choose(row.column.activity.course.deployment.platform.product)
        return stamp_after_all(self._session, at, row.column_id, row.intern_id, product)

    def _harmless(self, row: Passback) -> bool:
        product = choose(row.column.activity.course.deployment.platform.product)
        return product.harmless_to_repeat(Message.of(row.message))

    def _switched_off(self, column: GradeColumn) -> bool:
        return bool(column.competency_id) and not column.activity.competency_columns

    def _older_one(self, row: Passback) -> bool:
        return self._any(row, Passback.stamp < row.stamp, holds_back(Passback))

    def _newer_score(self, row: Passback) -> bool:
        newer = [kind for kind in Kind if supersedes(kind, Kind(row.kind))]
        return self._any(row, Passback.stamp > row.stamp, Passback.kind.in_(newer))

    def _any(self, row: Passback, *like: ColumnElement[bool]) -> bool:
        if row.alone:
            return False
        about = Passback.column_id == row.column_id, Passback.intern_id == row.intern_id
        return bool(self._session.scalar(select(exists().where(*about, *like))))


def _tell(row: Passback, answered: Answered) -> None:
    """One line a message: where it got to, and never what it said of whom."""
    log.info(
        "delivery",
        passback=row.id,
        kind=row.kind,
        state=row.state,
        attempts=row.attempts,
        status=answered.status,
        code=answered.code,
    )
