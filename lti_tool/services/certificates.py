"""Certificates: given out to those they are for, and what pages show of one."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from lti_tool.domain import certificate as rules
from lti_tool.domain.certificate import State
from lti_tool.domain.errors import CertificateEnded, CertificateNotReady, UnknownThing
from lti_tool.domain.expiry import days_left, has_expired
from lti_tool.domain.issuing import Issued
from lti_tool.domain.people import Actor, Right
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate, CertificateCopy
from lti_tool.settings import Settings

TOKEN = re.compile(r"[0-9a-f]{32}")
"""What stands in a secret address: 128 random bits."""


@dataclass(frozen=True, slots=True)
class CertificateView:
    """An intern's certificate for their page. `ready` is False while the PDF is being made."""

    id: int
    code: str
    issued_on: date
    ready: bool
    problem: str | None
    signed_off_by: str
    expires_on: date | None
    expired: bool
    days_left: int | None
    """How many days are left once a reminder is due; else None."""
    badge: bool
    """Whether it is there as a signed badge too; those of before there were badges are not."""


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """A certificate's PDF, and the code that tells it from others without naming anyone."""

    code: str
    content: bytes


class Certificates:
    """Gives out certificates."""

    def __init__(self, session: Session, now: datetime, settings: Settings) -> None:
        self._session = session
        self._now = now
        self._settings = settings

    def of_intern(self, activity_id: int, intern_id: int) -> CertificateView | None:
        """The valid certificate of an intern, for a page that may show it."""
        row = self._valid(activity_id, intern_id)
        if row is None:
            return None
        today = date_at(self._session.get_one(Activity, activity_id), self._now)
        return CertificateView(
            id=row.id,
            code=rules.in_groups(row.code),
            issued_on=date.fromisoformat(row.facts["issued_on"]),
            ready=row.sha256 is not None,
            problem=row.problem,
            signed_off_by=row.facts.get("signed_off_by", ""),
            expires_on=row.expires_on,
            expired=has_expired(row.expires_on, today),
            days_left=days_left(row.expires_on, today, self._settings.expiry_reminder_days),
            badge=self._has_badge(row.id),
        )

    def file_for(self, actor: Actor, activity_id: int, intern_id: int) -> CertificateFile:
        """The PDF for its holder or a course lead. `activity_id` is one of the actor's course."""
        own = actor.person == intern_id and actor.may(Right.READ_OWN_RESULT)
        if not own:
            actor.require(Right.READ_ALL)
        row = self._valid(activity_id, intern_id)
        if row is None:
            raise UnknownThing("no certificate")
        return self._content(row.id)

    def file_at(self, token: str) -> CertificateFile:
        """The PDF at an unguessable address: the certificate's own, or a copy's until it expires.

        CertificateEnded once it was superseded or revoked, UnknownThing for all other tokens.
        """
        if not TOKEN.fullmatch(token):
            raise UnknownThing("no certificate has such an address")
        row = self._session.scalar(select(Certificate).where(Certificate.token == token))
        if row is None:
            row = self._session.scalar(
                select(Certificate)
                .join(CertificateCopy, CertificateCopy.certificate_id == Certificate.id)
                .where(CertificateCopy.token == token, CertificateCopy.expires_at > self._now)
            )
        if row is None:
            raise UnknownThing("no certificate at this address")
        if row.state != State.VALID:
            raise CertificateEnded(row.state)
        return self._content(row.id)

    def _has_badge(self, id: int) -> bool:
        signed = Certificate.credential.is_not(None)
        return bool(self._session.scalar(select(signed).where(Certificate.id == id)))

    def _valid(self, activity_id: int, intern_id: int) -> Certificate | None:
        return self._session.scalar(
            select(Certificate).where(
                Certificate.activity_id == activity_id,
                Certificate.intern_id == intern_id,
                Certificate.state == State.VALID,
            )
        )

    def _content(self, id: int) -> CertificateFile:
        row = self._session.get_one(Certificate, id, options=[undefer(Certificate.pdf)])
        if row.pdf is None:
            raise CertificateNotReady("not rendered yet")
        return CertificateFile(rules.in_groups(row.code), row.pdf)


def issued(row: Certificate | None) -> Issued | None:
    """What the rules of issuing look at in a certificate, where there is one."""
    if row is None:
        return None
    return Issued(
        state=State(row.state),
        reason=row.reason,
        expires_on=row.expires_on,
        made=row.sha256 is not None,
        failed=row.problem is not None,
    )


def date_at(activity: Activity, moment: datetime) -> date:
    """The date where the course is."""
    return moment.astimezone(ZoneInfo(activity.course.time_zone)).date()
