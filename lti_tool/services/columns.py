"""Columns of the gradebook: which an activity should have, and who sees to each at the LMS.

Nothing is asked of the LMS here (see services/column_jobs.py). A column has a row as soon as it is
wanted; grades owed to it wait until it is found or made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.domain.column import (
    Further,
    Own,
    claim,
    claimed_at,
    job_of,
    renewed,
    resource_id,
)
from lti_tool.domain.errors import ScopeMissing, UnknownThing
from lti_tool.domain.people import Actor, Right
from lti_tool.lms.columns import READ, WRITE, FoundColumn
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.platform import Platform
from lti_tool.services.activity_rows import whole_activity
from lti_tool.services.audit import Audit
from lti_tool.services.column_rows import (
    claimed,
    forget_told,
    is_spare,
    is_used,
    lacks,
    lane,
    locked,
    look_for,
)
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.outdated import outdate
from lti_tool.services.passback import wake

REST = timedelta(minutes=5)
"""A job that ended unheard has met a fault of ours: the next one waits for so long."""


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
            self._enqueue(self._session, "column-removal", job, lane(activity))

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

    def renew(self, job: str, id: int) -> bool:
        """Claim a column for the call that follows; False when it is not this job's any more."""
        row = self._held(job, id)
        if row is not None:
            row.maker = renewed(job, self._now)
        return row is not None

    def renew_removal(self, job: str, id: int) -> bool:
        """The same before a column is deleted: False also when that is no longer wanted.

        It was switched on again, it is not ours, or somebody's grade is owed to it since.
        """
        row, activity = self._held(job, id), self._of_job(job)
        if row is None:
            return False
        since = Passback.column_id == id, Passback.created_at > claimed_at(job)
        messages = self._session.scalars(select(Passback.message).where(*since))
        graded = any(message["score"] is not None for message in messages)
        wanted = is_spare(row, activity) and not graded
        row.maker = renewed(job, self._now) if wanted else None
        return wanted

    def found(self, job: str, id: int, column: FoundColumn, *, ours: bool) -> None:
        """Note where a column is, and send what waited for it.

        One that takes the place of another holds none of the grades told to that one: they are
        forgotten, and owed anew.
        """
        activity = self._locked_activity(job)
        row = self._held(job, id)
        if row is None:
            return
        replaced = row.lineitem_url is not None and row.lineitem_url != column.url
        if replaced:
            outdate(self._session, self._now, self._enqueue, activity)
            forget_told(self._session, row.id)
        row.lineitem_url, row.maximum, row.ours = column.url, column.maximum, ours
        row.maker = row.problem = None
        wake(self._session, self._now, self._enqueue, row)

    def failed(self, job: str, id: int, code: str) -> None:
        """Note why a column could not be seen to."""
        row = self._held(job, id)
        if row is not None:
            row.maker, row.problem = None, code

    def removed(self, job: str, id: int) -> None:
        """Forget a column that was deleted, and all that was told to it.

        One that was switched on meanwhile is made again, and told all anew.
        """
        activity = self._locked_activity(job)
        row = self._held(job, id)
        if row is None:
            return
        forget_told(self._session, row.id)
        if not is_used(row, activity):
            self._session.delete(row)
            return
        row.lineitem_url = row.maker = row.problem = None
        row.ours = False
        self._session.flush()
        outdate(self._session, self._now, self._enqueue, activity)
        look_for(self._session, self._now, self._enqueue, activity)

    # What jobs left behind ------------------------------------------------------------------------

    def doubtful(self) -> dict[str, list[int]]:
        """Jobs that claimed columns long ago, and which: they may have ended unheard."""
        claims = select(GradeColumn.maker, GradeColumn.id).where(GradeColumn.maker.is_not(None))
        found: dict[str, list[int]] = {}
        for maker, id in self._session.execute(claims.order_by(GradeColumn.id)):
            if maker is not None and abs(self._now - claimed_at(maker)) > REST:
                found.setdefault(job_of(maker), []).append(id)
        return found

    def release(self, job: str, ids: Sequence[int]) -> None:
        """Take columns from a job that has ended, and have what their activity lacks looked for."""
        activity = self._session.get_one(GradeColumn, ids[0]).activity
        self._lock(activity.id)
        for id in ids:
            row = self._held(job, id)
            if row is not None:
                row.maker = None
        self._session.flush()
        look_for(self._session, self._now, self._enqueue, activity)

    # Rows -----------------------------------------------------------------------------------------

    def _claimed(
        self, job: str, activity: Activity, concerns: Callable[[GradeColumn, Activity], bool]
    ) -> list[GradeColumn]:
        found = []
        for row in locked(self._session, activity.id):
            if not concerns(row, activity):
                if row.maker is not None and job_of(row.maker) == job:
                    row.maker = None  # it was its concern once
            elif claimed(row, job, self._now):
                found.append(row)
        return found

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
        row = self._session.get(
            GradeColumn, id, with_for_update={"key_share": True}, populate_existing=True
        )
        if row is None or row.maker is None or job_of(row.maker) != job:
            return None
        return row

    def _locked_activity(self, job: str) -> Activity:
        """The job's activity, locked before any of its columns: in the order of services.arrivals.

        Whoever sets the activity up waits until this is done, and the other way round.
        """
        activity = self._of_job(job)
        self._lock(activity.id)
        self._session.refresh(activity)
        return activity

    def _lock(self, activity_id: int) -> None:
        row = select(Activity.id).where(Activity.id == activity_id)
        self._session.execute(row.with_for_update(key_share=True))

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
