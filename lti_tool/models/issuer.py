"""Issuer: who answers for certificates, and the keys they are signed with."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from lti_tool.db import Base, Document, UTCDateTime


class Institution(Base):
    """What the school of a platform puts on its certificates; a platform without a row puts nothing
    there but its name.
    """

    __tablename__ = "institution"

    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(500), default="")
    """Empty: the name of the school as its launches tell it."""
    url: Mapped[str] = mapped_column(String(2000), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    wording: Mapped[str] = mapped_column(Text, default="")
    """A sentence or two of the school's own, below what Rounds says."""
    signatories: Mapped[list[dict[str, str]]] = mapped_column(Document, default=list)
    """Who answers for them, in order: `name` and `role` of each."""
    logo: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    logo_type: Mapped[str | None] = mapped_column(String(32))
    """image/png, image/jpeg or image/svg+xml."""
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class IssuerKey(Base):
    """A key that certificates are signed with. Its public half is published for good: what it
    signed is to be proven when it signs no more.
    """

    __tablename__ = "issuer_key"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The key's own thumbprint (RFC 7638)."""
    signs: Mapped[str] = mapped_column(String(16))
    """What it signs: "credential" (RSA) or "document" (any key with a certificate)."""
    private: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted under ROUNDS_SECRET_KEY; empty once it signs no more."""
    public: Mapped[dict[str, object]] = mapped_column(Document)
    """The public half as a JWK; with `x5c` (RFC 7517 §4.7) for documents."""
    brought: Mapped[bool] = mapped_column(default=False)
    """Whether the institution brought it, as its seal, and Rounds did not make it."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From when it signs no more."""
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From when on it may have been in other hands, so that nothing it signed proves anything."""
    explanation: Mapped[str] = mapped_column(Text, default="")
    """Why it was revoked, in an operator's words for everybody."""
