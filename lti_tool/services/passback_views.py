"""What course leads see of passbacks: each message, where it is, and why it is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from lti_tool.domain.passback import CHANGED, LIVE, STUCK, Cell, Kind, State
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person
from lti_tool.models.platform import Deployment, Platform
from lti_tool.models.shown_grade import ShownGrade
from lti_tool.services.passback_rows import holds_back


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
    owed_at: datetime
    due_at: datetime
    sent_at: datetime | None
    behind: bool
    """Whether it waits for an older message about the same intern and column."""
    unmade: bool
    """Whether it brings a certificate whose file is still to be made."""
    shown: Cell | None
    """What the gradebook showed when it was last read, on its own scale; None where unknown."""
    replaces: bool
    """Whether a number that is sent takes the place of what somebody typed into the gradebook."""

    @property
    def retriable(self) -> bool:
        return self.state in STUCK

    @property
    def taken(self) -> bool:
        """Whether the gradebook holds this number, whatever became of a file that came with it."""
        return self.sent_at is not None and self.state not in LIVE

    @property
    def changed(self) -> bool:
        """Whether somebody changed the number in the gradebook after it was told."""
        if self.shown is None or not (self.taken or self.code == CHANGED):
            return False
        return not self.shown.says(self.score, self.maximum)


def deliveries(
    session: Session,
    activity_id: int,
    *only: ColumnElement[bool],
    part: tuple[int, int] | None = None,
) -> list[Delivery]:
    """The messages of an activity that were not superseded, the newest first; a part of them is cut
    out by where it begins and ends.

    Those to the columns of competencies are left out while these are switched off.
    """
    same_cell = and_(
        ShownGrade.column_id == Passback.column_id,
        ShownGrade.person_id == Passback.intern_id,
        or_(Passback.sent_at.is_(None), ShownGrade.read_at >= Passback.sent_at),
    )
    rows = (
        select(
            Passback, GradeColumn, Person.name, ShownGrade, Platform.product, _behind(), _unmade()
        )
        .join(GradeColumn, GradeColumn.id == Passback.column_id)
        .join(Activity, Activity.id == GradeColumn.activity_id)
        .join(Course, Course.id == Activity.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .join(Person, Person.id == Passback.intern_id)
        .outerjoin(Certificate, Certificate.id == Passback.certificate_id)
        .outerjoin(ShownGrade, same_cell)
        .where(*told(activity_id), *only)
        .order_by(Passback.stamp.desc(), Passback.id.desc())
    )
    found = session.execute(rows if part is None else rows.slice(*part))
    return [_shown(*row) for row in found]


def _behind() -> ColumnElement[bool]:
    older = aliased(Passback)
    return and_(
        Passback.state == State.WAITING,
        exists().where(
            older.column_id == Passback.column_id,
            older.intern_id == Passback.intern_id,
            older.stamp < Passback.stamp,
            holds_back(older),
        ),
    )


def _unmade() -> ColumnElement[bool]:
    return and_(Certificate.id.is_not(None), Certificate.sha256.is_(None))


def told(activity_id: int) -> Sequence[ColumnElement[bool]]:
    """The messages of an activity that stand, to the columns that are in use."""
    return (
        Activity.id == activity_id,
        or_(GradeColumn.competency_id == "", Activity.competency_columns),
        Passback.state != State.SUPERSEDED,
    )


def _shown(
    row: Passback,
    column: GradeColumn,
    intern: str,
    shown: ShownGrade | None,
    product: str,
    behind: bool,
    unmade: bool,
) -> Delivery:
    return Delivery(
        id=row.id,
        competency_id=column.competency_id,
        intern_id=row.intern_id,
        intern=intern,
        kind=Kind(row.kind),
        state=State(row.state),
        score=row.message["score"],
        maximum=row.message["maximum"],
        column_maximum=column.maximum,
        attempts=row.attempts,
        status=row.last_status,
        code=row.last_code,
        owed_at=row.created_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
        behind=behind,
        unmade=unmade,
        shown=Cell(shown.score, shown.maximum) if shown else None,
        replaces=choose(product).overwrites(ours=column.ours),
    )
