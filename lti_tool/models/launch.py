"""A launch: the login that begins it, and the session it opens."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, Document, UTCDateTime


class LoginAttempt(Base):
    """State, nonce and registration of one login, consumed by one atomic statement.

    The state itself is not stored: `state_hash` is its SHA-256 in hex.
    """

    __tablename__ = "login_attempt"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    target_link_uri: Mapped[str] = mapped_column(String(2000))
    proof_hash: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of what the browser keeps in the LMS's storage for us; None where it has cookies."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    consumed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class LaunchSession(Base):
    """What one launch lets one browser do until it is idle for too long.

    `id` stands in addresses and is worth nothing without the secret, which is in the cookie of that
    path or, where `in_address`, beside it.
    """

    __tablename__ = "launch_session"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    frame_origins: Mapped[list[str]] = mapped_column(Document)
    return_url: Mapped[str | None] = mapped_column(String(4000))
    """Where the LMS wants people back. May hold the LMS's own session key: never logged."""
    in_address: Mapped[bool] = mapped_column(default=False)
    """Whether the secret stands in addresses, since storage proved a browser without cookies."""
    about_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The intern whose work the LMS asked to show (a submission review)."""
    deep_link: Mapped[dict[str, Any] | None] = mapped_column(Document)
    """A deep linking request: lms.claims.DeepLink as JSON; None for any other launch."""
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When that request was answered: it is answered once."""
    presentation: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    """`locale`, `document_target`, `frame_resize` (whether the LMS takes lti.frameResize),
    `from_menu` (whether it opened the course and no one link).
    """
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
