"""Certificates of a class: where every intern is on the way to one, and what became of each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import State
from lti_tool.domain.errors import UnknownThing
from lti_tool.domain.issuing import Stage
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.standard import Verdict
from lti_tool.models.activity import Activity
from lti_tool.models.audit import AuditEntry
from lti_tool.models.certificate import Certificate
from lti_tool.models.person import Person
from lti_tool.models.result import Result
from lti_tool.services.certificate_ways import CertificateWays, Held, Way
from lti_tool.services.people import People, PersonView


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One intern of the class."""

    intern: PersonView
    way: Way


@dataclass(frozen=True, slots=True)
class ClassPage:
    """The certificates of an activity; `counts` are of the whole class, whoever is searched for."""

    title: str
    sign_off: bool
    rows: tuple[ClassRow, ...]
    counts: Mapping[Stage, int]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A valid certificate whose file is made."""

    id: int
    code: str
    intern: str
    issued_at: datetime
    issued_on: date
    expires_on: date | None
    signed_off_by: str

    @property
    def name(self) -> str:
        """What the file is called: it names nobody."""
        return f"certificate-{self.code}.pdf"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done about a certificate; `who` is "" where Rounds did it by itself."""

    at: datetime
    action: str
    who: str
    reason: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Logged:
    """A certificate with all that was done about it, the newest first."""

    held: Held
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class InternCertificates:
    """All certificates of an intern in an activity, the newest first."""

    intern: PersonView
    way: Way
    log: tuple[Logged, ...]
    met: bool
    months: int | None
    """How long a certificate of this activity is good for, as it is set now."""


class ClassCertificates:
    """Reads how far everyone is."""

    def __init__(self, session: Session, people: People, ways: CertificateWays) -> None:
        self._session = session
        self._people = people
        self._ways = ways

    def page(
        self, actor: Actor, activity_id: int, stage: Stage | None = None, search: str = ""
    ) -> ClassPage:
        """The interns at a stage, None for all of them, of such a name; who waits stands first."""
        actor.require(Right.READ_ALL)
        activity = self._activity(actor, activity_id)
        everyone = self._people.interns(actor.course)
        found = self._people.interns(actor.course, search) if search else everyone
        ways = self._ways.of_all(activity_id)  # last: it knows whoever joined meanwhile
        counts = Counter(ways[one.id].stage for one in everyone)
        rows = [ClassRow(one, ways[one.id]) for one in found]
        rows.sort(key=lambda row: row.way.stage is not Stage.READY)
        return ClassPage(
            title=activity.title,
            sign_off=activity.sign_off,
            rows=tuple(row for row in rows if stage in (None, row.way.stage)),
            counts=counts,
        )

    def ready(self, actor: Actor, activity_id: int) -> list[int]:
        """The interns who wait for a sign-off."""
        found = self.page(actor, activity_id, Stage.READY)
        return [row.intern.id for row in found.rows]

    def of_intern(self, actor: Actor, activity_id: int, intern_id: int) -> InternCertificates:
        """All certificates of one intern and their log, for a course lead."""
        actor.require(Right.READ_ALL)
        activity = self._activity(actor, activity_id)
        intern = self._people.intern(actor.course, intern_id)
        verdict = self._session.scalar(
            select(Result.verdict).filter_by(activity_id=activity_id, intern_id=intern_id)
        )
        return InternCertificates(
            intern=intern,
            way=self._ways.of(activity_id, intern_id),
            log=self._log(activity_id, intern_id),
            met=verdict == Verdict.MET,
            months=activity.certificate_months,
        )

    def files(self, actor: Actor, activity_id: int) -> list[FileEntry]:
        """The certificates of the course's interns that have their file, by name."""
        rows = self.page(actor, activity_id).rows
        zone = self._session.get_one(Activity, activity_id).course.time_zone
        return [
            FileEntry(
                id=held.id,
                code=held.code,
                intern=row.intern.name,
                issued_at=held.issued_at,
                issued_on=held.issued_at.astimezone(ZoneInfo(zone)).date(),
                expires_on=held.expires_on,
                signed_off_by=held.signed_off_by,
            )
            for row in rows
            if (held := row.way.held) is not None and held.made and held.state == State.VALID
        ]

    def content(self, id: int) -> bytes:
        """The file of one of `files`."""
        found = self._session.scalar(select(Certificate.pdf).where(Certificate.id == id))
        if found is None:
            raise UnknownThing("no file of that certificate")
        return found

    def _activity(self, actor: Actor, activity_id: int) -> Activity:
        found = self._session.get(Activity, activity_id)
        if found is None or found.course_id != actor.course:
            raise UnknownThing("no activity of that number in this course")
        return found

    def _log(self, activity_id: int, intern_id: int) -> tuple[Logged, ...]:
        held = self._ways.all_of(activity_id, intern_id)
        ids = [str(one.id) for one in held]
        entries = self._session.execute(
            select(AuditEntry, Person.name)
            .outerjoin(Person, Person.id == AuditEntry.actor_id)
            .where(AuditEntry.about == "certificate", AuditEntry.about_id.in_(ids))
            .order_by(AuditEntry.id.desc())
        ).all()
        return tuple(
            Logged(
                one,
                tuple(
                    _event(entry, name, one.explanation)
                    for entry, name in entries
                    if entry.about_id == str(one.id)
                ),
            )
            for one in held
        )


def _event(entry: AuditEntry, who: str | None, explanation: str) -> Event:
    reason = str(entry.detail.get("reason", ""))
    words = explanation if reason else ""
    return Event(entry.at, entry.action, who or "", reason, words)
