"""Activity: competencies placed in a course, with the standard and the gradebook columns."""

from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, Document, UTCDateTime
from lti_tool.models.course import Course


def new_key() -> str:
    """64 random bits: not a secret, but not to be guessed by chance either."""
    return token_hex(8)


class Activity(Base):
    """An LTI resource link. `ready_at` is None until a course lead chose competencies."""

    __tablename__ = "activity"
    __table_args__ = (UniqueConstraint("course_id", "resource_link_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    resource_link_id: Mapped[str | None] = mapped_column(String(255))
    """None from the choice by deep linking to the first launch of the link that the LMS made."""
    key: Mapped[str] = mapped_column(String(32), unique=True, default=new_key)
    """What the link carries, so that its first launch, and a copy's, find their settings."""
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    title: Mapped[str] = mapped_column(String(500))
    standard: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    """domain.standard.Standard as JSON; `max_share` as a string fraction or null."""
    mapping: Mapped[str] = mapped_column(String(16), default="table")
    send_when: Mapped[str] = mapped_column(String(16), default="as-scored")
    """domain.passback.SendWhen."""
    competency_columns: Mapped[bool] = mapped_column(default=False)
    """Whether each competency has a gradebook column of its own beside the link's."""
    live_view: Mapped[bool] = mapped_column(default=False)
    """Whether the LMS's grader shows the assessments themselves in place of a file."""
    design: Mapped[str] = mapped_column(String(64), default="standard")
    """The design of its certificates, by the name of its folder."""
    chart: Mapped[str] = mapped_column(String(16), default="strips")
    """domain.certificate.Chart."""
    sign_off: Mapped[bool] = mapped_column(default=False)
    """Whether a course lead signs each certificate off before it is issued."""
    certificate_months: Mapped[int | None]
    """How long a certificate is good for; None: it does not expire."""
    ready_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recompute_owed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From when on every result is to be computed anew; None when all are up to date."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    course: Mapped[Course] = relationship()
    competencies: Mapped[list["ActivityCompetency"]] = relationship(
        back_populates="activity", order_by="ActivityCompetency.position"
    )
    columns: Mapped[list["GradeColumn"]] = relationship(back_populates="activity")


class ActivityCompetency(Base):
    """A competency at the version it had when it was chosen, rubric and all."""

    __tablename__ = "activity_competency"
    __table_args__ = (UniqueConstraint("activity_id", "competency_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    competency_id: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(16))
    position: Mapped[int]
    weight: Mapped[int]
    rubric: Mapped[dict[str, Any]] = mapped_column(Document)
    """The whole competency as packs.dump gives it."""

    activity: Mapped[Activity] = relationship(back_populates="competencies")


class GradeColumn(Base):
    """A line item of the gradebook. `competency_id` is empty for the activity's own column."""

    __tablename__ = "grade_column"
    __table_args__ = (UniqueConstraint("activity_id", "competency_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    competency_id: Mapped[str] = mapped_column(String(64), default="")
    lineitem_url: Mapped[str | None] = mapped_column(String(2000))
    """None while no launch has told it: grades then wait."""
    ours: Mapped[bool] = mapped_column(default=False)
    """Whether Rounds made it: no other is ever changed or deleted."""
    maker: Mapped[str | None] = mapped_column(String(64))
    """The job that looks for it or makes it now: no other does meanwhile, and none makes two."""
    problem: Mapped[str | None] = mapped_column(String(64))
    """The code of why it could not be found, made, deleted or read; None after that worked."""
    attempts: Mapped[int | None]
    """How many attempts the LMS allows there; 0 for any number, None while nobody told."""
    maximum: Mapped[Any] = mapped_column(Numeric(12, 4), default=100)

    activity: Mapped[Activity] = relationship(back_populates="columns")
