"""Rows for tests, made the way launches and rosters make them: a course, people, an activity."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

from sqlalchemy.orm import Session

from lti_tool.domain.assessment import Content
from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import INSTRUCTOR, LEARNER, TEACHING_ASSISTANT, Actor, Role
from lti_tool.domain.rubric import Competency
from lti_tool.domain.scoring import GradeMapping
from lti_tool.domain.standard import Standard
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.person import Membership, Person
from lti_tool.models.platform import Deployment, Platform
from lti_tool.services.activities import Choice
from lti_tool.services.unit import Rounds

BEGAN = datetime(2026, 9, 7, 8, tzinfo=UTC)
EASY = Standard(min_assessments=2, min_supervisors=2, min_seen=1)
"""A standard that two assessments by two supervisors can meet."""
THREE = {"patient-communication": 40, "teamwork": 35, "documentation": 25}

_numbers = count(1)

ROLES = {
    Role.COURSE_LEAD: [INSTRUCTOR],
    Role.SUPERVISOR: [INSTRUCTOR, TEACHING_ASSISTANT],
    Role.INTERN: [LEARNER],
    Role.OBSERVER: [],
    Role.NONE: [],
}


def platform(session: Session, product: str = "other", **facts: str) -> Platform:
    """A registration of an LMS that nobody answers for."""
    number = next(_numbers)
    row = Platform(
        **{
            "issuer": f"https://lms-{number}.example.edu",
            "client_id": f"client-{number}",
            "name": "Northgate School of Medicine",
            "product": product,
            "auth_login_url": f"https://lms-{number}.example.edu/auth",
            "auth_token_url": f"https://lms-{number}.example.edu/token",
            "jwks_url": f"https://lms-{number}.example.edu/jwks",
            "created_at": BEGAN,
        }
        | facts
    )
    session.add(row)
    session.flush()
    return row


def registered(session: Session, id: int) -> Platform:
    """A platform that was registered through the service."""
    return session.get_one(Platform, id)


def course(session: Session, platform: Platform) -> Course:
    """A course with a roster service, whose roster has been read."""
    deployment = Deployment(
        platform_id=platform.id, deployment_id=f"{next(_numbers)}", first_seen_at=BEGAN
    )
    session.add(deployment)
    session.flush()
    row = Course(
        deployment_id=deployment.id,
        context_id=f"context-{next(_numbers)}",
        title="Internship block 2",
        label="INT2",
        school="Northgate School of Medicine",
        time_zone="Europe/Oslo",
        roster_at=BEGAN,
        created_at=BEGAN,
    )
    session.add(row)
    session.flush()
    return row


def activity(session: Session, course: Course, title: str = "Clinical competencies") -> Activity:
    """A resource link that was launched and has a column, with no competency chosen."""
    row = Activity(
        course_id=course.id,
        resource_link_id=f"link-{next(_numbers)}",
        title=title,
        created_at=BEGAN,
    )
    session.add(row)
    session.flush()
    column = GradeColumn(
        activity_id=row.id, lineitem_url=f"https://lms.example.edu/items/{row.id}", maximum=100
    )
    session.add(column)
    session.flush()
    return row


def member(
    session: Session, course: Course, name: str, role: Role, *, test_user: bool = False
) -> Actor:
    """Someone in a course, and the actor they are when they launch."""
    number = next(_numbers)
    platform_id = session.get_one(Deployment, course.deployment_id).platform_id
    person = Person(
        platform_id=platform_id, subject=f"subject-{number}", name=name, created_at=BEGAN
    )
    session.add(person)
    session.flush()
    session.add(
        Membership(
            course_id=course.id,
            person_id=person.id,
            launch_roles=ROLES[role],
            roster_roles=ROLES[role],
            role=role,
            test_user=test_user,
        )
    )
    session.flush()
    return Actor(person.id, course.id, role)


@dataclass(frozen=True)
class Ward:
    """A course with one of each kind of person and a ready activity."""

    rounds: Rounds
    activity: int
    lead: Actor
    helen: Actor
    ruth: Actor
    amara: Actor
    jonas: Actor
    observer: Actor

    def competency(self, id: str) -> Competency:
        """One of the activity's competencies, as pinned."""
        with self.rounds.reading() as unit:
            return unit.activities.view(self.lead.course, self.activity).competency(id)

    def content(self, id: str, *levels: int | None, **facts: object) -> Content:
        """A form of this competency with these levels in order; the last one fills the rest."""
        criteria = self.competency(id).criteria
        filled = [*levels, *[levels[-1]] * (len(criteria) - len(levels))]
        ratings = {criterion.id: level for criterion, level in zip(criteria, filled, strict=True)}
        return Content(**{"ratings": ratings, "on": date(2026, 9, 14), **facts})

    def draft(self, actor: Actor, intern: Actor, id: str, **options: int) -> int:
        """Begin a draft."""
        with self.rounds.work() as unit:
            return unit.assessments.start(actor, self.activity, intern.person, id, **options)

    def score(
        self, actor: Actor, intern: Actor, id: str, *levels: int | None, **facts: object
    ) -> int:
        """Begin and submit an assessment; its number."""
        number = self.draft(actor, intern, id)
        content = self.content(id, *levels, **facts)
        with self.rounds.work() as unit:
            unit.assessments.submit(actor, number, self.version(number, actor), content)
        return number

    def version(self, number: int, actor: Actor) -> int:
        """The version that stands."""
        with self.rounds.reading() as unit:
            return unit.assessments.form(actor, number).version


def ward(
    rounds: Rounds,
    product: str = "other",
    standard: Standard = EASY,
    weights: dict[str, int] | None = None,
    mapping: GradeMapping = GradeMapping.TABLE,
    send_when: SendWhen = SendWhen.AS_SCORED,
) -> Ward:
    """A course with a lead, two supervisors, two interns, an observer and a ready activity."""
    with rounds.work() as unit:
        session = unit.session
        place = course(session, platform(session, product))
        placed = activity(session, place).id
        lead = member(session, place, "Dr Ingrid Solheim", Role.COURSE_LEAD)
        unit.activities.choose(lead, placed, Choice(weights or THREE, standard, mapping, send_when))
        return Ward(
            rounds=rounds,
            activity=placed,
            lead=lead,
            helen=member(session, place, "Dr Helen Brandt", Role.SUPERVISOR),
            ruth=member(session, place, "Ruth Osei", Role.SUPERVISOR),
            amara=member(session, place, "Amara Okafor", Role.INTERN),
            jonas=member(session, place, "Jonas Lindqvist", Role.INTERN),
            observer=member(session, place, "Olav Observer", Role.OBSERVER),
        )
