"""Certificate: facts frozen when the standard was met, and the PDF made of them once."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from lti_tool.db import Base, Document, UTCDateTime
from lti_tool.domain.certificate import Kind


class Certificate(Base):
    """One issue. Never changed afterwards: a newer one supersedes it, or it is revoked."""

    __tablename__ = "certificate"
    __table_args__ = (
        Index(
            "uq_certificate_valid",
            "activity_id",
            "intern_id",
            unique=True,
            sqlite_where=text("state = 'valid'"),
            postgresql_where=text("state = 'valid'"),
        ),
        Index(
            "uq_certificate_transcript",
            "intern_id",
            unique=True,
            sqlite_where=text("state = 'valid' AND activity_id IS NULL"),
            postgresql_where=text("state = 'valid' AND activity_id IS NULL"),
        ),
    )
    """An intern holds at most one valid certificate of an activity, and one valid transcript."""

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), default=Kind.CERTIFICATE)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    """Whose school issued it."""
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    """None in a transcript, which covers every activity of an intern."""
    intern_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(16))
    """domain.certificate.State: valid, superseded or revoked."""
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it ended, as a code."""
    explanation: Mapped[str] = mapped_column(Text, default="")
    """The same in the words of whoever ended it by hand."""
    signed_off_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Who signed it off, where the activity asks for that."""
    expires_on: Mapped[date | None]
    """The last day it is good for; None: it stays good."""
    token: Mapped[str] = mapped_column(String(32), unique=True)
    """128 random bits in the address of the file, which answers while the certificate is valid."""
    code: Mapped[str] = mapped_column(String(12), unique=True)
    holder_key: Mapped[str] = mapped_column(String(8))
    design: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(Document)
    credential: Mapped[str | None] = deferred(mapped_column(Text))
    """The same facts as an Open Badge, signed (VC-JWT); made before the file, which carries it."""
    pdf: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    sha256: Mapped[str | None] = mapped_column(String(64))
    problem: Mapped[str | None] = mapped_column(String(64))
    """Why the last rendering failed, as a code; None: it is made as soon as may be."""
    tries: Mapped[int] = mapped_column(default=0)
    """How many renderings in a row were begun and brought no file, for this problem."""
    try_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When one with a problem is tried again; None: it is set aside."""
    failed_with: Mapped[str | None] = mapped_column(String(64))
    """What it could not be made with when it failed last (see pdf.made_with)."""
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    rendered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class CertificateCopy(Base):
    """An address at which an LMS may fetch a certificate's file, until it expires."""

    __tablename__ = "certificate_copy"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
