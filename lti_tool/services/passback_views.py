"""What course leads see of passbacks: each message, where it is, and why it is there."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lti_tool.domain.passback import LIVE, STUCK, Kind, State
from lti_tool.models.activity import GradeColumn
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message, as course leads see it. `score` and `maximum` are decimal strings.

    `competency_id` is "" for the activity's own column. `code` says why it waits, was refused or is
    uncertain; `retriable` whether a person may send it again.
    """

    id: int
    competency_id: str
    intern_id: int
    intern: str
    kind: Kind
    state: State
    score: str | None
    maximum: str
    column_maximum: Decimal
    """What the gradebook's own column goes up to; the LMS scales what it is told."""
    attempts: int
    status: int | None
    code: str | None
    due_at: datetime
    sent_at: datetime | None

    @property
    def retriable(self) -> bool:
        return self.state in STUCK

    @property
    def taken(self) -> bool:
        """Whether the gradebook holds this number, whatever became of a file that came with it."""
        return self.sent_at is not None and self.state not in LIVE


def deliveries(session: Session, activity_id: int, *only: ColumnElement[bool]) -> list[Delivery]:
    """The messages of an activity that were not superseded, the newest first."""
    rows = session.execute(
        select(Passback, GradeColumn.competency_id, GradeColumn.maximum, Person.name)
        .join(GradeColumn, GradeColumn.id == Passback.column_id)
        .join(Person, Person.id == Passback.intern_id)
        .where(GradeColumn.activity_id == activity_id, Passback.state != State.SUPERSEDED, *only)
        .order_by(Passback.stamp.desc(), Passback.id.desc())
    )
    return [_shown(*row) for row in rows]


def _shown(row: Passback, competency_id: str, column_maximum: Decimal, intern: str) -> Delivery:
    return Delivery(
        id=row.id,
        competency_id=competency_id,
        intern_id=row.intern_id,
        intern=intern,
        kind=Kind(row.kind),
        state=State(row.state),
        score=row.message["score"],
        maximum=row.message["maximum"],
        column_maximum=column_maximum,
        attempts=row.attempts,
        status=row.last_status,
        code=row.last_code,
        due_at=row.due_at,
        sent_at=row.sent_at,
    )
