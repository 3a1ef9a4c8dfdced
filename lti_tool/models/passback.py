"""Passback: one message owed to the LMS, a score or a certificate. The row is the truth."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, query_expression, relationship

from lti_tool.db import Base, Document, UTCDateTime
from lti_tool.models.activity import GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.grade_service import GradeService
from lti_tool.models.person import Person


class Passback(Base):
    """A message for one (column, intern). `stamp` is fixed when written and strictly rises."""

    __tablename__ = "passback"
    __table_args__ = (
        UniqueConstraint("column_id", "intern_id", "stamp"),
        Index("ix_passback_owed", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    column_id: Mapped[int] = mapped_column(ForeignKey("grade_column.id"))
    intern_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    """Whose gradebook: the column's platform, beside it because messages to one LMS form a lane."""
    kind: Mapped[str] = mapped_column(String(16))
    """domain.passback.Kind: score or certificate."""
    message: Mapped[dict[str, Any]] = mapped_column(Document)
    """What to say, as domain.passback.Message: primitives, product-neutral."""
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    """The certificate that a message of that kind brings; it waits until the PDF is made."""
    stamp: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(16))
    """domain.passback.State."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Calls made to the LMS: to send the message, or anew to see whether its file was fetched."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often in a row the answer was `last_code`."""
    generation: Mapped[int] = mapped_column(default=0)
    """Rises whenever the row is handed to the engine (a finished id is ignored there)."""
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_status: Mapped[int | None]
    """The HTTP status of the last answer; None where nothing answered."""
    last_code: Mapped[str | None] = mapped_column(String(64))
    """Why the message waits, was refused or is uncertain."""
    insist: Mapped[bool] = mapped_column(default=False)
    """Whether a course lead wants it sent although somebody changed the grade in the gradebook."""
    progress_url: Mapped[str | None] = mapped_column(String(2000))
    """Where the LMS tells whether it fetched the file: the message was taken, and is not repeated
    unless a person asks for it."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the LMS last took the message, whatever became of its file."""

    alone: Mapped[bool | None] = query_expression()
    """Whether nothing else about the same cell is to be looked at: no message of it is live, and
    none is newer. None where that was not asked for."""

    certificate: Mapped[Certificate | None] = relationship()
    column: Mapped[GradeColumn] = relationship()
    intern: Mapped[Person] = relationship()
    grade_service: Mapped[GradeService | None] = relationship(
        primaryjoin=lambda: foreign(Passback.platform_id) == GradeService.platform_id,
        viewonly=True,
    )
    """How the LMS takes grades at present; None before it was ever sent anything."""
