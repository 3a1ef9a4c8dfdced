"""Shown grades: what a gradebook holds, read back and kept beside what was told to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from lti_tool.domain.column import claim, is_free
from lti_tool.domain.errors import ScopeMissing, UnknownThing
from lti_tool.domain.passback import CHANGED, Cell, Message
from lti_tool.domain.people import Actor, Right
from lti_tool.lms.grades import RESULTS
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person
from lti_tool.models.platform import Platform
from lti_tool.models.shown_grade import ShownGrade
from lti_tool.services.activity_rows import whole_activity
from lti_tool.services.enqueue import Enqueue


@dataclass(frozen=True, slots=True)
class Question:
    """Whom to ask what a column shows, and where; who was told something in it, by subject."""

    platform: Platform
    column_url: str
    people: Mapping[str, int]
    asked_at: datetime
    """What is told to the column from now on, the answer may not show yet."""


class ShownGrades:
    """Has columns read back, and keeps what they show."""

    def __init__(self, session: Session, now: datetime, enqueue: Enqueue) -> None:
        self._session = session
        self._now = now
        self._enqueue = enqueue

    def check(self, actor: Actor, activity_id: int) -> None:
        """Have each column of an activity read that is known, unless a job is at it."""
        actor.require(Right.SEE_DELIVERY)
        activity = whole_activity(self._session, activity_id)
        if activity is None or activity.course_id != actor.course:
            raise UnknownThing("no activity of that number in this course")
        columns = (
            select(GradeColumn)
            .where(GradeColumn.activity_id == activity_id, GradeColumn.lineitem_url.is_not(None))
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        for row in self._session.scalars(columns):
            job = claim(row.id, self._now)
            if is_free(row.maker, job, self._now):
                row.maker = job
                self._enqueue(
                    self._session, "read-back", job, activity.course.deployment.platform_id
                )

    def question(self, column_id: int) -> Question:
        """What it takes to read a column. Raises ScopeMissing, UnknownThing."""
        row = self._session.get(GradeColumn, column_id)
        if row is None or row.lineitem_url is None:
            raise UnknownThing("no column of that number, or nobody knows where it is")
        course = row.activity.course
        if RESULTS not in course.scopes:
            raise ScopeMissing("the course does not let Rounds read grades")
        told = (
            select(Person.subject, Person.id)
            .where(Person.id.in_(select(Passback.intern_id).where(Passback.column_id == column_id)))
            .order_by(Person.id)
        )
        people = {subject: id for subject, id in self._session.execute(told)}
        return Question(course.deployment.platform, row.lineitem_url, people, self._now)

    def store(
        self, job: str, column_id: int, cells: Mapping[int, Cell], asked_at: datetime
    ) -> None:
        """Keep what a column shows, by person; of whom it shows nothing, nothing is known."""
        self._session.get(GradeColumn, column_id, with_for_update={"key_share": True})
        note_shown(self._session, asked_at, column_id, cells)
        gone = ShownGrade.column_id == column_id, ShownGrade.person_id.not_in(cells)
        self._session.execute(delete(ShownGrade).where(*gone))
        self._end(job, column_id, None)

    def failed(self, job: str, column_id: int, code: str) -> None:
        """Note why a column could not be read; what is known of it stays."""
        self._end(job, column_id, code)

    def _end(self, job: str, column_id: int, code: str | None) -> None:
        row = self._session.get(GradeColumn, column_id, with_for_update={"key_share": True})
        if row is not None and row.maker == job:
            row.maker, row.problem = None, code


def note_shown(session: Session, now: datetime, column_id: int, cells: Mapping[int, Cell]) -> None:
    """Keep what cells of a column show now, by person."""
    rows = session.scalars(
        select(ShownGrade).where(ShownGrade.column_id == column_id, ShownGrade.person_id.in_(cells))
    )
    known = {row.person_id: row for row in rows}
    for person_id, cell in cells.items():
        row = known.get(person_id)
        if row is None:
            row = ShownGrade(column_id=column_id, person_id=person_id)
            session.add(row)
        row.score, row.maximum, row.read_at = cell.score, cell.maximum, now


def told_before(session: Session, row: Passback, course: Course) -> tuple[Message, ...]:
    """What a cell may show by our own doing, where it is to be read before it is written again.

    That is the message it took last, and those tried since: nobody knows whether they arrived.
    None for a cell never written, one the LMS guards by itself or does not let us read, and where a
    course lead insists.
    """
    product = choose(course.deployment.platform.product)
    if row.insist or not product.overwrites(ours=row.column.ours) or RESULTS not in course.scopes:
        return ()
    tried = session.execute(
        select(Passback.message, Passback.sent_at)
        .where(
            Passback.column_id == row.column_id,
            Passback.intern_id == row.intern_id,
            Passback.stamp < row.stamp,
            Passback.attempts > 0,
            or_(Passback.last_code.is_(None), Passback.last_code != CHANGED),
        )
        .order_by(Passback.stamp.desc())
    )
    told: list[Message] = []
    for message, sent_at in tried:
        told.append(Message.of(message))
        if sent_at is not None:
            return tuple(told)
    return ()
