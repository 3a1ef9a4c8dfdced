"""Transcripts: an intern asks for all that was seen of them on a platform, in one signed file.

A transcript says what stood on a day. No later change ends it: the intern alone asks for a newer
one, which takes its place, or withdraws it. Nobody else learns of either but who checks its code.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from lti_tool.domain import certificate as rules
from lti_tool.domain.certificate import Kind, State
from lti_tool.domain.errors import CertificateChanged, CertificateNotReady, UnknownThing
from lti_tool.domain.issuing import Ending
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.transcript import SOON, Transcript
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.person import Person
from lti_tool.pdf import dump_transcript
from lti_tool.services.audit import Audit
from lti_tool.services.certificate_facts import Grounds
from lti_tool.services.certificates import CertificateFile
from lti_tool.services.institutions import Institutions
from lti_tool.services.limits import Limits
from lti_tool.services.renderings import in_the_making
from lti_tool.services.results import Results
from lti_tool.services.transcript_facts import (
    assessed_activities,
    good_certificates,
    transcript_of,
)
from lti_tool.settings import Settings

DESIGN = "transcript"
"""The design that all transcripts are laid out by."""
ASKED = "transcripts"
"""What is counted: the ones an intern had made."""


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """An intern's newest transcript."""

    code: str
    as_of: date
    """The day that it tells of."""
    ready: bool
    making: bool
    """Whether its file comes by itself; neither this nor `ready`: it could not be made."""
    late: bool
    """Whether it was tried and could not be made yet."""
    withdrawn_on: date | None
    """When they withdrew it; it is then neither ready nor making."""


class Transcripts:
    """Makes transcripts for those they are about, and for nobody else.

    Every method raises NotAllowed for who is no intern where they came from.
    """

    def __init__(
        self,
        session: Session,
        now: datetime,
        audit: Audit,
        settings: Settings,
        results: Results,
        institutions: Institutions,
        limits: Limits,
    ) -> None:
        self._session = session
        self._now = now
        self._audit = audit
        self._settings = settings
        self._results = results
        self._institutions = institutions
        self._limits = limits

    def of(self, actor: Actor) -> TranscriptView | None:
        """The newest; None before the first was asked for."""
        actor.require(Right.READ_OWN_RESULT)
        row = self._newest(actor)
        if row is None:
            return None
        valid = row.state == State.VALID
        return TranscriptView(
            code=rules.in_groups(row.code),
            as_of=date.fromisoformat(row.facts["issued_on"]),
            ready=valid and row.sha256 is not None,
            making=self._in_the_making(row),
            late=row.problem is not None,
            withdrawn_on=None if valid else self._day_of(actor, row.ended_at or self._now),
        )

    def has_something(self, actor: Actor) -> bool:
        """Whether there is anything to tell: an assessment that counts, in whatever course."""
        actor.require(Right.READ_OWN_RESULT)
        return bool(assessed_activities(self._session, actor.person))

    def file_for(self, actor: Actor) -> CertificateFile:
        """The PDF of the one that stands. Raises UnknownThing, CertificateNotReady."""
        actor.require(Right.READ_OWN_RESULT)
        row = self._valid(actor)
        if row is None:
            raise UnknownThing("no transcript")
        content = self._session.get_one(Certificate, row.id, options=[undefer(Certificate.pdf)]).pdf
        if content is None:
            raise CertificateNotReady("not rendered yet")
        return CertificateFile(rules.in_groups(row.code), content)

    def ask(self, actor: Actor) -> None:
        """Have a transcript made of all that counts now, in place of the one before.

        One that is being made, or was asked for a moment ago and is there, stays and is the answer.
        Raises UnknownThing where there is nothing to tell, TooMany for who asks all the time.
        """
        intern = self._take_turn(actor)
        before = self._valid(actor)
        if before and self._is_answer(before):
            return
        self._limits.check(ASKED, str(intern.id))
        self._limits.count(ASKED, str(intern.id))
        activities = assessed_activities(self._session, intern.id)
        everything = [self._results.grounds(id, intern.id) for id in activities]
        if not everything:
            raise UnknownThing("nothing was assessed yet")
        if before:
            self._end(before, State.SUPERSEDED, Ending.ASKED_ANEW, actor)
        self._add(actor, intern, self._facts(actor, intern, everything))

    def withdraw(self, actor: Actor, code: str) -> None:
        """Have the one that stands no longer count. `code` is that of the one they saw.

        Raises UnknownThing where there is none, CertificateChanged where it is another by now.
        """
        self._take_turn(actor)
        row = self._newest(actor)
        if row is None:
            raise UnknownThing("no transcript")
        if row.code != rules.normalise_code(code):
            raise CertificateChanged("another transcript was made meanwhile")
        if row.state == State.VALID:
            self._end(row, State.REVOKED, Ending.WITHDRAWN, actor)

    # Within ---------------------------------------------------------------------------------------

    def _take_turn(self, actor: Actor) -> Person:
        """The intern, locked: whoever asks or withdraws twice at once takes turns with themselves.

        Raises NotAllowed.
        """
        actor.require(Right.READ_OWN_RESULT)
        person = select(Person).where(Person.id == actor.person).with_for_update(key_share=True)
        return self._session.scalars(person).one()

    def _is_answer(self, row: Certificate) -> bool:
        """Whether it is what they ask for once more. One that was set aside never is."""
        recent = self._now - row.issued_at < SOON
        return self._in_the_making(row) or (recent and row.sha256 is not None)

    def _end(self, row: Certificate, state: State, reason: Ending, actor: Actor) -> None:
        row.state, row.reason, row.ended_at = state, reason, self._now
        self._session.flush()  # before a new one is added: only one may be valid
        self._audit.record(actor, f"transcript-{state}", "certificate", row.id, reason=str(reason))

    def _facts(self, actor: Actor, intern: Person, everything: list[Grounds]) -> Transcript:
        today = self._day_of(actor, self._now)
        return transcript_of(
            everything,
            good_certificates(self._session, intern.id, today),
            self._institutions.of(intern.platform_id),
            rules.new_codes(self._settings.origin, secrets.choice),
            self._session.get_one(Course, actor.course),
            issued_on=today,
        )

    def _day_of(self, actor: Actor, moment: datetime) -> date:
        """The day in the course they came from."""
        zone = self._session.get_one(Course, actor.course).time_zone
        return moment.astimezone(ZoneInfo(zone)).date()

    def _add(self, actor: Actor, intern: Person, facts: Transcript) -> None:
        row = Certificate(
            kind=Kind.TRANSCRIPT,
            platform_id=intern.platform_id,
            intern_id=intern.id,
            state=State.VALID,
            token=secrets.token_hex(16),
            code=facts.code,
            holder_key=facts.holder_key,
            design=DESIGN,
            facts=dump_transcript(facts),
            issued_at=self._now,
        )
        self._session.add(row)
        self._session.flush()
        self._audit.record(actor, "transcript-issued", "certificate", row.id, intern=intern.id)

    def _newest(self, actor: Actor) -> Certificate | None:
        """The last one asked for: no older one can be valid."""
        return self._session.scalar(
            select(Certificate)
            .where(Certificate.kind == Kind.TRANSCRIPT, Certificate.intern_id == actor.person)
            .order_by(Certificate.id.desc())
            .limit(1)
        )

    def _valid(self, actor: Actor) -> Certificate | None:
        newest = self._newest(actor)
        return newest if newest and newest.state == State.VALID else None

    def _in_the_making(self, row: Certificate) -> bool:
        this = select(Certificate.id).where(Certificate.id == row.id, in_the_making())
        return self._session.scalar(this) is not None
