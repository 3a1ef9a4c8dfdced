"""Result: what is known of one intern in one activity, recomputed with every change."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, Document, UTCDateTime


class Result(Base):
    """One row per activity and intern. Numbers are exact fractions written as `n/d`."""

    __tablename__ = "result"
    __table_args__ = (UniqueConstraint("activity_id", "intern_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    intern_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str] = mapped_column(String(24))
    mean: Mapped[str | None] = mapped_column(Text)
    grade: Mapped[str | None] = mapped_column(Text)
    """0 to 100 as `n/d`, before rounding; None when there is no number to give."""
    competencies: Mapped[dict[str, Any]] = mapped_column(Document)
    """Competency id → {verdict, mean, grade, assessments, supervisors}."""
    assessments: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
