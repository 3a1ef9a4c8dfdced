"""Platform: an LMS registration that may launch us, its deployments, and our signing keys."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, Document, UTCDateTime


class Platform(Base):
    """Issuer + client id, where it signs in, and where it gives keys and tokens."""

    __tablename__ = "platform"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    product: Mapped[str] = mapped_column(String(32))
    auth_login_url: Mapped[str] = mapped_column(String(2000))
    auth_token_url: Mapped[str] = mapped_column(String(2000))
    auth_audience: Mapped[str | None] = mapped_column(String(2000))
    jwks_url: Mapped[str] = mapped_column(String(2000))
    scopes: Mapped[list[str] | None] = mapped_column(Document)
    """The scopes granted at a dynamic registration; None where nobody told."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    deployments: Mapped[list["Deployment"]] = relationship(back_populates="platform")


class Deployment(Base):
    """One placing of the tool in the LMS; new ones are recorded when they first launch."""

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    deployment_id: Mapped[str] = mapped_column(String(255))
    hosts: Mapped[list[str]] = mapped_column(Document, default=list)
    """Hosts of service addresses it has used, for launches whose return_url is absent."""
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    notices_url: Mapped[str | None] = mapped_column(String(2000))
    """Where Rounds asks to be told of copied courses, as launches say; None where they do not."""
    notices_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the LMS took our request to be told."""

    platform: Mapped[Platform] = relationship(back_populates="deployments")


class SigningKey(Base):
    """A key of ours. The private half is stored encrypted under ROUNDS_SECRET_KEY."""

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    private: Mapped[bytes] = mapped_column(LargeBinary)
    public: Mapped[dict[str, str]] = mapped_column(Document)
    """The public half as a JWK."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From when it is no longer published: set at the rotation that replaces it, in its future."""


class AccessToken(Base):
    """A bearer token of a platform's services, shared by workers, never across registrations."""

    __tablename__ = "access_token"

    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    scopes: Mapped[str] = mapped_column(String(1000), primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted under ROUNDS_SECRET_KEY."""
    granted: Mapped[list[str]] = mapped_column(Document)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Invitation(Base):
    """A one-time code by which one LMS may register itself."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the code in hex: the code itself is shown once and not stored."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))
    """The registration that it led to."""
