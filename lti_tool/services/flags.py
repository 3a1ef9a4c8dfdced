"""Flags: private words to the course lead, read and resolved by course leads only."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from lti_tool.domain.assessment import COUNTS, Fault
from lti_tool.domain.errors import FlagSettled, FormInvalid, UnknownThing
from lti_tool.domain.people import Actor, Right
from lti_tool.models.activity import Activity
from lti_tool.models.assessment import Assessment, Flag, Occasion
from lti_tool.models.person import Person
from lti_tool.services.audit import Audit
from lti_tool.services.results import Change, Results


@dataclass(frozen=True, slots=True)
class OpenFlag:
    """A flag with all a course lead needs to act on it."""

    id: int
    activity_id: int
    assessment: int
    intern_id: int
    intern: str
    raised_by: str
    competency_id: str
    criterion_id: str | None
    text: str
    on: date | None
    raised_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    note: str


class Flags:
    """Lists and resolves flags."""

    def __init__(self, session: Session, now: datetime, audit: Audit, results: Results) -> None:
        self._session = session
        self._now = now
        self._audit = audit
        self._results = results

    def open(self, actor: Actor, activity_id: int) -> list[OpenFlag]:
        """The open flags of an activity, oldest first."""
        actor.require(Right.READ_FLAGS)
        return self._find(
            Activity.course_id == actor.course,
            Assessment.activity_id == activity_id,
            Assessment.state.in_(COUNTS),
            Flag.resolved_at.is_(None),
            Flag.dropped.is_(False),
        )

    def counts(self, activity_id: int) -> dict[int, int]:
        """Intern → how many open flags, for those who have some."""
        rows = self._session.execute(
            select(Assessment.intern_id, func.count(Flag.id))
            .join(Assessment, Assessment.id == Flag.assessment_id)
            .where(
                Assessment.activity_id == activity_id,
                Assessment.state.in_(COUNTS),
                Flag.resolved_at.is_(None),
                Flag.dropped.is_(False),
            )
            .group_by(Assessment.intern_id)
        )
        return {intern: count for intern, count in rows}

    def get(self, actor: Actor, id: int) -> OpenFlag:
        """One flag of the actor's course, resolved or not."""
        actor.require(Right.READ_FLAGS)
        found = self._find(Activity.course_id == actor.course, Flag.id == id)
        if not found:
            raise UnknownThing("no flag of that number in this course")
        return found[0]

    def resolve(self, actor: Actor, id: int, note: str) -> None:
        """Settle a flag with a note. The standard may be met from now on."""
        shown = self.get(actor, id)
        if not note.strip():
            raise FormInvalid({"note": Fault.REASON_MISSING})
        with self._results.changing(shown.activity_id, shown.intern_id, Change.ADDED, actor):
            flag = self._session.scalar(
                select(Flag)
                .join(Flag.assessment)
                .where(Flag.id == id, Assessment.intern_id == shown.intern_id)
                .with_for_update(of=Flag)
                .execution_options(populate_existing=True)
            )
            if flag is None or flag.resolved_at is not None or flag.dropped:
                raise FlagSettled("settled, or moved to another intern, in the meantime")
            flag.resolved_at, flag.resolved_by_id = self._now, actor.person
            flag.note = note.strip()
            self._audit.record(actor, "flag-resolved", "flag", id, note=flag.note)

    def _find(self, *conditions: ColumnElement[bool]) -> list[OpenFlag]:
        intern, assessor, resolver = aliased(Person), aliased(Person), aliased(Person)
        rows = self._session.execute(
            select(Flag, Assessment, Occasion, intern.name, assessor.name, resolver.name)
            .join(Assessment, Assessment.id == Flag.assessment_id)
            .join(Activity, Activity.id == Assessment.activity_id)
            .join(Occasion, Occasion.id == Assessment.occasion_id)
            .join(intern, intern.id == Assessment.intern_id)
            .join(assessor, assessor.id == Assessment.assessor_id)
            .outerjoin(resolver, resolver.id == Flag.resolved_by_id)
            .where(*conditions)
            .order_by(Flag.raised_at, Flag.id)
        )
        return [_open_flag(*row) for row in rows]


def _open_flag(
    flag: Flag,
    assessment: Assessment,
    occasion: Occasion,
    intern: str,
    assessor: str,
    resolver: str | None,
) -> OpenFlag:
    return OpenFlag(
        id=flag.id,
        activity_id=assessment.activity_id,
        assessment=assessment.id,
        intern_id=assessment.intern_id,
        intern=intern,
        raised_by=assessor,
        competency_id=assessment.competency_id,
        criterion_id=flag.criterion_id,
        text=flag.text,
        on=occasion.on,
        raised_at=flag.raised_at,
        resolved_at=flag.resolved_at,
        resolved_by=resolver,
        note=flag.note,
    )
