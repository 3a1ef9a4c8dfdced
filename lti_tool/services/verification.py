"""Verification: what a stranger learns of a certificate by its code, and its name by its key."""

import secrets
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.domain import certificate as rules
from lti_tool.domain.certificate import State
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate
from lti_tool.services.certificates import date_at
from lti_tool.services.limits import Limits

CODES = "verify"
KEYS = "holder-key"
"""What is counted: wrong tries of a caller, and wrong keys of one certificate whoever calls."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a stranger learns of a certificate by its code. The name needs the holder's key."""

    state: State
    person: str
    """Two initials, or the full name once the holder's key was given."""
    named: bool
    issuer: str
    course: str
    activity: str
    competencies: tuple[str, ...]
    occasions: int
    supervisors: int
    first: date
    """The first and the last occasion that counted."""
    last: date
    issued_on: date
    ended_on: date | None
    reason: str
    sha256: str | None


class Verifications:
    """Answers those who check a certificate."""

    def __init__(self, session: Session, limits: Limits) -> None:
        self._session = session
        self._limits = limits

    def verify(self, code: str, holder_key: str, caller: str) -> Verification | None:
        """What is true of the certificate with this code, however it was typed; None: no such code.

        Each wrong code or key counts against `caller` (an address), each wrong key against the
        certificate too: addresses are easily had. TooMany above the limit.
        """
        self._limits.check(CODES, caller)
        row = self._by_code(code)
        if row is None:
            self._limits.count(CODES, caller)
            return None
        facts = row.facts
        named = bool(holder_key.strip()) and self._holds(row, holder_key, caller)
        return Verification(
            state=State(row.state),
            person=facts["person"] if named else rules.masked(facts["person"]),
            named=named,
            issuer=facts["issuer"],
            course=facts["course"],
            activity=facts["activity"],
            competencies=tuple(one["title"] for one in facts["competencies"]),
            occasions=facts["occasions"],
            supervisors=facts["supervisors"],
            first=date.fromisoformat(facts["first"]),
            last=date.fromisoformat(facts["last"]),
            issued_on=date.fromisoformat(facts["issued_on"]),
            ended_on=self._ended_on(row),
            reason=row.reason,
            sha256=row.sha256,
        )

    def _ended_on(self, row: Certificate) -> date | None:
        if row.ended_at is None:
            return None
        return date_at(self._session.get_one(Activity, row.activity_id), row.ended_at)

    def _by_code(self, code: str) -> Certificate | None:
        plain = rules.normalise_code(code)
        if plain is None:
            return None
        return self._session.scalar(select(Certificate).where(Certificate.code == plain))

    def _holds(self, row: Certificate, holder_key: str, caller: str) -> bool:
        self._limits.check(KEYS, row.code)
        typed = rules.normalise_holder_key(holder_key) or ""
        if secrets.compare_digest(typed, row.holder_key):
            return True
        self._limits.count(CODES, caller)
        self._limits.count(KEYS, row.code)
        return False
