"""Resending: messages that are said after all others about their intern and column, in a new turn.

A message that was refused, and one that had to wait for its certificate's file: others have gone
out since, and stamps must rise.
"""

from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.domain.passback import State, due
from lti_tool.lms.products.choose import choose
from lti_tool.models.passback import Passback
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.passback import about, hand_over, stamp_after_all, take_turn
from lti_tool.services.renderings import NOT_MADE


def send_after_all(session: Session, now: datetime, enqueue: Enqueue, row: Passback) -> None:
    """Send a message after all others. A certificate takes along the number that was told last.

    The caller has taken the row's turn and holds it locked.
    """
    told_last = session.scalar(
        select(Passback)
        .where(
            *about(row.column_id, row.intern_id),
            Passback.stamp > row.stamp,
            Passback.state != State.SUPERSEDED,
        )
        .order_by(Passback.stamp.desc())
        .limit(1)
    )
    if told_last is not None:
        row.message = row.message | {"score": told_last.message["score"]}
    product = choose(row.column.activity.course.deployment.platform.product)
    row.stamp = stamp_after_all(session, now, row.column_id, row.intern_id, product)
    row.state, row.attempts, row.tries = State.WAITING, 0, 0
    row.last_code = row.progress_url = None
    row.due_at = due(row.stamp, now)
    hand_over(session, enqueue, row)


def send_with_file(session: Session, now: datetime, enqueue: Enqueue, certificate_id: int) -> None:
    """Send the messages that wait for this certificate's file, which is there now, and those that
    were refused because it could not be made.
    """
    refused = and_(Passback.state == State.REFUSED, Passback.last_code.in_(NOT_MADE))
    waiting = and_(
        Passback.certificate_id == certificate_id, or_(Passback.state == State.WAITING, refused)
    )
    for id in session.scalars(select(Passback.id).where(waiting)).all():
        take_turn(session, id)
    for row in session.scalars(select(Passback).where(waiting).with_for_update()).all():
        send_after_all(session, now, enqueue, row)


def note_missing_file(session: Session, certificate_id: int, code: str) -> None:
    """Have the messages that wait for this certificate's file say why it is not there."""
    session.execute(
        update(Passback)
        .where(Passback.certificate_id == certificate_id, Passback.state == State.WAITING)
        .values(last_code=code)
    )
