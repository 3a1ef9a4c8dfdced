"""Issuing: certificates begin when a standard is met or signed off, and end in the open.

Facts are frozen at issue. A later change of what counted never alters a certificate: a new one
takes its place (superseded), or it no longer counts (revoked, with the reason). Where an activity
asks for a sign-off, nothing is issued without a course lead's name, a second time as at the first.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import State, new_codes, verify_url
from lti_tool.domain.errors import CertificateChanged, CertificateNotEarned, UnknownThing
from lti_tool.domain.expiry import has_expired, last_day
from lti_tool.domain.issuing import Ending, Step, step_after, waits_for_sign_off
from lti_tool.domain.people import Actor
from lti_tool.domain.standard import Verdict
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate, CertificateCopy
from lti_tool.models.person import Membership, Person
from lti_tool.pdf import dump_facts
from lti_tool.services.audit import Audit
from lti_tool.services.certificate_facts import Grounds, facts_of
from lti_tool.services.certificates import date_at, issued
from lti_tool.services.institutions import Institutions
from lti_tool.settings import Settings


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

    @property
    def is_news(self) -> bool:
        """Whether something happened to a certificate."""
        return self.new or self.ended


@dataclass(frozen=True, slots=True)
class Seen:
    """The certificate that somebody decides about, as their page showed it."""

    id: int
    state: State = State.VALID


class Issuing:
    """Issues and ends certificates. The caller holds the result of the intern locked."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        audit: Audit,
        settings: Settings,
        institutions: Institutions,
    ) -> None:
        self._session = session
        self._now = now
        self._audit = audit
        self._settings = settings
        self._institutions = institutions

    # By itself ------------------------------------------------------------------------------------

    def settle(self, grounds: Grounds, *, changed: bool, actor: Actor | None) -> Settled:
        """Bring an intern's certificate in line with a result that was just computed.

        `changed` says that something it may rest on is no longer what it was: see `step_after`.
        """
        activity, newest = grounds.activity, self._newest(grounds)
        valid = newest if newest and newest.state == State.VALID else None
        step = step_after(
            issued(newest),
            self._today(activity),
            met=self._is_earned(grounds),
            changed=changed,
            sign_off=activity.sign_off,
        )
        if step is Step.ISSUE:
            if valid is None:
                return self._issue(grounds, None, self._last_day(activity))
            self._end(valid, State.SUPERSEDED, Ending.CHANGED, actor)
            return self._issue(grounds, None, valid.expires_on)
        if valid is None:
            return Settled()
        if step is Step.REVOKE:
            self._end(valid, State.REVOKED, Ending.CHANGED if changed else Ending.BELOW, actor)
            return Settled(ended=True)
        if step is Step.STANDS:
            self._audit.record(actor, "certificate-outlived", "certificate", valid.id)
        return Settled(valid.id, verify_url=verify_url(self._settings.origin, valid.code))

    def _is_earned(self, grounds: Grounds) -> bool:
        """Whether the standard is met; the LMS's own test student earns none."""
        if grounds.found.verdict is not Verdict.MET:
            return False
        pretend = self._session.scalar(
            select(Membership.test_user).where(
                Membership.course_id == grounds.activity.course_id,
                Membership.person_id == grounds.intern.id,
            )
        )
        return not pretend

    # At a course lead's word ----------------------------------------------------------------------

    def sign_off(self, grounds: Grounds, actor: Actor) -> Settled:
        """Issue a certificate in the name of a course lead, where one waits for that: see
        `waits_for_sign_off`. Raises CertificateNotEarned.
        """
        newest = issued(self._newest(grounds))
        if not waits_for_sign_off(newest, sign_off=grounds.activity.sign_off):
            raise CertificateNotEarned("no certificate waits for a sign-off")
        self._require_earned(grounds)
        settled = self._issue(grounds, actor, self._last_day(grounds.activity))
        self._audit.record(actor, "certificate-signed-off", "certificate", settled.id)
        return settled

    def reissue(
        self, grounds: Grounds, actor: Actor, seen: Seen, explanation: str, *, anew: bool = False
    ) -> Settled:
        """Issue another in place of the newest one, with what is known now; the old one stays to be
        looked up. It is good for as long as the old one, unless its time is to be counted `anew`,
        which it is in any case where the old one's is over: none is issued that is good no longer.

        Raises CertificateChanged where the newest is not as it was `seen`, UnknownThing where there
        never was one, CertificateNotEarned where the standard is not met.
        """
        newest = self._newest_as(seen, grounds)
        self._require_earned(grounds)
        expires_on = self._last_day(grounds.activity)
        if newest.state == State.VALID:
            if not (anew or has_expired(newest.expires_on, self._today(grounds.activity))):
                expires_on = newest.expires_on
            self._end(newest, State.SUPERSEDED, Ending.REISSUED, actor, explanation)
        return self._issue(grounds, actor, expires_on)

    def revoke(self, grounds: Grounds, actor: Actor, seen: Seen, explanation: str) -> Settled:
        """End a valid certificate: CertificateChanged and UnknownThing as in `reissue`."""
        newest = self._newest_as(seen, grounds)
        if newest.state != State.VALID:
            raise CertificateChanged("this certificate has ended already")
        self._end(newest, State.REVOKED, Ending.BY_HAND, actor, explanation)
        return Settled(ended=True)

    def _newest_as(self, seen: Seen, grounds: Grounds) -> Certificate:
        newest = self._newest(grounds)
        if newest is None:
            raise UnknownThing("this intern has no certificate")
        if (newest.id, newest.state) != (seen.id, seen.state):
            raise CertificateChanged("it was ended, or another one issued, meanwhile")
        return newest

    def _require_earned(self, grounds: Grounds) -> None:
        if not self._is_earned(grounds):
            raise CertificateNotEarned("the standard is not met")

    # Within ---------------------------------------------------------------------------------------

    def _issue(self, grounds: Grounds, actor: Actor | None, expires_on: date | None) -> Settled:
        """Freeze what is known now in a new certificate, good until a day or without an end.

        `actor` is the course lead who wants it; None where it is issued by itself.
        """
        activity = grounds.activity
        platform_id = activity.course.deployment.platform_id
        signer = self._signer(activity, actor)
        facts = facts_of(
            grounds,
            self._institutions.of(platform_id),
            new_codes(self._settings.origin, secrets.choice),
            issued_on=self._today(activity),
            expires_on=expires_on,
            signer=signer,
        )
        row = Certificate(
            platform_id=platform_id,
            activity_id=activity.id,
            intern_id=grounds.intern.id,
            state=State.VALID,
            signed_off_by_id=signer and signer.id,
            expires_on=expires_on,
            token=secrets.token_hex(16),
            code=facts.code,
            holder_key=facts.holder_key,
            design=activity.design,
            facts=dump_facts(facts),
            issued_at=self._now,
        )
        self._session.add(row)
        self._session.flush()
        self._audit.record(
            actor, "certificate-issued", "certificate", row.id, intern=grounds.intern.id
        )
        copy_address = self._copy_address(row)
        return Settled(row.id, new=True, verify_url=facts.verify_url, copy_address=copy_address)

    def _today(self, activity: Activity) -> date:
        return date_at(activity, self._now)

    def _last_day(self, activity: Activity) -> date | None:
        """The last day of one whose time begins today."""
        return last_day(self._today(activity), activity.certificate_months)

    def _signer(self, activity: Activity, actor: Actor | None) -> Person | None:
        """Whose name stands under it, where the activity asks for one."""
        if not activity.sign_off or actor is None:
            return None
        return self._session.get_one(Person, actor.person)

    def _copy_address(self, row: Certificate) -> str:
        copy = CertificateCopy(
            token=secrets.token_hex(16),
            certificate_id=row.id,
            expires_at=self._now + timedelta(days=self._settings.certificate_copy_days),
        )
        self._session.add(copy)
        return f"{self._settings.origin}/certificates/{copy.token}.pdf"

    def _end(
        self,
        row: Certificate,
        state: State,
        reason: Ending,
        actor: Actor | None,
        explanation: str = "",
    ) -> None:
        row.state, row.reason, row.ended_at = state, reason, self._now
        row.explanation = explanation
        self._session.flush()  # before a new one is added: only one may be valid
        self._audit.record(actor, f"certificate-{state}", "certificate", row.id, reason=str(reason))

    def _newest(self, grounds: Grounds) -> Certificate | None:
        """The last one that was issued: no older one can be valid."""
        return self._session.scalar(
            select(Certificate)
            .where(
                Certificate.activity_id == grounds.activity.id,
                Certificate.intern_id == grounds.intern.id,
            )
            .order_by(Certificate.id.desc())
            .limit(1)
        )
