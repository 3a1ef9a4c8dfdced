"""The rows of an activity's columns: which it should have, and lacks, and who sees to them now."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from lti_tool.db import insert_all_missing
from lti_tool.domain.column import claim, is_free, renewed
from lti_tool.domain.errors import ColumnGone
from lti_tool.domain.passback import UNFINISHED, State
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.passback import Passback
from lti_tool.models.shown_grade import ShownGrade
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.outdated import outdate

OWN = ""
"""The competency id of the column that is the activity's own."""


def arrange(session: Session, now: datetime, enqueue: Enqueue, activity: Activity) -> None:
    """Give an activity the columns it should have from now on, and have those found or made.

    Columns of competencies that were switched off stay as they are, and are told nothing more.
    """
    ids = [OWN, *_counting(activity)] if activity.competency_columns else [OWN]
    rows = [{"activity_id": activity.id, "competency_id": id, "maximum": 100} for id in ids]
    insert_all_missing(session, GradeColumn, rows, ["activity_id", "competency_id"])
    locked(session, activity.id)  # before their messages, as whoever finds a column does
    if not activity.competency_columns:
        _silence(session, activity.id)
    look_for(session, now, enqueue, activity)


def look_for(session: Session, now: datetime, enqueue: Enqueue, activity: Activity) -> None:
    """Have a job find or make what an activity lacks, unless one is at it already.

    What it is about is claimed here: a lecture hall that launches at once asks once.
    """
    job = claim(activity.id, now)
    lacking = [row for row in locked(session, activity.id) if lacks(row, activity)]
    if any([claimed(row, job, now) for row in lacking]):
        enqueue(session, "column-search", job, lane(activity))


def lane(activity: Activity) -> int:
    """The lane of jobs about an activity's columns."""
    return activity.course.deployment.platform_id


def tell_anew(session: Session, now: datetime, enqueue: Enqueue, column: GradeColumn) -> None:
    """Owe all that was told before to a column that took another's place; what waits goes there."""
    outdate(session, now, enqueue, column.activity)
    done = Passback.column_id == column.id, Passback.state.not_in(UNFINISHED)
    session.execute(delete(Passback).where(*done))
    session.execute(delete(ShownGrade).where(ShownGrade.column_id == column.id))


def claimed(row: GradeColumn, job: str, now: datetime) -> bool:
    """Claim a column: whether `job` may see to a column now; no other then does."""
    if not is_free(row.maker, job, now):
        return False
    row.maker = renewed(job, now)
    return True


def locked(session: Session, activity_id: int) -> Sequence[GradeColumn]:
    """The activity's columns, as they are now, locked."""
    rows = (
        select(GradeColumn)
        .where(GradeColumn.activity_id == activity_id)
        .order_by(GradeColumn.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(rows).all()


def lacks(row: GradeColumn, activity: Activity) -> bool:
    """Whether a column that is in use is not there, as far as is known.

    Before the first launch of its link, an activity may still come to nothing: it lacks none.
    """
    if activity.resource_link_id is None or not is_used(row, activity):
        return False
    return row.lineitem_url is None or (bool(row.competency_id) and row.problem == ColumnGone.code)


def is_used(row: GradeColumn, activity: Activity) -> bool:
    """Whether grades go to a column now."""
    if not row.competency_id:
        return True
    return activity.competency_columns and row.competency_id in _counting(activity)


def is_spare(row: GradeColumn, activity: Activity) -> bool:
    """Whether Rounds made a column for a competency, and no grade goes to it any more."""
    made = bool(row.competency_id) and row.ours and row.lineitem_url is not None
    return made and not is_used(row, activity)


def _counting(activity: Activity) -> list[str]:
    return [one.competency_id for one in activity.competencies if one.weight]


def _silence(session: Session, activity_id: int) -> None:
    """Nothing more is told to the columns of competencies."""
    session.execute(
        update(Passback)
        .where(Passback.column_id.in_(_of_competencies(activity_id)))
        .where(Passback.state == State.WAITING)
        .values(state=State.SUPERSEDED)
    )


def _of_competencies(activity_id: int) -> ColumnElement[int]:
    of_one = GradeColumn.activity_id == activity_id, GradeColumn.competency_id != OWN
    return select(GradeColumn.id).where(*of_one).scalar_subquery()


def forget_told(session: Session, column_id: int) -> None:
    """Forget what was told to a column that is no more, and what it showed."""
    session.execute(delete(Passback).where(Passback.column_id == column_id))
    session.execute(delete(ShownGrade).where(ShownGrade.column_id == column_id))
