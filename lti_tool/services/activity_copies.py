"""Copies of activities: the same settings for another link, and none of the assessments."""

from typing import Any

from sqlalchemy.orm import Session

from lti_tool.db import insert_missing
from lti_tool.models.activity import Activity, ActivityCompetency, GradeColumn

SETTINGS = (
    "standard",
    "mapping",
    "send_when",
    "competency_columns",
    "live_view",
    "design",
    "chart",
    "sign_off",
    "certificate_months",
    "ready_at",
)
"""What a copy takes over beside its competencies, which stay at the versions that are pinned."""

CHOSEN = ("competency_id", "version", "position", "weight", "rubric")


def clone(session: Session, source: Activity, copy: Activity, *, origin_id: int) -> None:
    """Set up an empty activity as another one is, in its own course or in one it was copied to.

    `origin_id` is the activity whose key the copy's link carries: it may itself have been the
    `source`, or what the source was once copied from.
    """
    copy.copied_from_id = origin_id
    for name in SETTINGS:
        setattr(copy, name, getattr(source, name))
    copy.competencies = [
        ActivityCompetency(**{name: getattr(row, name) for name in CHOSEN})
        for row in source.competencies
    ]
    session.flush()
    add_own_column(session, copy.id)


def add_own_column(session: Session, activity_id: int) -> None:
    """Grades are owed to the link's own column from now on, also before a launch tells where it is:
    they wait for that.
    """
    column: dict[str, Any] = {"activity_id": activity_id, "competency_id": "", "maximum": 100}
    insert_missing(session, GradeColumn, column, ["activity_id", "competency_id"])
