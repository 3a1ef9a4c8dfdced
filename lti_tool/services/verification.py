"""Verification: what a stranger learns of a certificate by its code, and its name by its key."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.domain import certificate as rules
from lti_tool.domain.certificate import Kind, State
from lti_tool.domain.expiry import has_expired
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate
from lti_tool.models.issuer import Institution
from lti_tool.services.limits import Limits

CODES = "verify"
KEYS = "holder-key"
"""What is counted: wrong tries of a caller, and wrong keys of one certificate whoever calls."""


@dataclass(frozen=True, slots=True)
class FileMark:
    """What tells the file that was issued from any other."""

    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a stranger learns of a certificate by its code. The name needs the holder's key."""

    kind: Kind
    state: State
    person: str
    """Two initials, or the full name once the holder's key was given."""
    named: bool
    issuer: str
    course: str
    """This and the next are "" in a transcript, which may be of several."""
    activity: str
    competencies: tuple[str, ...]
    occasions: int
    supervisors: int
    first: date
    """The first and the last occasion that counted."""
    last: date
    issued_on: date
    expires_on: date | None
    """The last day it is good for."""
    expired: bool
    """Whether that day is over; a certificate that ended otherwise may have expired too."""
    ended_on: date | None
    reason: str
    file: FileMark | None
    """None while the file is being made."""
    platform: int
    """Whose published address has the issuer's profile."""
    issuer_url: str
    """The issuer's own page; "" where none is known."""
    signed: bool
    """Whether the certificate carries a credential, which the published keys prove."""


class Verifications:
    """Answers those who check a certificate."""

    def __init__(self, session: Session, now: datetime, limits: Limits) -> None:
        self._session = session
        self._now = now
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
        facts, zone = row.facts, self._zone(row)
        named = bool(holder_key.strip()) and self._holds(row, holder_key, caller)
        return Verification(
            kind=Kind(row.kind),
            state=State(row.state),
            person=facts["person"] if named else rules.masked(facts["person"]),
            named=named,
            issuer=facts["issuer"],
            course=facts.get("course", ""),
            activity=facts.get("activity", ""),
            competencies=_titles(row),
            occasions=facts["occasions"],
            supervisors=facts["supervisors"],
            first=date.fromisoformat(facts["first"]),
            last=date.fromisoformat(facts["last"]),
            issued_on=date.fromisoformat(facts["issued_on"]),
            expires_on=row.expires_on,
            expired=has_expired(row.expires_on, self._now.astimezone(zone).date()),
            ended_on=row.ended_at and row.ended_at.astimezone(zone).date(),
            reason=row.reason,
            file=self._file(row),
            platform=row.platform_id,
            issuer_url=self._issuer_url(row),
            signed=self._is_signed(row),
        )

    def _zone(self, row: Certificate) -> ZoneInfo:
        """Where its days begin and end."""
        if row.activity_id is None:
            return ZoneInfo(row.facts["time_zone"])
        return ZoneInfo(self._session.get_one(Activity, row.activity_id).course.time_zone)

    def _file(self, row: Certificate) -> FileMark | None:
        if row.sha256 is None:
            return None
        size = select(func.length(Certificate.pdf)).where(Certificate.id == row.id)
        return FileMark(row.sha256, self._session.scalar(size) or 0)

    def _issuer_url(self, row: Certificate) -> str:
        known = self._session.get(Institution, row.platform_id)
        return known.url if known and known.url.startswith(("https://", "http://")) else ""

    def _is_signed(self, row: Certificate) -> bool:
        signed = select(Certificate.credential.is_not(None)).where(Certificate.id == row.id)
        return bool(self._session.scalar(signed))

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


def _titles(row: Certificate) -> tuple[str, ...]:
    """The competencies, each once: a transcript may have one from several courses."""
    parts = [row.facts] if row.kind == Kind.CERTIFICATE else row.facts["activities"]
    titles = [one["title"] for part in parts for one in part["competencies"]]
    return tuple(dict.fromkeys(titles))
