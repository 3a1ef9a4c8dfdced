"""Columns of the gradebook: which an activity should have, and who sees to each at the LMS.

Nothing is asked of the LMS here (see services/column_jobs.py). A column has a row as soon as it is
wanted; grades owed to it wait until it is found or made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from lti_tool.db import insert_all_missing
from lti_tool.domain.column import Further, Own, claim, is_free, resource_id
from lti_tool.domain.errors import ColumnGone, ScopeMissing, UnknownThing
from lti_tool.domain.passback import UNFINISHED, State
from lti_tool.domain.people import Actor, Right
from lti_tool.lms.columns import READ, WRITE, FoundColumn
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.platform import Platform
from lti_tool.models.shown_grade import ShownGrade
from lti_tool.services.activity_rows import whole_activity
from lti_tool.services.audit import Audit
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.outdated import outdate
from lti_tool.services.passback import wake

OWN = ""
"""The competency id of the column that is the activity's own."""


@dataclass(frozen=True, slots=True)
class ColumnOffer:
    """Whether an activity may have a column a competency, and what each would be in this LMS."""

    further: Further
    problem: str | None
    """The code of why none can be made."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column to find or make; `resource_ids` are the names it may have, the first its own."""

    id: int
    label: str
    own: bool
    resource_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """All it takes to find or make columns, read from the rows beforehand."""

    platform: Platform
    columns_url: str | None
    reads: str | None
    """The scope to read columns with; None where none is granted."""
    may_make: bool
    makes_own: bool
    link_id: str | None
    taken: frozenset[str]
    """The addresses of columns that other activities of the course have."""
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """Columns to delete: id and address."""

    platform: Platform
    may_delete: bool
    columns: tuple[tuple[int, str], ...]


class Columns:
    """Has columns found, made and deleted, and notes how that ended."""

    def __init__(self, session: Session, now: datetime, enqueue: Enqueue, audit: Audit) -> None:
        self._session = session
        self._now = now
        self._enqueue = enqueue
        self._audit = audit

    # What people do -------------------------------------------------------------------------------

    def offer(self, actor: Actor) -> ColumnOffer:
        """What a column a competency would be in the actor's course."""
        course = self._session.get_one(Course, actor.course)
        product = choose(course.deployment.platform.product)
        possible = course.lineitems_url is not None and WRITE in course.scopes
        return ColumnOffer(product.further_column, None if possible else ScopeMissing.code)

    def search(self, actor: Actor, activity_id: int) -> None:
        """Look once more for what an activity lacks, unless a job is at it."""
        actor.require(Right.SET_UP)
        look_for(self._session, self._now, self._enqueue, self._activity(actor, activity_id))

    def remove(self, actor: Actor, activity_id: int) -> None:
        """Have the columns deleted that Rounds made for competencies, once none is sent there.

        Their grades go with them, in the gradebook and here.
        """
        actor.require(Right.SET_UP)
        activity = self._activity(actor, activity_id)
        job = claim(activity.id, self._now)
        spare = self._claimed(job, activity, is_spare)
        if spare:
            self._audit.record(actor, "columns-deleted", "activity", activity.id, after=len(spare))
            self._enqueue(self._session, "column-removal", job, _lane(activity))

    # What jobs do ---------------------------------------------------------------------------------

    def claim_search(self, job: str) -> Search | None:
        """Claim what an activity lacks for this job; None when there is nothing for it to do."""
        activity = self._of_job(job)
        course = activity.course
        product = choose(course.deployment.platform.product)
        rows = self._claimed(job, activity, lacks)
        if not rows:
            return None
        return Search(
            platform=course.deployment.platform,
            columns_url=course.lineitems_url,
            reads=next((scope for scope in READ if scope in course.scopes), None),
            may_make=WRITE in course.scopes,
            makes_own=product.own_column is Own.MADE,
            link_id=activity.resource_link_id,
            taken=self._taken(activity),
            wanted=tuple(self._wanted(row, activity) for row in rows),
        )

    def claim_removal(self, job: str) -> Removal | None:
        """Claim the columns that are to be deleted; None when there is nothing to do."""
        activity = self._of_job(job)
        rows = self._claimed(job, activity, is_spare)
        if not rows:
            return None
        course = activity.course
        return Removal(
            platform=course.deployment.platform,
            may_delete=WRITE in course.scopes,
            columns=tuple((row.id, row.lineitem_url or "") for row in rows),
        )

    def found(self, job: str, id: int, column: FoundColumn, *, ours: bool) -> None:
        """Note where a column is, and send what waited for it.

        One that takes the place of another holds none of the grades told to that one: they are
        forgotten, and owed anew.
        """
        row = self._held(job, id)
        if row is None:
            return
        replaced = row.lineitem_url is not None and row.lineitem_url != column.url
        if replaced:
            _forget_told(self._session, row.id)
            self._enqueue(self._session, "results", f"{row.activity_id}:{job}:{row.id}")
        row.lineitem_url, row.maximum, row.ours = column.url, column.maximum, ours
        row.maker = row.problem = None
        wake(self._session, self._now, self._enqueue, row)

    def failed(self, job: str, id: int, code: str) -> None:
        """Note why a column could not be seen to."""
        row = self._held(job, id)
        if row is not None:
            row.maker, row.problem = None, code

    def removed(self, job: str, id: int) -> None:
        """Forget a column that was deleted, and all that was told to it."""
        row = self._held(job, id)
        if row is not None:
            _forget_told(self._session, row.id)
            self._session.delete(row)

    # Rows -----------------------------------------------------------------------------------------

    def _claimed(
        self, job: str, activity: Activity, concerns: Callable[[GradeColumn, Activity], bool]
    ) -> list[GradeColumn]:
        rows = [row for row in _locked(self._session, activity.id) if concerns(row, activity)]
        return [row for row in rows if _claim(row, job, self._now)]

    def _taken(self, activity: Activity) -> frozenset[str]:
        addresses = (
            select(GradeColumn.lineitem_url)
            .join(GradeColumn.activity)
            .where(
                Activity.course_id == activity.course_id,
                Activity.id != activity.id,
                GradeColumn.lineitem_url.is_not(None),
            )
        )
        return frozenset(filter(None, self._session.scalars(addresses)))

    def _wanted(self, row: GradeColumn, activity: Activity) -> Wanted:
        titles = {one.competency_id: one.rubric["title"] for one in activity.competencies}
        title = activity.title or activity.course.title
        origin = activity.copied_from_id
        keys = [activity.key]
        if origin is not None:
            keys.append(self._session.get_one(Activity, origin).key)
        return Wanted(
            id=row.id,
            label=f"{title}: {titles[row.competency_id]}" if row.competency_id else title,
            own=not row.competency_id,
            resource_ids=tuple(resource_id(key, row.competency_id) for key in keys),
        )

    def _held(self, job: str, id: int) -> GradeColumn | None:
        """The row, locked, while this job still has its claim."""
        return self._session.scalar(
            select(GradeColumn)
            .where(GradeColumn.id == id, GradeColumn.maker == job)
            .with_for_update(key_share=True)
        )

    def _activity(self, actor: Actor, id: int) -> Activity:
        found = whole_activity(self._session, id)
        if found is None or found.course_id != actor.course:
            raise UnknownThing("no activity of that number in this course")
        return found

    def _of_job(self, job: str) -> Activity:
        found = whole_activity(self._session, int(job.partition(":")[0]))
        if found is None:
            raise UnknownThing("no activity of that number")
        return found


def arrange(session: Session, now: datetime, enqueue: Enqueue, activity: Activity) -> None:
    """Give an activity the columns it should have from now on, and have those found or made.

    Columns of competencies that were switched off stay as they are, and are told nothing more.
    """
    ids = [OWN, *_counting(activity)] if activity.competency_columns else [OWN]
    rows = [{"activity_id": activity.id, "competency_id": id, "maximum": 100} for id in ids]
    insert_all_missing(session, GradeColumn, rows, ["activity_id", "competency_id"])
    if not activity.competency_columns:
        _silence(session, activity.id)
    look_for(session, now, enqueue, activity)


def look_for(session: Session, now: datetime, enqueue: Enqueue, activity: Activity) -> None:
    """Have a job find or make what an activity lacks, unless one is at it already.

    What it is about is claimed here: a lecture hall that launches at once asks once.
    """
    job = claim(activity.id, now)
    lacking = [row for row in _locked(session, activity.id) if lacks(row, activity)]
    if any([_claim(row, job, now) for row in lacking]):
        enqueue(session, "column-search", job, _lane(activity))


def _lane(activity: Activity) -> int:
    return activity.course.deployment.platform_id


def tell_anew(session: Session, now: datetime, enqueue: Enqueue, column: GradeColumn) -> None:
    """Owe all that was told before to a column that took another's place; what waits goes there."""
    outdate(session, now, enqueue, column.activity)
    done = Passback.column_id == column.id, Passback.state.not_in(UNFINISHED)
    session.execute(delete(Passback).where(*done))
    session.execute(delete(ShownGrade).where(ShownGrade.column_id == column.id))


def _claim(row: GradeColumn, job: str, now: datetime) -> bool:
    """Whether `job` may see to a column now; no other then does."""
    if not is_free(row.maker, job, now):
        return False
    row.maker = job
    return True


def _locked(session: Session, activity_id: int) -> Sequence[GradeColumn]:
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


def _forget_told(session: Session, column_id: int) -> None:
    session.execute(delete(Passback).where(Passback.column_id == column_id))
    session.execute(delete(ShownGrade).where(ShownGrade.column_id == column_id))
