"""Passbacks: what is owed to the gradebook, written in the transaction that made it so.

Nothing is sent here (see services/delivery.py): a message becomes a row, and a job that points to
it. A row says all there is to know about its message and is the truth about it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from lti_tool.domain.certificate import State as CertificateState
from lti_tool.domain.errors import PassbackSettled, ScopeMissing, UnknownThing
from lti_tool.domain.passback import (
    LAST_ATTEMPT,
    STUCK,
    File,
    Kind,
    Message,
    State,
    View,
    due,
    next_stamp,
    supersedes,
    uses_last_attempt,
)
from lti_tool.domain.people import Actor, Right
from lti_tool.lms.products.base import Product
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person
from lti_tool.models.result import Result
from lti_tool.services.audit import Audit
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.passback_lists import replaced
from lti_tool.services.passback_views import Delivery, deliveries
from lti_tool.settings import Settings

COLUMN_UNKNOWN = "column-unknown"
"""No launch has told the column's address yet."""
SCOPE_MISSING = ScopeMissing.code
"""The last launch did not grant the grade service."""
ASLEEP = (COLUMN_UNKNOWN, SCOPE_MISSING)
"""Why a message waits for a launch, not for a time."""

OWED = "owed"
"""Where a session remembers the messages it owes, to tell of them once they are committed."""

log = structlog.get_logger("rounds.passback")


class Passbacks:
    """Owes messages, and tells where those are that pages show beside their interns."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        enqueue: Enqueue,
        settings: Settings,
        audit: Audit,
    ) -> None:
        self._session = session
        self._now = now
        self._enqueue = enqueue
        self._settings = settings
        self._audit = audit

    # Owing ----------------------------------------------------------------------------------------

    def owe_score(
        self,
        column: GradeColumn,
        intern: Person,
        score: str | None,
        maximum: str,
        comment: str | None,
        at: datetime,
        product: Product,
        view: View | None = None,
    ) -> Passback | None:
        """Owe a number (None clears what was sent), unless that is what it is told already.

        Scores that still wait are superseded, and a comment that none has carried out moves on to
        this one. The caller keeps other transactions from owing to this intern meanwhile.
        """
        message = Message(Kind.SCORE, intern.subject, score, maximum, comment, at, view=view)
        newest, last = self._newest(column.id, intern.id)
        if _is_told(message, newest):
            self._drop_refused(column.id, intern.id)
            return None
        unsaid = self._supersede(column.id, intern.id) if newest else None
        if comment is None and unsaid:
            message = replace(message, comment=unsaid)
        return self._owe(column, intern, message, product, last)

    def owe_certificate(
        self,
        column: GradeColumn,
        intern: Person,
        score: str | None,
        maximum: str,
        comment: str | None,
        file: File,
        *,
        certificate_id: int,
        product: Product,
    ) -> Passback:
        """Owe a certificate's file, with the number it came with. It goes once rendered.

        One that would use up the intern's last attempt is held back as refused, so that a course
        lead decides.
        """
        message = Message(
            Kind.CERTIFICATE, intern.subject, score, maximum, comment, self._now, file
        )
        held = uses_last_attempt(column.attempts, self._attempts(column.id, intern.id))
        _, last = self._newest(column.id, intern.id)
        row = self._owe(column, intern, message, product, last, certificate_id)
        if held:
            row.state, row.last_code = State.REFUSED, LAST_ATTEMPT
        return row

    def drop_ended(self, column: GradeColumn, intern: Person) -> None:
        """End the messages, not sent yet, that bring a certificate which no longer counts: its file
        is given out no more.
        """
        ended = select(Certificate.id).where(
            Certificate.intern_id == intern.id, Certificate.state != CertificateState.VALID
        )
        self._session.execute(
            update(Passback)
            .where(
                *about(column.id, intern.id),
                Passback.certificate_id.in_(ended),
                Passback.state.in_([State.WAITING, State.REFUSED]),
                Passback.sent_at.is_(None),
            )
            .values(state=State.SUPERSEDED)
            .execution_options(synchronize_session="fetch")
        )

    def _attempts(self, column_id: int, intern_id: int) -> int:
        """How many attempts Rounds made, or may make still: one for each certificate's file."""
        made = select(func.count()).where(
            *about(column_id, intern_id),
            Passback.kind == Kind.CERTIFICATE,
            or_(
                Passback.state.not_in([State.REFUSED, State.SUPERSEDED]),
                Passback.sent_at.is_not(None),
            ),
        )
        return self._session.scalar(made) or 0

    def _owe(
        self,
        column: GradeColumn,
        intern: Person,
        message: Message,
        product: Product,
        last: datetime | None,
        certificate_id: int | None = None,
    ) -> Passback:
        stamp = next_stamp(last, self._now, whole_seconds=product.whole_second_stamps)
        row = Passback(
            platform_id=column.activity.course.deployment.platform_id,
            column_id=column.id,
            intern_id=intern.id,
            kind=message.kind,
            message=message.primitives(),
            certificate_id=certificate_id,
            stamp=stamp,
            state=State.WAITING,
            generation=1,
            due_at=due(stamp, self._now),
            created_at=self._now,
        )
        self._session.add(row)
        self._session.flush()
        note_owed(self._session, row)
        _give(self._session, self._enqueue, row)
        return row

    def _newest(self, column_id: int, intern_id: int) -> tuple[Passback | None, datetime | None]:
        """The newest message that was neither refused nor superseded; the last stamp of all.

        One whose file could not be fetched was taken all the same: its number stands there.
        """
        last = select(func.max(Passback.stamp)).where(*about(column_id, intern_id))
        stands = and_(
            *about(column_id, intern_id),
            or_(
                Passback.state.not_in([State.REFUSED, State.SUPERSEDED]),
                Passback.sent_at.is_not(None),
            ),
        )
        newest, stamp = self._session.execute(
            select(Passback, last.scalar_subquery())
            .select_from(GradeColumn)
            .outerjoin(Passback, stands)
            .where(GradeColumn.id == column_id)
            .order_by(Passback.stamp.desc())
            .limit(1)
        ).one()
        return newest, stamp

    def _drop_refused(self, column_id: int, intern_id: int) -> None:
        """End the scores that were refused: the gradebook has what holds now, and a course lead who
        sent one of them again would tell it what held for a while.
        """
        self._session.execute(
            update(Passback)
            .where(
                *about(column_id, intern_id),
                Passback.kind == Kind.SCORE,
                Passback.state == State.REFUSED,
            )
            .values(state=State.SUPERSEDED)
        )

    def _supersede(self, column_id: int, intern_id: int) -> str | None:
        """End the scores that wait; returns the newest comment among them."""
        waiting = self._session.execute(
            update(Passback)
            .where(
                *about(column_id, intern_id),
                Passback.kind.in_([kind for kind in Kind if supersedes(Kind.SCORE, kind)]),
                Passback.state == State.WAITING,
            )
            .values(state=State.SUPERSEDED)
            .returning(Passback.stamp, Passback.message)
        ).all()
        comments = [message["comment"] for _, message in sorted(waiting, key=lambda row: row[0])]
        return next((comment for comment in reversed(comments) if comment), None)

    # Showing --------------------------------------------------------------------------------------

    def newest(self, activity_id: int, intern_id: int) -> list[Delivery]:
        """The newest number told to each column about one intern, the activity's own column first.

        A certificate that was not taken says nothing of the number: the score before it does.
        """
        rows = deliveries(self._session, activity_id, Passback.intern_id == intern_id)
        by_column: dict[str, Delivery] = {}
        for row in rows:
            if row.kind is Kind.SCORE or row.taken:
                by_column.setdefault(row.competency_id, row)
        return [by_column[competency_id] for competency_id in sorted(by_column)]

    def newest_of_all(self, activity_id: int) -> list[Delivery]:
        """The newest message about each intern in the activity's own column."""
        own = GradeColumn.competency_id == ""
        return deliveries(self._session, activity_id, own, ~_overtaken())

    def changed(self, activity_id: int) -> list[Delivery]:
        """What the gradebook took last about each intern and column, and shows no longer."""
        told = Passback.state == State.SENT, Passback.sent_at.is_not(None)
        newest = deliveries(self._session, activity_id, *told, ~_overtaken())
        return [one for one in newest if one.changed]

    def stuck(self, activity_id: int) -> list[Delivery]:
        """The messages of an activity that only a person can move on, the newest first."""
        stuck = Passback.state.in_(STUCK), ~replaced()
        return deliveries(self._session, activity_id, *stuck)

    # Insisting -----------------------------------------------------------------------------------

    def insist(self, actor: Actor, id: int) -> None:
        """Tell the gradebook once more the number it took, in place of what it shows now.

        Raises NotAllowed, UnknownThing, and PassbackSettled unless this is the newest number told.
        """
        row = of_course(self._session, actor, id)
        take_turn(self._session, id)
        newest, last = self._newest(row.column_id, row.intern_id)
        if newest is None or newest.id != id or newest.state != State.SENT:
            raise PassbackSettled(f"passback {id} is not what was told last")
        product = choose(row.column.activity.course.deployment.platform.product)
        message = replace(Message.of(row.message), kind=Kind.SCORE, file=None)
        if not product.comment_each_time:
            message = replace(message, comment=None)
        self._owe(row.column, row.intern, message, product, last).insist = True
        self._audit.record(actor, "passback-insisted", "passback", row.id)


def _is_told(message: Message, newest: Passback | None) -> bool:
    """Whether the gradebook is told this already; a cell that never had a number is clear."""
    if newest is None:
        return message.score is None
    if message.score is None and newest.message["score"] is None:
        return True
    return newest.state != State.UNCERTAIN and message.same_news(Message.of(newest.message))


def _overtaken() -> ColumnElement[bool]:
    """Whether there is a newer message about the same intern and column."""
    later = aliased(Passback)
    return exists().where(
        later.column_id == Passback.column_id,
        later.intern_id == Passback.intern_id,
        later.stamp > Passback.stamp,
        later.state != State.SUPERSEDED,
    )


def wake(session: Session, now: datetime, enqueue: Enqueue, column: GradeColumn) -> None:
    """Send what waited for a launch to tell this column's address, or to grant the service."""
    asleep = session.scalars(
        select(Passback)
        .where(
            Passback.column_id == column.id,
            Passback.state == State.WAITING,
            Passback.last_code.in_(ASLEEP),
        )
        .order_by(Passback.stamp, Passback.id)
        .with_for_update()
    )
    for row in asleep:
        row.last_code = None
        row.due_at = due(row.stamp, now)
        hand_over(session, enqueue, row)


def take_turn(session: Session, id: int) -> None:
    """Wait for whoever owes messages about the same intern now, before a message is given a new
    stamp: they hold the result's row (see services.results), and two stamps must never be one.
    """
    same = and_(Passback.column_id == GradeColumn.id, Passback.intern_id == Result.intern_id)
    session.execute(
        select(Result.id)
        .join(GradeColumn, GradeColumn.activity_id == Result.activity_id)
        .join(Passback, same)
        .where(Passback.id == id)
        .with_for_update(of=Result)
    )


def hand_over(session: Session, enqueue: Enqueue, row: Passback) -> None:
    """Have the engine work on a row that waits, once more.

    Each time is a new generation, for the engine takes a name once only; a job of an older
    generation finds that it is no longer asked for.
    """
    row.generation += 1
    _give(session, enqueue, row)


def _give(session: Session, enqueue: Enqueue, row: Passback) -> None:
    enqueue(session, "passback", f"{row.id}:{row.generation}", row.platform_id)


def note_owed(session: Session, row: Passback) -> None:
    """Have a line logged about a message once it is committed (see tell_owed)."""
    session.info.setdefault(OWED, []).append(row)


def tell_owed(session: Session) -> None:
    """One line for each message that this session owed, once it is committed: what is logged about
    the message later carries the same number, and this line what made it owed.
    """
    for row in session.info.pop(OWED, ()):
        log.info("owed", passback=row.id, kind=row.kind)


def of_course(session: Session, actor: Actor, id: int) -> Passback:
    """A message that somebody may see to. Raises NotAllowed, UnknownThing."""
    actor.require(Right.SEE_DELIVERY)
    row = session.scalar(
        select(Passback)
        .join(Passback.column)
        .join(GradeColumn.activity)
        .where(Passback.id == id, Activity.course_id == actor.course)
    )
    if row is None:
        raise UnknownThing(f"no passback {id} in this course")
    return row


def stamp_after_all(
    session: Session, now: datetime, column_id: int, intern_id: int, product: Product
) -> datetime:
    """A stamp after those of all messages about this intern and column."""
    last = session.scalar(select(func.max(Passback.stamp)).where(*about(column_id, intern_id)))
    return next_stamp(last, now, whole_seconds=product.whole_second_stamps)


def about(column_id: int, intern_id: int) -> Sequence[ColumnElement[bool]]:
    """The messages of one sequence: those about one column and intern."""
    return Passback.column_id == column_id, Passback.intern_id == intern_id
