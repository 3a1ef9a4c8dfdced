"""Logins under way: state, nonce and registration in one row, consumed by one statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.domain.errors import BrowserUnproven, LaunchUsed, LoginExpired, LoginUnknown
from lti_tool.models.launch import LoginAttempt

KEPT = timedelta(days=1)
"""How long an ended login is remembered, to tell a used launch from an unknown one."""

# Each launch writes here twice: the table itself costs half the time its mapped class does.
_ATTEMPTS = cast("Table", LoginAttempt.__table__)
_TAKE = (
    update(_ATTEMPTS)
    .where(
        _ATTEMPTS.c.state_hash == bindparam("state"),
        _ATTEMPTS.c.consumed_at.is_(None),
        _ATTEMPTS.c.expires_at > bindparam("now"),
        _ATTEMPTS.c.proof_hash.is_not_distinct_from(bindparam("proof")),
    )
    .values(consumed_at=bindparam("now"))
    .returning(_ATTEMPTS.c.platform_id, _ATTEMPTS.c.nonce, _ATTEMPTS.c.target_link_uri)
)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a login promised; the launch must keep to it."""

    platform_id: int
    nonce: str
    target_link_uri: str


class LaunchStore:
    """Remembers each login until its launch comes, once."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def remember(
        self, state: str, begun: Begun, *, seconds: float, proof: str | None = None
    ) -> None:
        """Keep a login for that many seconds; of its state and proof the hashes only.

        A login with a proof is taken by who brings that proof, one without by who brings none.
        """
        self._session.execute(
            insert(_ATTEMPTS),
            {
                "state_hash": _hash(state),
                "nonce": begun.nonce,
                "platform_id": begun.platform_id,
                "target_link_uri": begun.target_link_uri,
                "proof_hash": None if proof is None else _hash(proof),
                "created_at": self._now,
                "expires_at": self._now + timedelta(seconds=seconds),
            },
        )

    def consume(self, state: str, proof: str | None = None) -> Begun:
        """The login of this state, which nobody gets a second time.

        One UPDATE decides among any number of processes; its transaction must be committed before
        the launch goes on. Raises LaunchUsed, LoginExpired, LoginUnknown, and BrowserUnproven for
        a wrong proof, which uses nothing up.
        """
        taken = self._session.execute(
            _TAKE,
            {
                "state": _hash(state),
                "now": self._now,
                "proof": None if proof is None else _hash(proof),
            },
        ).one_or_none()
        if taken is None:
            raise self._why_not(state)
        return Begun(taken.platform_id, taken.nonce, taken.target_link_uri)

    def platform_in_wait(self, state: str) -> int:
        """Whose login waits for the proof that the LMS's storage has; nothing is used up.

        Raises BrowserUnproven where it waits for none, LaunchUsed, LoginExpired.
        """
        row = self._session.scalar(
            select(LoginAttempt).where(
                LoginAttempt.state_hash == _hash(state), LoginAttempt.proof_hash.is_not(None)
            )
        )
        if row is None:
            raise BrowserUnproven("the cookie of this login did not come")
        if row.consumed_at is not None or row.expires_at <= self._now:
            raise self._why_not(state)
        return row.platform_id

    def _why_not(self, state: str) -> BrowserUnproven | LaunchUsed | LoginExpired | LoginUnknown:
        row = self._session.execute(
            select(LoginAttempt.consumed_at, LoginAttempt.expires_at).where(
                LoginAttempt.state_hash == _hash(state)
            )
        ).one_or_none()
        if row is None:
            return LoginUnknown("no login began with this state")
        if row.consumed_at is not None:
            return LaunchUsed("the state was used before")
        if row.expires_at <= self._now:
            return LoginExpired("the launch came too late after its login")
        return BrowserUnproven("the proof is not the one this login gave out")

    def forget_old(self) -> None:
        """Delete logins that ended long ago."""
        self._session.execute(
            delete(LoginAttempt).where(LoginAttempt.expires_at < self._now - KEPT)
        )


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
