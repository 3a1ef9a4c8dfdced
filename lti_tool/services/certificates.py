"""Certificates: issued when the standard is met, ended openly, given out to those they are for.

Facts are frozen at issue. A later change of what counted never alters a certificate: a new one
takes its place (superseded), or it no longer counts (revoked, with the reason).
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from lti_tool.domain import certificate as rules
from lti_tool.domain.certificate import State
from lti_tool.domain.errors import CertificateEnded, CertificateNotReady, UnknownThing
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.result import Outcome
from lti_tool.domain.scoring import Scored
from lti_tool.domain.standard import Verdict
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate, CertificateCopy
from lti_tool.models.person import Membership, Person
from lti_tool.pdf import dump_facts
from lti_tool.services.audit import Audit
from lti_tool.services.certificate_facts import facts_of
from lti_tool.settings import Settings

DESIGN = "standard"

TOKEN = re.compile(r"[0-9a-f]{32}")
"""What stands in a secret address: 128 random bits."""


class Ending(StrEnum):
    """Why a certificate stopped counting; pages have the words."""

    CHANGED = "assessments-changed"
    BELOW = "below-standard"


@dataclass(frozen=True, slots=True)
class Settled:
    """Where an intern's certificate stands after a change. All empty: there is none."""

    id: int = 0
    new: bool = False
    ended: bool = False
    """One that was valid before this change no longer counts, and none took its place."""
    verify_url: str = ""
    copy_address: str = ""
    """Where the LMS may fetch the file; only for a new one."""


@dataclass(frozen=True, slots=True)
class CertificateView:
    """An intern's certificate for their page. `ready` is False while the PDF is being made."""

    id: int
    code: str
    issued_on: date
    ready: bool
    problem: str | None


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """A certificate's PDF, and the code that tells it from others without naming anyone."""

    code: str
    content: bytes


class Certificates:
    """Issues, ends and gives out certificates."""

    def __init__(self, session: Session, now: datetime, audit: Audit, settings: Settings) -> None:
        self._session = session
        self._now = now
        self._audit = audit
        self._settings = settings

    # Issuing and ending ---------------------------------------------------------------------------

    def settle(
        self,
        activity: Activity,
        intern: Person,
        found: Outcome,
        scored: Mapping[str, Sequence[Scored]],
        *,
        changed: bool,
        actor: Actor | None,
    ) -> Settled:
        """Bring an intern's certificate in line with a result that was just computed.

        A further assessment leaves a valid certificate as it is while the standard is still met;
        `changed` says that something it may rest on is no longer what it was.
        """
        valid = self._valid(activity.id, intern.id)
        if found.verdict is Verdict.MET and valid is not None and not changed:
            return Settled(id=valid.id, verify_url=self._verify_url(valid.code))
        if found.verdict is Verdict.MET and self._earns(activity, intern):
            if valid is not None:
                self._end(valid, State.SUPERSEDED, Ending.CHANGED, actor)
            return self._issue(activity, intern, found, scored, actor)
        if valid is None:
            return Settled()
        self._end(valid, State.REVOKED, Ending.CHANGED if changed else Ending.BELOW, actor)
        return Settled(ended=True)

    def _issue(
        self,
        activity: Activity,
        intern: Person,
        found: Outcome,
        scored: Mapping[str, Sequence[Scored]],
        actor: Actor | None,
    ) -> Settled:
        code = rules.new_code(secrets.choice)
        facts = facts_of(
            activity,
            intern,
            found,
            scored,
            issued_on=date_at(activity, self._now),
            code=code,
            holder_key=rules.new_holder_key(secrets.choice),
            verify_url=self._verify_url(code),
        )
        row = Certificate(
            platform_id=activity.course.deployment.platform_id,
            activity_id=activity.id,
            intern_id=intern.id,
            state=State.VALID,
            token=secrets.token_hex(16),
            code=code,
            holder_key=facts.holder_key,
            design=DESIGN,
            facts=dump_facts(facts),
            issued_at=self._now,
        )
        self._session.add(row)
        self._session.flush()
        self._audit.record(actor, "certificate-issued", "certificate", row.id, intern=intern.id)
        return Settled(
            id=row.id,
            new=True,
            verify_url=facts.verify_url,
            copy_address=self._copy_address(row),
        )

    def _copy_address(self, row: Certificate) -> str:
        copy = CertificateCopy(
            token=secrets.token_hex(16),
            certificate_id=row.id,
            expires_at=self._now + timedelta(days=self._settings.certificate_copy_days),
        )
        self._session.add(copy)
        return f"{self._settings.origin}/certificates/{copy.token}.pdf"

    def _end(self, row: Certificate, state: State, reason: Ending, actor: Actor | None) -> None:
        row.state, row.reason, row.ended_at = state, reason, self._now
        self._session.flush()  # before a new one is added: only one may be valid
        self._audit.record(actor, f"certificate-{state}", "certificate", row.id, reason=str(reason))

    def _earns(self, activity: Activity, intern: Person) -> bool:
        """The LMS's own test student earns none."""
        pretend = self._session.scalar(
            select(Membership.test_user).where(
                Membership.course_id == activity.course_id, Membership.person_id == intern.id
            )
        )
        return not pretend

    def _valid(self, activity_id: int, intern_id: int) -> Certificate | None:
        return self._session.scalar(
            select(Certificate).where(
                Certificate.activity_id == activity_id,
                Certificate.intern_id == intern_id,
                Certificate.state == State.VALID,
            )
        )

    def _verify_url(self, code: str) -> str:
        return f"{self._settings.origin}/verify/{rules.in_groups(code)}"

    # Giving out -----------------------------------------------------------------------------------

    def of_intern(self, activity_id: int, intern_id: int) -> CertificateView | None:
        """The valid certificate of an intern, for a page that may show it."""
        row = self._valid(activity_id, intern_id)
        if row is None:
            return None
        return CertificateView(
            id=row.id,
            code=rules.in_groups(row.code),
            issued_on=date.fromisoformat(row.facts["issued_on"]),
            ready=row.sha256 is not None,
            problem=row.problem,
        )

    def holders(self, activity_id: int) -> frozenset[int]:
        """The interns who hold a valid certificate of an activity."""
        rows = self._session.scalars(
            select(Certificate.intern_id).where(
                Certificate.activity_id == activity_id, Certificate.state == State.VALID
            )
        )
        return frozenset(rows)

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

    def _content(self, id: int) -> CertificateFile:
        row = self._session.get_one(Certificate, id, options=[undefer(Certificate.pdf)])
        if row.pdf is None:
            raise CertificateNotReady("not rendered yet")
        return CertificateFile(rules.in_groups(row.code), row.pdf)


def date_at(activity: Activity, moment: datetime) -> date:
    """The date where the course is."""
    return moment.astimezone(ZoneInfo(activity.course.time_zone)).date()
