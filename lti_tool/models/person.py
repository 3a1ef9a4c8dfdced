"""Person: someone seen through a launch or a roster; Membership: their place in one course."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, Document, UTCDateTime


class Person(Base):
    """A user of one platform. Keyed by the platform's subject, never by name or e-mail."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("platform_id", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    subject: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(500))
    """What to call them: see domain.people.display_name."""
    email: Mapped[str | None] = mapped_column(String(320))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    launched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Membership(Base):
    """What launch, roster and course lead say of a person in a course; the role that follows."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("course_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    launch_roles: Mapped[list[str] | None] = mapped_column(Document)
    roster_roles: Mapped[list[str] | None] = mapped_column(Document)
    key: Mapped[str | None] = mapped_column(String(32), unique=True)
    """Names the person in addresses that the LMS keeps; made when first needed."""
    role_name: Mapped[str | None] = mapped_column(String(255))
    """The LMS's own name for the role, where it tells ("Clinical Preceptor")."""
    placed: Mapped[bool] = mapped_column(default=False)
    by_hand: Mapped[str | None] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(16), index=True)
    """domain.people.role_of of all the above, kept so that lists need no arithmetic."""
    test_user: Mapped[bool] = mapped_column(default=False)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the roster stopped naming them. Their assessments stay."""

    person: Mapped[Person] = relationship()
