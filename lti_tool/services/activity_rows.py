"""The row of an activity, whole: its course, competencies and columns, read once a unit of work."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lti_tool.models.activity import Activity
from lti_tool.models.course import Course
from lti_tool.models.platform import Deployment

WHOLE = (
    selectinload(Activity.competencies),
    joinedload(Activity.columns),
    joinedload(Activity.course).joinedload(Course.deployment).joinedload(Deployment.platform),
)
"""How to load an activity with all that pages, results and messages need of it."""

_KEPT = "rounds_activities"


def whole_activity(session: Session, id: int) -> Activity | None:
    """The activity of that number, whole; None when there is none."""
    kept: dict[int, Activity] = session.info.setdefault(_KEPT, {})
    if id not in kept:
        found = session.scalars(select(Activity).options(*WHOLE).where(Activity.id == id))
        row = found.unique().one_or_none()
        if row is None:
            return None
        kept[id] = row
    return kept[id]


def keep(session: Session, activity: Activity) -> None:
    """Let the rest of the unit of work have this row, which was loaded whole with another."""
    session.info.setdefault(_KEPT, {})[activity.id] = activity
