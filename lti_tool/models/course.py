"""Course: an LTI context on a platform, with its services and the age of its roster."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, Document, UTCDateTime
from lti_tool.models.platform import Deployment


class Course(Base):
    """One context of one deployment."""

    __tablename__ = "course"
    __table_args__ = (UniqueConstraint("deployment_id", "context_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"))
    context_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(500))
    label: Mapped[str] = mapped_column(String(255), default="")
    school: Mapped[str] = mapped_column(String(255), default="")
    """The institution's name as the launch gave it; the issuer on certificates."""
    time_zone: Mapped[str] = mapped_column(String(64))
    memberships_url: Mapped[str | None] = mapped_column(String(2000))
    lineitems_url: Mapped[str | None] = mapped_column(String(2000))
    scopes: Mapped[list[str]] = mapped_column(Document, default=list)
    """The grade service's scopes that the last launch granted."""
    history: Mapped[list[str]] = mapped_column(Document, default=list)
    """Context ids of courses whose content came into this one, as the last launch said."""
    roster_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    roster_tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    roster_problem: Mapped[str | None] = mapped_column(String(64))
    """The code of the last failed refresh; None after one that worked."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    deployment: Mapped[Deployment] = relationship()


class CourseCopy(Base):
    """What an LMS told of a copied course: content of one context came into another."""

    __tablename__ = "course_copy"
    __table_args__ = (UniqueConstraint("deployment_id", "context_id", "origin_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"))
    context_id: Mapped[str] = mapped_column(String(255))
    origin_id: Mapped[str] = mapped_column(String(255))
    told_at: Mapped[datetime] = mapped_column(UTCDateTime)
