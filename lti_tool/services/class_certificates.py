"""Certificates of a class: where every intern is on the way to one, and what became of each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import State, in_groups
from lti_tool.domain.errors import UnknownThing
from lti_tool.domain.expiry import days_left
from lti_tool.domain.issuing import Issued, Stage, stage_of
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.standard import Verdict
from lti_tool.models.activity import Activity
from lti_tool.models.audit import AuditEntry
from lti_tool.models.certificate import Certificate
from lti_tool.models.person import Membership, Person
from lti_tool.models.result import Result
from lti_tool.services.certificates import date_at
from lti_tool.services.people import People, PersonView


@dataclass(frozen=True, slots=True)
class Held:
    """The newest certificate of an intern, as lists show it."""

    id: int
    code: str
    state: State
    reason: str
    explanation: str
    """Why it ended, in the words of whoever ended it by hand."""
    issued_at: datetime
    ended_at: datetime | None
    expires_on: date | None
    days_left: int | None
    """How many days are left once a reminder is due; else None."""
    signed_off_by: str
    made: bool
    problem: str | None
    """Why its file could not be made, as a code."""
    tried_again: bool
    """Whether Rounds goes on trying by itself."""

    @property
    def issued(self) -> Issued:
        """What the rules of issuing look at."""
        failed = self.problem is not None
        return Issued(self.state, self.reason, self.expires_on, self.made, failed)


@dataclass(frozen=True, slots=True)
class Way:
    """How far an intern is: the stage, and the newest certificate where there is any."""

    stage: Stage
    held: Held | None


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

    def __init__(
        self, session: Session, now: datetime, people: People, *, reminder_days: int
    ) -> None:
        self._session = session
        self._now = now
        self._people = people
        self._reminder_days = reminder_days

    def page(
        self, actor: Actor, activity_id: int, stage: Stage | None = None, search: str = ""
    ) -> ClassPage:
        """The interns at a stage, None for all of them, of such a name."""
        actor.require(Right.READ_ALL)
        activity = self._activity(actor, activity_id)
        ways = self._ways(activity)
        everyone = self._people.interns(actor.course)
        counts = Counter(ways[one.id].stage for one in everyone)
        found = self._people.interns(actor.course, search) if search else everyone
        rows = [ClassRow(one, ways[one.id]) for one in found]
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
            way=self._ways(activity, intern_id)[intern_id],
            log=self._log(activity, intern_id),
            met=verdict == Verdict.MET,
            months=activity.certificate_months,
        )

    def ways(self, activity_id: int) -> dict[int, Way]:
        """How far each of the course is, by person."""
        return self._ways(self._session.get_one(Activity, activity_id))

    def way(self, activity_id: int, intern_id: int) -> Way:
        """How far one of the course is."""
        return self._ways(self._session.get_one(Activity, activity_id), intern_id)[intern_id]

    def _ways(self, activity: Activity, intern_id: int | None = None) -> dict[int, Way]:
        of_activity = and_(
            Result.activity_id == activity.id, Result.intern_id == Membership.person_id
        )
        wanted = (
            select(Membership.person_id, Membership.test_user, Result.verdict)
            .outerjoin(Result, of_activity)
            .where(Membership.course_id == activity.course_id)
        )
        if intern_id is not None:
            wanted = wanted.where(Membership.person_id == intern_id)
        held = self._newest(activity, intern_id)
        return {
            person: self._way(activity, held.get(person), verdict, test_user=test_user)
            for person, test_user, verdict in self._session.execute(wanted)
        }

    def _way(
        self, activity: Activity, held: Held | None, verdict: str | None, *, test_user: bool
    ) -> Way:
        stage = stage_of(
            Verdict(verdict) if verdict else None,
            held.issued if held else None,
            date_at(activity, self._now),
            sign_off=activity.sign_off,
            test_user=test_user,
            reminder_days=self._reminder_days,
        )
        return Way(stage, held)

    def _activity(self, actor: Actor, activity_id: int) -> Activity:
        found = self._session.get(Activity, activity_id)
        if found is None or found.course_id != actor.course:
            raise UnknownThing("no activity of that number in this course")
        return found

    # Their certificates ---------------------------------------------------------------------------

    def _newest(self, activity: Activity, intern_id: int | None) -> dict[int, Held]:
        newest = (
            select(func.max(Certificate.id))
            .where(Certificate.activity_id == activity.id)
            .group_by(Certificate.intern_id)
        )
        if intern_id is not None:
            newest = newest.where(Certificate.intern_id == intern_id)
        rows = self._session.execute(_HELD.where(Certificate.id.in_(newest)))
        return {intern: self._held(activity, *row) for intern, *row in rows}

    def _log(self, activity: Activity, intern_id: int) -> tuple[Logged, ...]:
        mine = Certificate.activity_id == activity.id, Certificate.intern_id == intern_id
        rows = self._session.execute(_HELD.where(*mine).order_by(Certificate.id.desc())).all()
        held = [self._held(activity, *row) for _, *row in rows]
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

    def _held(
        self,
        activity: Activity,
        id: int,
        code: str,
        state: str,
        reason: str,
        explanation: str,
        issued_at: datetime,
        ended_at: datetime | None,
        expires_on: date | None,
        sha256: str | None,
        problem: str | None,
        try_at: datetime | None,
        signer: str | None,
    ) -> Held:
        today = date_at(activity, self._now)
        return Held(
            id=id,
            code=in_groups(code),
            state=State(state),
            reason=reason,
            explanation=explanation,
            issued_at=issued_at,
            ended_at=ended_at,
            expires_on=expires_on,
            days_left=days_left(expires_on, today, self._reminder_days),
            signed_off_by=signer or "",
            made=sha256 is not None,
            problem=problem,
            tried_again=try_at is not None,
        )


_HELD = select(
    Certificate.intern_id,
    Certificate.id,
    Certificate.code,
    Certificate.state,
    Certificate.reason,
    Certificate.explanation,
    Certificate.issued_at,
    Certificate.ended_at,
    Certificate.expires_on,
    Certificate.sha256,
    Certificate.problem,
    Certificate.try_at,
    Person.name,
).outerjoin(Person, Person.id == Certificate.signed_off_by_id)
"""Without what a certificate says and its file: a class has hundreds."""


def _event(entry: AuditEntry, who: str | None, explanation: str) -> Event:
    reason = str(entry.detail.get("reason", ""))
    words = explanation if reason else ""
    return Event(entry.at, entry.action, who or "", reason, words)
