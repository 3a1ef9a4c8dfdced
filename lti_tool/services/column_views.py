"""What a course lead sees of an activity's columns: which there are, and what ails them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.domain.column import Own, is_free
from lti_tool.domain.errors import UnknownThing
from lti_tool.domain.passback import ANY_NUMBER
from lti_tool.domain.people import Actor, Right
from lti_tool.lms.columns import WRITE
from lti_tool.lms.grades import RESULTS, SCOPE
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.shown_grade import ShownGrade
from lti_tool.services.activity_rows import whole_activity
from lti_tool.services.column_rows import is_spare, is_used, lacks


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column. `title` is the competency's, "" for the column of the whole activity.

    `busy` says that a job sees to it now, `problem` is the code of why the last one could not.
    """

    id: int
    title: str
    there: bool
    used: bool
    busy: bool
    problem: str | None
    maximum: Decimal


@dataclass(frozen=True, slots=True)
class ColumnsView:
    """An activity's columns, and what the course's launches let Rounds do with them."""

    columns: tuple[ColumnView, ...]
    own: Own
    """Where the activity's own column comes from if it has none."""
    spare: int
    """How many columns Rounds made for competencies that are told no more."""
    sends: bool
    reads: bool
    makes: bool
    attempts: int
    """How many attempts the LMS allows, where each certificate's file is one; else ANY_NUMBER."""
    read_at: datetime | None
    """When a column was last read back."""

    @property
    def busy(self) -> bool:
        """Whether something about them is under way."""
        return any(one.busy for one in self.columns)

    @property
    def own_there(self) -> bool:
        """Whether the column of the activity itself is known, so that grades can go out."""
        return any(one.there for one in self.columns if not one.title)

    @property
    def lacking(self) -> bool:
        """Whether one that is used is not there."""
        return any(one.used and not one.there for one in self.columns)


def columns_view(session: Session, now: datetime, actor: Actor, activity_id: int) -> ColumnsView:
    """The columns of an activity of the actor's course, its own first."""
    actor.require(Right.SEE_DELIVERY)
    activity = whole_activity(session, activity_id)
    if activity is None or activity.course_id != actor.course:
        raise UnknownThing("no activity of that number in this course")
    course = activity.course
    rows = sorted(activity.columns, key=lambda row: _place(row, activity))
    of_it = ShownGrade.column_id.in_([row.id for row in rows])
    product = choose(course.deployment.platform.product)
    files = product.certificate_as_file and not activity.live_view
    allowed = next((row.attempts for row in rows if not row.competency_id), None)
    return ColumnsView(
        columns=tuple(_view(row, activity, now) for row in rows if _is_told(row, activity)),
        own=product.own_column,
        spare=sum(is_spare(row, activity) for row in rows),
        sends=SCOPE in course.scopes,
        reads=RESULTS in course.scopes,
        makes=WRITE in course.scopes and course.lineitems_url is not None,
        attempts=(allowed or ANY_NUMBER) if files else ANY_NUMBER,
        read_at=session.scalar(select(func.max(ShownGrade.read_at)).where(of_it)),
    )


def _is_told(row: GradeColumn, activity: Activity) -> bool:
    return is_used(row, activity) or is_spare(row, activity)


def _place(row: GradeColumn, activity: Activity) -> int:
    places = {one.competency_id: one.position for one in activity.competencies}
    return places.get(row.competency_id, -1)


def _view(row: GradeColumn, activity: Activity, now: datetime) -> ColumnView:
    titles = {one.competency_id: one.rubric["title"] for one in activity.competencies}
    return ColumnView(
        id=row.id,
        title=titles.get(row.competency_id, row.competency_id),
        there=row.lineitem_url is not None and not lacks(row, activity),
        used=is_used(row, activity),
        busy=not is_free(row.maker, "", now),
        problem=row.problem,
        maximum=Decimal(row.maximum),
    )
