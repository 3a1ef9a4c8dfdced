"""The audit trail: who did what to which thing, and when. Rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, Document, UTCDateTime


class AuditEntry(Base):
    """One act. `detail` holds what changed, in primitives."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_about", "about", "about_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """None: Rounds itself, or an operator at the command line."""
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))
    action: Mapped[str] = mapped_column(String(32))
    about: Mapped[str] = mapped_column(String(32))
    about_id: Mapped[str] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
