"""The activities of a course, for who opened the course and not one of its links."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from lti_tool.domain.assessment import COUNTS, State
from lti_tool.domain.errors import ActivityNotReady, NotAllowed, UnknownThing
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.standard import Verdict
from lti_tool.models.activity import Activity
from lti_tool.models.assessment import Assessment, Flag
from lti_tool.models.result import Result
from lti_tool.services.launches import Launches, Opened


@dataclass(frozen=True, slots=True)
class OwnResult:
    """Where an intern stands. `grade` is exact, 0 to 100."""

    verdict: Verdict = Verdict.NOT_ENOUGH
    grade: Fraction | None = None
    kind: ClassVar[str] = "result"


@dataclass(frozen=True, slots=True)
class OwnWork:
    """What a supervisor wrote: how many assessments that count, and how many drafts."""

    written: int = 0
    drafts: int = 0
    kind: ClassVar[str] = "work"


@dataclass(frozen=True, slots=True)
class Cohort:
    """What a course lead looks for: interns assessed, of them met, and concerns still open."""

    assessed: int = 0
    met: int = 0
    flags: int = 0
    kind: ClassVar[str] = "cohort"


@dataclass(frozen=True, slots=True)
class CourseActivity:
    """An activity with the state that concerns who asks."""

    id: int
    title: str
    ready: bool
    state: OwnResult | OwnWork | Cohort


@dataclass(frozen=True, slots=True)
class CoursePage:
    """`unopened` are titles of what was placed and never opened from the course: leads only."""

    activities: tuple[CourseActivity, ...]
    unopened: tuple[str, ...]


class CourseActivities:
    """Lists a course's activities, and opens one."""

    def __init__(self, session: Session, launches: Launches) -> None:
        self._session = session
        self._launches = launches

    def page(self, actor: Actor) -> CoursePage:
        """The activities that the course has links to, in the order they were made.

        Those that are not set up are for course leads. Raises NotAllowed for who has no right here.
        """
        _require_any(actor)
        leads = actor.may(Right.SET_UP)
        rows = self._session.execute(
            select(Activity.id, Activity.title, Activity.ready_at, Activity.resource_link_id)
            .where(Activity.course_id == actor.course)
            .order_by(Activity.id)
        ).all()
        linked = [row for row in rows if row.resource_link_id is not None]
        states, none = self._states(actor)
        return CoursePage(
            activities=tuple(
                CourseActivity(
                    row.id, row.title, row.ready_at is not None, states.get(row.id, none)
                )
                for row in linked
                if leads or row.ready_at is not None
            ),
            unopened=tuple(
                row.title
                for row in rows
                if leads and row.resource_link_id is None and row.ready_at is not None
            ),
        )

    def open(self, actor: Actor, launch_id: str, activity_id: int) -> Opened:
        """A session of its own for one of them.

        Raises UnknownThing where the course has no link to such an activity, and ActivityNotReady
        for all but course leads while it is not set up.
        """
        _require_any(actor)
        row = self._session.get(Activity, activity_id)
        if row is None or row.course_id != actor.course or row.resource_link_id is None:
            raise UnknownThing("no activity of that number in this course")
        if row.ready_at is None and not actor.may(Right.SET_UP):
            raise ActivityNotReady("no competencies chosen yet")
        return self._launches.beside(launch_id, activity_id)

    def _states(
        self, actor: Actor
    ) -> tuple[Mapping[int, OwnResult | OwnWork | Cohort], OwnResult | OwnWork | Cohort]:
        """The state of each activity by its number, and what holds for any other."""
        if actor.may(Right.READ_ALL):
            return self._cohorts(actor.course), Cohort()
        if actor.may(Right.SCORE):
            return self._work(actor), OwnWork()
        return self._results(actor), OwnResult()

    def _results(self, actor: Actor) -> dict[int, OwnResult]:
        rows = self._session.scalars(
            select(Result)
            .join(Activity, Activity.id == Result.activity_id)
            .where(Activity.course_id == actor.course, Result.intern_id == actor.person)
        )
        return {
            row.activity_id: OwnResult(
                Verdict(row.verdict), Fraction(row.grade) if row.grade else None
            )
            for row in rows
        }

    def _work(self, actor: Actor) -> dict[int, OwnWork]:
        author = func.coalesce(Assessment.entered_by_id, Assessment.assessor_id)
        rows = self._session.execute(
            select(
                Assessment.activity_id,
                _count(Assessment.state.in_(COUNTS)),
                _count(Assessment.state == State.DRAFT),
            )
            .join(Activity, Activity.id == Assessment.activity_id)
            .where(Activity.course_id == actor.course, author == actor.person)
            .group_by(Assessment.activity_id)
        )
        return {id: OwnWork(written, drafts) for id, written, drafts in rows}

    def _cohorts(self, course_id: int) -> dict[int, Cohort]:
        open_flags = self._session.execute(
            select(Assessment.activity_id, func.count(Flag.id).label("flags"))
            .join(Assessment, Assessment.id == Flag.assessment_id)
            .join(Activity, Activity.id == Assessment.activity_id)
            .where(
                Activity.course_id == course_id,
                Flag.resolved_at.is_(None),
                Flag.dropped.is_(False),
            )
            .group_by(Assessment.activity_id)
        )
        flags = {row.activity_id: row.flags for row in open_flags}
        rows = self._session.execute(
            select(
                Result.activity_id,
                _count(Result.assessments > 0),
                _count(Result.verdict == Verdict.MET),
            )
            .join(Activity, Activity.id == Result.activity_id)
            .where(Activity.course_id == course_id)
            .group_by(Result.activity_id)
        )
        return {id: Cohort(assessed, met, flags.get(id, 0)) for id, assessed, met in rows}


def _require_any(actor: Actor) -> None:
    if not any(actor.may(right) for right in Right):
        raise NotAllowed(f"{actor.role} has nothing to see in this course")


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)
