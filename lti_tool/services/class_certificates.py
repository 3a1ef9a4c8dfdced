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
from lti_tool.services.certificate_ways import CertificateWays, Held, Way, holder_of
from lti_tool.services.people import People, PersonView


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One intern of the class, or who was one and has a certificate."""

    intern: PersonView
    way: Way

    @property
    def valid(self) -> Held | None:
        """The certificate that was neither superseded nor revoked."""
        held = self.way.held
        return held if held and held.state == State.VALID else None


@dataclass(frozen=True, slots=True)
class ClassPage:
    """The certificates of an activity; figures are of the whole class, whoever is searched for."""

    title: str
    rows: tuple[ClassRow, ...]
    counts: Mapping[Stage, int]
    issued: int
    """How many are valid."""
    made: int
    """How many of these have their file."""


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
        """The class at a stage, None for all of it, of such a name; who waits stands first."""
        actor.require(Right.READ_ALL)
        activity = self._activity(actor, activity_id)
        everyone = self._class(activity)
        wanted = search.casefold()
        rows = [
            row
            for row in everyone
            if stage in (None, row.way.stage) and wanted in row.intern.name.casefold()
        ]
        rows.sort(key=lambda row: row.way.stage is not Stage.READY)
        valid = [held for row in everyone if (held := row.valid)]
        return ClassPage(
            title=activity.title,
            rows=tuple(rows),
            counts=Counter(row.way.stage for row in everyone),
            issued=len(valid),
            made=sum(held.made for held in valid),
        )

    def _class(self, activity: Activity) -> list[ClassRow]:
        """The interns by name; after them who is none any more, and has a certificate or met the
        standard before they left.
        """
        interns = self._people.interns(activity.course_id)
        ways = self._ways.of_all(activity.id)  # last: it knows whoever joined meanwhile
        known = {one.id for one in interns}
        former = [
            id
            for id, way in ways.items()
            if id not in known and (way.held or way.stage is Stage.READY)
        ]
        found = self._session.execute(
            select(Person.id, Person.name).where(Person.id.in_(former)).order_by(Person.name)
        )
        return [ClassRow(one, ways[one.id]) for one in interns] + [
            ClassRow(PersonView(id, name), ways[id]) for id, name in found
        ]

    def ready(self, actor: Actor, activity_id: int) -> list[int]:
        """The interns who wait for a sign-off."""
        found = self.page(actor, activity_id, Stage.READY)
        return [row.intern.id for row in found.rows]

    def of_intern(self, actor: Actor, activity_id: int, intern_id: int) -> InternCertificates:
        """All certificates of one intern and their log, for a course lead."""
        actor.require(Right.READ_ALL)
        activity = self._activity(actor, activity_id)
        holder = holder_of(self._session, activity_id, intern_id)
        intern = holder or self._people.intern(actor.course, intern_id)
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
        """The valid certificates of the class that have their file, by name."""
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
            if (held := row.valid) and held.made
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
