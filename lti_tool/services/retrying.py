"""Retrying: what people decide about messages that cannot go on, or not soon enough, by themselves.

A course lead decides about those of their course, an operator about those of every course.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from lti_tool.domain.errors import NotAllowed, PassbackSettled, UnknownThing
from lti_tool.domain.passback import (
    ANY_NUMBER,
    CHANGED,
    LAST_ATTEMPT,
    STUCK,
    Kind,
    State,
    due,
    supersedes,
)
from lti_tool.domain.people import Actor, Right
from lti_tool.lms.products.base import FILE_AWAITED
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.services.audit import Audit
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.grade_services import GradeServices
from lti_tool.services.passback import (
    about,
    hand_over,
    note_owed,
    of_course,
    take_turn,
)
from lti_tool.services.passback_lists import Stage, at_stage
from lti_tool.services.resending import send_after_all

ONE_BY_ONE = (CHANGED, FILE_AWAITED, LAST_ATTEMPT)
"""Refused, and never sent again together with others: it would take the place of what somebody
typed, bring a file that may still arrive, or use up an intern's last attempt."""


class Retrying:
    """Sends messages again, hurries those that wait, and ends the wait for a file."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        enqueue: Enqueue,
        audit: Audit,
        services: GradeServices,
    ) -> None:
        self._session = session
        self._now = now
        self._enqueue = enqueue
        self._audit = audit
        self._services = services

    # A course lead's word -------------------------------------------------------------------------

    def retry(self, actor: Actor, id: int) -> None:
        """Send a refused or uncertain message again.

        This is a new sending: it gets a stamp after all others, and a certificate takes along the
        number that was told last. Raises NotAllowed, UnknownThing, and PassbackSettled when there
        is nothing to send.
        """
        self._send_again(of_course(self._session, actor, id), actor)

    def refused(self, actor: Actor, activity_id: int) -> list[int]:
        """The refused messages of an activity that may be sent again together: not those that need
        a word each (ONE_BY_ONE), nor what may have arrived. Raises NotAllowed.
        """
        actor.require(Right.SEE_DELIVERY)
        of_activity = Activity.id == activity_id, Activity.course_id == actor.course
        return self._refused(*of_activity)

    def retry_each(self, actor: Actor | None, ids: Sequence[int]) -> int:
        """Send those again that are refused still, at the word of a course lead or, without an
        actor, of an operator; how many that were.
        """
        again = 0
        rows = _in_order(select(Passback).where(Passback.id.in_(ids)))
        for row in self._session.scalars(rows).all():
            try:
                self._send_again(row, actor, together=True)
            except PassbackSettled:
                continue  # somebody else was faster
            again += 1
        return again

    def hurry(self, actor: Actor, id: int) -> None:
        """Try a message now that waits for its next try, or look now how its file gets on.

        Raises NotAllowed, UnknownThing, and PassbackSettled for one that is not waiting.
        """
        row = self._locked(of_course(self._session, actor, id))
        if row.state not in (State.WAITING, State.FETCHING):
            raise PassbackSettled(f"passback {id} is {row.state} and waits for nothing")
        if row.due_at > due(row.stamp, self._now):
            row.due_at = due(row.stamp, self._now)
            hand_over(self._session, self._enqueue, row)
            self._audit.record(actor, "passback-hurried", "passback", row.id)

    def stop_looking(self, actor: Actor, id: int) -> None:
        """No longer wait for an LMS to fetch a file: it may have, and a course lead looks there.

        Raises NotAllowed, UnknownThing, and PassbackSettled when nobody waits for a file.
        """
        row = self._locked(of_course(self._session, actor, id))
        if row.state != State.FETCHING:
            raise PassbackSettled(f"passback {id} is {row.state} and waits for no file")
        row.state, row.last_code = State.UNCERTAIN, FILE_AWAITED
        self._audit.record(actor, "passback-given-up", "passback", row.id)

    def confirm(self, actor: Actor, id: int) -> None:
        """Note that a message has arrived of which nobody knew: a course lead has seen it there.

        Raises NotAllowed, UnknownThing, and PassbackSettled when nobody wonders.
        """
        row = self._locked(of_course(self._session, actor, id))
        if row.state != State.UNCERTAIN:
            raise PassbackSettled(f"passback {id} is {row.state} and in no doubt")
        row.state, row.last_code, row.last_status = State.SENT, None, None
        row.sent_at = row.sent_at or self._now
        self._audit.record(actor, "passback-confirmed", "passback", row.id)

    def resume(self, actor: Actor) -> None:
        """Try again now to send to the course's LMS, unless it asked for a rest itself.

        Raises NotAllowed.
        """
        actor.require(Right.SEE_DELIVERY)
        course = self._session.get_one(Course, actor.course)
        self._resume(course.deployment.platform_id, actor)

    # An operator's word ---------------------------------------------------------------------------

    def retry_of_any_course(self, ids: Sequence[int]) -> int:
        """Send messages again at an operator's word, all or none of them; how many that were.

        Raises UnknownThing, PassbackSettled, and NotAllowed for one that a course lead decides
        about: somebody changed the grade in the gradebook.
        """
        wanted = sorted(set(ids))
        for id in wanted:
            row = self._session.get(Passback, id)
            if row is None:
                raise UnknownThing(f"there is no message {id}")
            if row.last_code == CHANGED:
                raise NotAllowed(
                    f"message {id} was changed in the gradebook: a course lead decides"
                )
            self._send_again(row, None)
        return len(wanted)

    def refused_of_any_course(self, platform_id: int | None = None) -> list[int]:
        """The messages that `refused` gives, of one platform or of all."""
        of_platform = () if platform_id is None else (Passback.platform_id == platform_id,)
        return self._refused(*of_platform)

    def resume_platform(self, platform_id: int) -> bool:
        """Try again now to send to an LMS; False where it is not left alone, or asked for it."""
        return self._resume(platform_id, None)

    def _resume(self, platform_id: int, actor: Actor | None) -> bool:
        service = self._services.of(platform_id)
        if service.paused_until is None or service.asks_for_rest:
            return False
        self._services.resume(platform_id)
        self._audit.record(actor, "sending-resumed", "platform", platform_id, **_by(actor))
        return True

    # One message ----------------------------------------------------------------------------------

    def _send_again(self, row: Passback, actor: Actor | None, *, together: bool = False) -> None:
        take_turn(self._session, row.id)
        sequence = self._session.scalars(
            select(Passback)
            .where(*about(row.column_id, row.intern_id))
            .order_by(Passback.stamp)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        later = [other for other in sequence if other.stamp > row.stamp]
        settled = row.state not in STUCK or any(
            supersedes(Kind(other.kind), Kind(row.kind)) for other in later
        )
        if settled or (together and (row.state != State.REFUSED or _needs_a_word(row))):
            raise PassbackSettled(f"message {row.id} is {row.state}, or newer news followed")
        row.insist = row.insist or row.last_code == CHANGED
        if row.certificate is not None:
            row.certificate.problem = None  # a rendering that failed may be tried again
        send_after_all(self._session, self._now, self._enqueue, row)
        note_owed(self._session, row)
        self._audit.record(actor, "passback-retried", "passback", row.id, **_by(actor))

    def _refused(self, *which: ColumnElement[bool]) -> list[int]:
        rows = (
            select(Passback.id)
            .join(GradeColumn, GradeColumn.id == Passback.column_id)
            .join(Activity, Activity.id == GradeColumn.activity_id)
            .where(
                at_stage(Stage.REFUSED),
                or_(
                    Passback.last_code.is_(None),
                    Passback.last_code.not_in(ONE_BY_ONE),
                    and_(Passback.last_code == LAST_ATTEMPT, GradeColumn.attempts == ANY_NUMBER),
                ),
                or_(GradeColumn.competency_id == "", Activity.competency_columns),
                *which,
            )
        )
        return list(self._session.scalars(_in_order(rows)))

    def _locked(self, row: Passback) -> Passback:
        """The row as it is now: a deliverer may have it meanwhile."""
        return self._session.get_one(Passback, row.id, with_for_update=True, populate_existing=True)


def _needs_a_word(row: Passback) -> bool:
    """A limit that was lifted since uses up nothing."""
    lifted = row.last_code == LAST_ATTEMPT and row.column.attempts == ANY_NUMBER
    return row.last_code in ONE_BY_ONE and not lifted


def _by(actor: Actor | None) -> dict[str, str]:
    """What the audit trail says besides of an act that nobody in a course did."""
    return {} if actor else {"by": "operator"}


def _in_order(rows: Select[Any]) -> Select[Any]:
    """In the order of interns, so that two who do this at once wait for each other."""
    return rows.order_by(Passback.intern_id, Passback.column_id, Passback.stamp)
