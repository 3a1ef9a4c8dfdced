"""What each role sees first: a supervisor's interns, an intern's result, a course lead's table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.domain.assessment import COUNTS, State
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.result import Outcome
from lti_tool.domain.standard import Verdict
from lti_tool.models.assessment import Assessment, Occasion
from lti_tool.models.person import Person
from lti_tool.models.result import Result
from lti_tool.services.activities import Activities, ActivityView
from lti_tool.services.certificate_ways import CertificateWays, Way
from lti_tool.services.certificates import Certificates, CertificateView
from lti_tool.services.column_views import columns_view
from lti_tool.services.flags import Flags
from lti_tool.services.grade_services import Condition, GradeServices
from lti_tool.services.passback import Passbacks
from lti_tool.services.passback_views import Delivery
from lti_tool.services.people import People, PersonView, RosterAge
from lti_tool.services.results import Results

RECENT = 5


@dataclass(frozen=True, slots=True)
class Watched:
    """An intern as one supervisor knows them."""

    intern: PersonView
    seen: int
    """How many assessments of theirs this supervisor submitted."""
    last: date | None
    draft: int | None
    """An open draft of theirs to continue."""


@dataclass(frozen=True, slots=True)
class Line:
    """An assessment in a short list."""

    id: int
    intern: str
    competency_id: str
    on: date | None


@dataclass(frozen=True, slots=True)
class SupervisorHome:
    """Interns to score, the supervisor's own first; what they wrote last."""

    activity: ActivityView
    drafts: tuple[Line, ...]
    interns: tuple[Watched, ...]
    recent: tuple[Line, ...]
    written: int
    roster: RosterAge


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a supervisor said to an intern on one occasion."""

    assessment: int
    assessor: str
    competency_id: str
    on: date | None
    worked: str
    next_time: str
    support: int | None
    amended: bool


@dataclass(frozen=True, slots=True)
class InternPage:
    """Where an intern stands, for themselves or for a course lead."""

    activity: ActivityView
    intern: PersonView
    outcome: Outcome
    certificate: CertificateView | None
    """The valid one."""
    way: Way
    """How far they are on the way to one, and what became of the newest."""
    feedback: tuple[Feedback, ...]
    """All assessments that count, newest first; words may be empty."""
    deliveries: tuple[Delivery, ...]
    """The newest message of each column about this intern."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One intern in the course lead's table. `grade` is exact, 0 to 100."""

    intern: PersonView
    verdict: Verdict
    grade: Fraction | None
    assessments: int
    verdicts: dict[str, Verdict]
    """Competency id → where they stand in it."""
    flags: int
    way: Way
    """How far they are on the way to a certificate."""
    delivery: Delivery | None
    """The newest message about them in the activity's own column."""


@dataclass(frozen=True, slots=True)
class LeadTable:
    """The course lead's table of an activity."""

    activity: ActivityView
    rows: tuple[TableRow, ...]
    roster: RosterAge
    column: bool
    """Whether the gradebook's column is known, so that grades can go out."""
    sends: bool
    """Whether the course lets Rounds send them."""
    service: Condition
    """How the LMS takes grades at present."""
    stuck: tuple[Delivery, ...]
    """Messages that only a person can move on."""


class Overview:
    """Gathers what the first pages show."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        people: People,
        activities: Activities,
        results: Results,
        certificates: Certificates,
        certificate_ways: CertificateWays,
        passbacks: Passbacks,
        flags: Flags,
        grade_services: GradeServices,
    ) -> None:
        self._session = session
        self._now = now
        self._people = people
        self._activities = activities
        self._results = results
        self._certificates = certificates
        self._certificate_ways = certificate_ways
        self._passbacks = passbacks
        self._flags = flags
        self._grade_services = grade_services

    def supervisor_home(self, actor: Actor, activity_id: int, search: str = "") -> SupervisorHome:
        """The interns of the course, those this supervisor scored before first."""
        actor.require(Right.SCORE)
        mine = self._written(actor, activity_id)
        drafts = [row for row in mine if row.state == State.DRAFT]
        sent = [row for row in mine if row.state in COUNTS]
        watched = [
            _watched(intern, drafts, sent) for intern in self._people.interns(actor.course, search)
        ]
        watched.sort(key=lambda one: one.seen == 0)  # stable: own first, then by name
        return SupervisorHome(
            activity=self._activities.ready(actor.course, activity_id),
            drafts=tuple(_line(row) for row in drafts),
            interns=tuple(watched),
            recent=tuple(_line(row) for row in sent[:RECENT]),
            written=len(sent),
            roster=self._people.roster_age(actor.course),
        )

    def _written(self, actor: Actor, activity_id: int) -> Sequence["_Written"]:
        rows = self._session.execute(
            select(
                Assessment.id,
                Assessment.intern_id,
                Person.name,
                Assessment.competency_id,
                Assessment.state,
                Occasion.on,
            )
            .join(Person, Person.id == Assessment.intern_id)
            .join(Occasion, Occasion.id == Assessment.occasion_id)
            .where(
                Assessment.activity_id == activity_id,
                func.coalesce(Assessment.entered_by_id, Assessment.assessor_id) == actor.person,
                Assessment.state != State.WITHDRAWN,
            )
            .order_by(Assessment.submitted_at.desc(), Assessment.id.desc())
        )
        return [_Written(*row) for row in rows]

    def intern_page(self, actor: Actor, activity_id: int, intern_id: int) -> InternPage:
        """A result with all its feedback: an intern's own, or any intern's for a course lead."""
        if not (actor.person == intern_id and actor.may(Right.READ_OWN_RESULT)):
            actor.require(Right.READ_ALL)
        activity = self._activities.ready(actor.course, activity_id)
        return InternPage(
            activity=activity,
            intern=self._people.intern(actor.course, intern_id),
            outcome=self._results.outcome(activity_id, intern_id),
            certificate=self._certificates.of_intern(activity_id, intern_id),
            way=self._certificate_ways.of(activity_id, intern_id),
            feedback=tuple(self._feedback(activity_id, intern_id)),
            deliveries=tuple(self._passbacks.newest(activity_id, intern_id)),
        )

    def _feedback(self, activity_id: int, intern_id: int) -> list[Feedback]:
        rows = self._session.execute(
            select(Assessment, Occasion.on, Person.name)
            .join(Occasion, Occasion.id == Assessment.occasion_id)
            .join(Person, Person.id == Assessment.assessor_id)
            .where(
                Assessment.activity_id == activity_id,
                Assessment.intern_id == intern_id,
                Assessment.state.in_(COUNTS),
            )
            .order_by(Occasion.on.desc(), Assessment.submitted_at.desc(), Assessment.id.desc())
        )
        return [
            Feedback(
                assessment=row.id,
                assessor=name,
                competency_id=row.competency_id,
                on=on,
                worked=row.worked,
                next_time=row.next_time,
                support=row.support,
                amended=row.state == State.AMENDED,
            )
            for row, on, name in rows
        ]

    def lead_table(self, actor: Actor, activity_id: int, search: str = "") -> LeadTable:
        """Every intern of the course with standing, grade and what was sent."""
        actor.require(Right.READ_ALL)
        activity = self._activities.ready(actor.course, activity_id)
        results = {
            row.intern_id: row
            for row in self._session.scalars(
                select(Result).where(Result.activity_id == activity_id)
            )
        }
        flags = self._flags.counts(activity_id)
        columns = columns_view(self._session, self._now, actor, activity_id)
        interns = self._people.interns(actor.course, search)
        ways = self._certificate_ways.of_all(activity_id)  # last: it knows whoever joined meanwhile
        sent = {one.intern_id: one for one in self._passbacks.newest_of_all(activity_id)}
        return LeadTable(
            activity=activity,
            rows=tuple(
                _row(
                    intern,
                    results.get(intern.id),
                    flags.get(intern.id, 0),
                    ways[intern.id],
                    sent.get(intern.id),
                )
                for intern in interns
            ),
            roster=self._people.roster_age(actor.course),
            column=columns.own_there,
            sends=columns.sends,
            service=self._grade_services.of_course(actor.course),
            stuck=tuple(self._passbacks.stuck(activity_id)),
        )


@dataclass(frozen=True, slots=True)
class _Written:
    id: int
    intern_id: int
    intern: str
    competency_id: str
    state: str
    on: date | None


def _watched(intern: PersonView, drafts: Sequence[_Written], sent: Sequence[_Written]) -> Watched:
    seen = [row for row in sent if row.intern_id == intern.id]
    days = [row.on for row in seen if row.on is not None]
    draft = next((row.id for row in drafts if row.intern_id == intern.id), None)
    return Watched(intern, len(seen), max(days, default=None), draft)


def _line(row: _Written) -> Line:
    return Line(row.id, row.intern, row.competency_id, row.on)


def _row(
    intern: PersonView,
    result: Result | None,
    flags: int,
    way: Way,
    delivery: Delivery | None,
) -> TableRow:
    if result is None:
        return TableRow(intern, Verdict.NOT_ENOUGH, None, 0, {}, flags, way, delivery)
    return TableRow(
        intern=intern,
        verdict=Verdict(result.verdict),
        grade=Fraction(result.grade) if result.grade else None,
        assessments=result.assessments,
        verdicts={id: Verdict(one["verdict"]) for id, one in result.competencies.items()},
        flags=flags,
        way=way,
        delivery=delivery,
    )
