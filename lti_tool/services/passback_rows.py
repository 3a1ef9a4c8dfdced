"""Rows of messages, as deliveries ask for them."""

from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload, with_expression

from lti_tool.domain.passback import LIVE, UNFINISHED, State
from lti_tool.lms.products.base import TROUBLES
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.platform import Deployment


def heads() -> Select[Passback]:
    """The messages to work on next: no older one of their column and intern is still live."""
    older = aliased(Passback)
    return select(Passback).where(
        Passback.state.in_(UNFINISHED),
        ~exists().where(
            older.column_id == Passback.column_id,
            older.intern_id == Passback.intern_id,
            older.stamp < Passback.stamp,
            holds_back(older),
        ),
    )


def holds_back(message: type[Passback]) -> ColumnElement[bool]:
    """Whether later messages about the intern and column wait for this one.

    One whose file is not made yet may take long, and goes after all others once it is (see
    services.resending).
    """
    certificate = aliased(Certificate)
    unmade = certificate.id == message.certificate_id, certificate.sha256.is_(None)
    return and_(message.state.in_(LIVE), ~exists().where(*unmade))


OLDEST_FIRST = Passback.due_at, Passback.id
"""The longest due, and of those the first that was owed."""

IN_TURNS = (
    func.row_number().over(partition_by=Passback.platform_id, order_by=OLDEST_FIRST),
    *OLDEST_FIRST,
)
"""The same of each LMS, then the next of each."""


def in_vain() -> ColumnElement[int]:
    """1 where a message to the same column was told in vain, else 0."""
    other = aliased(Passback)
    told = exists().where(
        other.column_id == Passback.column_id,
        other.state == State.WAITING,
        other.last_code.in_(TROUBLES),
    )
    return case((told, 1), else_=0)


@cache
def of_job(*, way: bool) -> Select[Passback]:
    """The row of a job: its :id at this :generation in one of these :states, locked.

    It comes with its LMS's grade service, with whether it is `alone`, and with all that leads to
    its platform where the `way` there is asked for. The statement is made once: to make it takes
    longer than to run it.
    """
    other = aliased(Passback)
    company = exists().where(
        other.column_id == Passback.column_id,
        other.intern_id == Passback.intern_id,
        other.id != Passback.id,
        or_(other.state.in_(LIVE), other.stamp > Passback.stamp),
    )
    to_platform = (
        joinedload(Passback.column)
        .joinedload(GradeColumn.activity)
        .joinedload(Activity.course)
        .joinedload(Course.deployment)
        .joinedload(Deployment.platform)
    )
    return (
        select(Passback)
        .where(
            Passback.id == bindparam("id"),
            Passback.generation == bindparam("generation"),
            Passback.state.in_(bindparam("states", expanding=True)),
        )
        .with_for_update(of=Passback)
        .options(
            with_expression(Passback.alone, ~company),
            joinedload(Passback.grade_service),
            *([to_platform] if way else []),
        )
    )
