"""Assessment: one scoring of one competency on one occasion, its earlier versions, its flags."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, Document, UTCDateTime
from lti_tool.models.activity import Activity
from lti_tool.models.person import Person


class Occasion(Base):
    """When and where an assessor watched an intern; several competencies may share it."""

    __tablename__ = "occasion"

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    intern_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    assessor_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    on: Mapped[date | None]
    setting: Mapped[str] = mapped_column(String(120), default="")
    specialty: Mapped[str] = mapped_column(String(120), default="")


class Assessment(Base):
    """What stands now. `version` rises by one with every save and guards against stale pages."""

    __tablename__ = "assessment"
    __table_args__ = (
        Index("ix_assessment_work", "activity_id", "intern_id", "competency_id", "state"),
        Index("ix_assessment_mine", "assessor_id", "activity_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    competency_id: Mapped[str] = mapped_column(String(64))
    intern_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    assessor_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"))
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The course lead who typed in a paper form for the assessor; None otherwise."""
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    ratings: Mapped[dict[str, int | None]] = mapped_column(Document, default=dict)
    what_happened: Mapped[dict[str, str]] = mapped_column(Document, default=dict)
    support: Mapped[int | None]
    worked: Mapped[str] = mapped_column(Text, default="")
    next_time: Mapped[str] = mapped_column(Text, default="")
    concern: Mapped[bool] = mapped_column(default=False)
    concern_text: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    activity: Mapped[Activity] = relationship()
    occasion: Mapped[Occasion] = relationship()
    assessor: Mapped[Person] = relationship(foreign_keys=[assessor_id])
    intern: Mapped[Person] = relationship(foreign_keys=[intern_id])
    entered_by: Mapped[Person | None] = relationship(foreign_keys=[entered_by_id])
    earlier: Mapped[list["AssessmentVersion"]] = relationship(
        back_populates="assessment", order_by="AssessmentVersion.version"
    )


class AssessmentVersion(Base):
    """What a submitted assessment held before a change, and why it was changed."""

    __tablename__ = "assessment_version"
    __table_args__ = (UniqueConstraint("assessment_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id"))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    content: Mapped[dict[str, Any]] = mapped_column(Document)
    """The columns of Assessment that a form fills, its occasion and its intern."""
    reason: Mapped[str] = mapped_column(Text, default="")
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    assessment: Mapped[Assessment] = relationship(back_populates="earlier")
    changed_by: Mapped[Person] = relationship()


class Flag(Base):
    """A private word to the course lead: low on a safety-critical criterion, or a concern."""

    __tablename__ = "flag"

    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id"), index=True)
    criterion_id: Mapped[str | None] = mapped_column(String(64))
    """None: the assessor ticked a safety or privacy concern."""
    text: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(UTCDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    dropped: Mapped[bool] = mapped_column(default=False)
    """The assessment was withdrawn or amended so that the flag's cause is gone."""

    assessment: Mapped[Assessment] = relationship()
