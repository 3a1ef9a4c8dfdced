"""Invitations: one-time codes, each of which lets one LMS register itself."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.domain.errors import InvitationOver, InvitationUnknown, InvitationUsed
from lti_tool.lms.registration import Registered
from lti_tool.models.platform import Invitation
from lti_tool.services.audit import Audit
from lti_tool.services.registrations import PlatformView, Registrations
from lti_tool.services.sessions import digest

CODE_BYTES = 24


@dataclass(frozen=True, slots=True)
class Issued:
    """A new one-time code, shown once, and when it ends."""

    code: str = field(repr=False)
    expires_at: datetime


class Invitations:
    """Gives out one-time codes, and takes each of them once."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        audit: Audit,
        registrations: Registrations,
        *,
        hours: float,
    ) -> None:
        self._session = session
        self._now = now
        self._audit = audit
        self._registrations = registrations
        self._life = timedelta(hours=hours)

    def issue(self) -> Issued:
        """A code for one registration. Only its hash is kept."""
        issued = Issued(secrets.token_urlsafe(CODE_BYTES), self._now + self._life)
        row = Invitation(
            code_hash=digest(issued.code), created_at=self._now, expires_at=issued.expires_at
        )
        self._session.add(row)
        self._session.flush()
        self._audit.record(None, "invitation-issued", "invitation", row.id)
        return issued

    def claim(self, code: str) -> int:
        """Take a code, so that nobody else does while the LMS is asked. Commit before going on.

        Returns the invitation's id. Raises InvitationUnknown, InvitationUsed, InvitationOver.
        """
        mine = Invitation.code_hash == digest(code)
        free = Invitation.used_at.is_(None) & (Invitation.expires_at > self._now)
        claimed: int | None = self._session.scalar(
            update(Invitation).where(mine, free).values(used_at=self._now).returning(Invitation.id)
        )
        if claimed is not None:
            return claimed
        row = self._session.scalar(select(Invitation).where(mine))
        if row is None:
            raise InvitationUnknown("no such code was given out")
        if row.used_at is not None:
            raise InvitationUsed("the code was used")
        raise InvitationOver("the code was not used in its time")

    def release(self, invitation: int) -> None:
        """Give a code back after a registration that came to nothing."""
        row = self._session.get_one(Invitation, invitation)
        if row.platform_id is None:
            row.used_at = None

    def fulfil(self, invitation: int, registered: Registered) -> PlatformView:
        """Keep the registration that a claimed code led to; the same one again updates it."""
        platform = self._registrations.add(
            {
                "issuer": registered.issuer,
                "client_id": registered.client_id,
                "name": registered.name,
                "product": registered.product,
                "auth_login_url": registered.auth_login_url,
                "auth_token_url": registered.auth_token_url,
                "auth_audience": registered.auth_audience,
                "jwks_url": registered.jwks_url,
                "deployment_ids": [registered.deployment_id] if registered.deployment_id else [],
            },
            scopes=registered.scopes,
        )
        self._session.get_one(Invitation, invitation).platform_id = platform.id
        return platform
