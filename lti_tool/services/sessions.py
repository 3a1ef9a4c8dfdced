"""Sessions of the launched: who may act behind which secret, and until when."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, select, update
from sqlalchemy.orm import Session

from lti_tool.domain.errors import SessionMissing, SessionOver
from lti_tool.domain.people import Actor, Role
from lti_tool.models.activity import Activity
from lti_tool.models.course import Course
from lti_tool.models.launch import LaunchSession
from lti_tool.models.person import Membership, Person
from lti_tool.models.platform import Platform

LONGEST_STEP = timedelta(minutes=1)
"""`seen_at` moves in steps of at most this, so that reading pages costs no write each time."""

KEPT = timedelta(days=7)
"""How long a session is remembered after its end, so that its pages can say it is over."""


@dataclass(frozen=True, slots=True)
class LaunchView:
    """What pages may know of the launch they belong to.

    `actor` is None when the launch named no course. Role and rights are as they are now, not as
    they were at the launch; who has left the course since has none until they are launched again.
    """

    id: str
    actor: Actor | None
    person_name: str
    course_title: str
    activity_id: int | None
    activity_ready: bool
    """Whether competencies have been chosen for it."""
    about: int | None
    """The intern whose work the LMS asked to show; the first page is theirs then."""
    platform_name: str
    product: str
    time_zone: str | None
    locale: str
    document_target: str
    frame_resize: bool
    frame_origins: tuple[str, ...]
    from_menu: bool
    """Whether it opened the course, so that there is a way to its other activities."""
    choosing: bool
    """Whether the LMS asked for a choice by deep linking."""
    answered: bool
    """Whether it has had its answer."""
    stale: bool
    """Whether the launch was last noted as seen so long ago that `stay` must note it anew."""
    idle_seconds: int
    """How long this session lasts from now, once `stay` was heard where it is due."""
    warning_seconds: int
    """How long before the end the page warns."""
    return_url: str | None = field(repr=False)
    csrf: str = field(repr=False)
    """What a form of this session carries to prove that a page of ours made it."""


def digest(secret: str) -> str:
    """How a secret is stored: its SHA-256 in hex. Enough for 128 random bits."""
    return sha256(secret.encode()).hexdigest()


class Sessions:
    """Opens the door to a launch's pages for whoever holds its secret, and keeps it open."""

    def __init__(
        self, session: Session, now: datetime, *, idle_minutes: float, warning_minutes: float
    ) -> None:
        self._session = session
        self._now = now
        self._idle = timedelta(minutes=idle_minutes)
        self._warning = timedelta(minutes=warning_minutes)

    def frame_origins(self, launch_id: str) -> tuple[str, ...]:
        """The origins that may frame the pages of a launch; none of a launch nobody knows."""
        found = self._session.scalar(
            select(LaunchSession.frame_origins).where(LaunchSession.id == launch_id)
        )
        return tuple(found or ())

    def enter(self, launch_id: str, secret: str | None, *, in_address: bool) -> LaunchView:
        """The launch of that id, for who holds its secret in the one place it may come from.

        Raises SessionMissing without the right secret, SessionOver when it was idle for too long.
        """
        if secret is None:
            raise SessionMissing("no secret of this launch")
        row = self._session.execute(_JOINED, {"launch": launch_id}).one_or_none()
        if row is None:
            raise SessionMissing("no such launch")
        if row.in_address != in_address:
            raise SessionMissing("the secret came another way than this launch's does")
        if not hmac.compare_digest(row.secret_hash, digest(secret)):
            raise SessionMissing("the secret is of another launch")
        idle = self._now - row.seen_at
        if idle >= self._idle:
            raise SessionOver("idle for too long")
        return self._view(row, secret, idle)

    def stay(self, launch_id: str) -> None:
        """Note that the launch is in use."""
        self._session.execute(
            update(LaunchSession).where(LaunchSession.id == launch_id).values(seen_at=self._now)
        )

    def forget_old(self) -> None:
        """Delete sessions that ended so long ago that nobody need be told."""
        self._session.execute(
            delete(LaunchSession).where(LaunchSession.seen_at < self._now - self._idle - KEPT)
        )

    def _view(self, row: Row[*tuple[Any, ...]], secret: str, idle: timedelta) -> LaunchView:
        presentation = row.presentation
        stale = idle >= min(LONGEST_STEP, self._idle / 10)
        left = self._idle if stale else self._idle - idle
        role = Role(row.role) if row.role and row.left_at is None else Role.NONE
        return LaunchView(
            id=row.id,
            actor=Actor(row.person_id, row.course_id, role) if row.course_id else None,
            person_name=row.person_name,
            course_title=row.course_title or "",
            activity_id=row.activity_id,
            activity_ready=row.ready_at is not None,
            about=row.about_id,
            platform_name=row.platform_name,
            product=row.product,
            time_zone=row.time_zone,
            locale=presentation.get("locale", ""),
            document_target=presentation.get("document_target", ""),
            frame_resize=presentation.get("frame_resize", False),
            frame_origins=tuple(row.frame_origins),
            from_menu=presentation.get("from_menu", False),
            choosing=row.deep_link is not None,
            answered=row.answered_at is not None,
            stale=stale,
            idle_seconds=int(left.total_seconds()),
            warning_seconds=int(self._warning.total_seconds()),
            return_url=row.return_url,
            csrf=hmac.new(secret.encode(), b"csrf", sha256).hexdigest(),
        )


_JOINED = (
    select(
        *LaunchSession.__table__.columns,
        Person.name.label("person_name"),
        Course.title.label("course_title"),
        Course.time_zone,
        Membership.role,
        Membership.left_at,
        Activity.ready_at,
        Platform.name.label("platform_name"),
        Platform.product,
    )
    .select_from(LaunchSession)
    .join(Person, Person.id == LaunchSession.person_id)
    .join(Platform, Platform.id == Person.platform_id)
    .outerjoin(Course, Course.id == LaunchSession.course_id)
    .outerjoin(Activity, Activity.id == LaunchSession.activity_id)
    .outerjoin(
        Membership,
        and_(
            Membership.course_id == LaunchSession.course_id,
            Membership.person_id == LaunchSession.person_id,
        ),
    )
    .where(LaunchSession.id == bindparam("launch"))
)
