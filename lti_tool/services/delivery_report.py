"""What operators see of messages to gradebooks, without a name or a grade: where each is, and how
each LMS takes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.domain.passback import UNFINISHED
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.platform import Platform
from lti_tool.services.grade_services import Condition, GradeServices
from lti_tool.services.passback_lists import STATES, Stage, at_stage


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `intern` is our number of a person; `competency` is "" for the activity's own
    column; `code` and `status` are those of the last answer.
    """

    id: int
    platform: int
    course: str
    activity: str
    competency: str
    intern: int
    kind: str
    state: str
    code: str | None
    status: int | None
    attempts: int
    owed_at: datetime
    due_at: datetime | None
    """When it is tried next; None for one that does not go by itself."""
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Service:
    """How one LMS takes grades, and how many messages to it are at each stage."""

    platform: int
    name: str
    condition: Condition
    messages: Mapping[Stage, int]


def messages(
    session: Session, *, platform: int | None, stage: Stage | None, limit: int
) -> list[Message]:
    """The messages at a stage, the newest first; without a stage all that are not sent."""
    rows = select(Passback, GradeColumn.competency_id, Activity.title, Course.title).join(
        GradeColumn, GradeColumn.id == Passback.column_id
    )
    rows = rows.join(Activity, Activity.id == GradeColumn.activity_id)
    rows = rows.join(Course, Course.id == Activity.course_id).where(at_stage(stage))
    if stage is None:
        unsent = [state for one, states in STATES.items() if one != Stage.SENT for state in states]
        rows = rows.where(Passback.state.in_(unsent))
    if platform is not None:
        rows = rows.where(Passback.platform_id == platform)
    rows = rows.order_by(Passback.id.desc()).limit(limit)
    return [_told(*row) for row in session.execute(rows)]


def services(session: Session, known: GradeServices) -> list[Service]:
    """Every registered platform, by its number."""
    counted: dict[tuple[int, str], int] = {
        (platform, state): count
        for platform, state, count in session.execute(
            select(Passback.platform_id, Passback.state, func.count())
            .where(at_stage(None))
            .group_by(Passback.platform_id, Passback.state)
        )
    }
    return [
        Service(
            id,
            name,
            known.of(id),
            {
                stage: sum(counted.get((id, state), 0) for state in states)
                for stage, states in STATES.items()
            },
        )
        for id, name in session.execute(select(Platform.id, Platform.name).order_by(Platform.id))
    ]


def _told(row: Passback, competency: str, activity: str, course: str) -> Message:
    return Message(
        id=row.id,
        platform=row.platform_id,
        course=course,
        activity=activity,
        competency=competency,
        intern=row.intern_id,
        kind=row.kind,
        state=row.state,
        code=row.last_code,
        status=row.last_status,
        attempts=row.attempts,
        owed_at=row.created_at,
        due_at=row.due_at if row.state in UNFINISHED else None,
        sent_at=row.sent_at,
    )
