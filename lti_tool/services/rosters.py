"""Rosters: bring the people of a course in line with what its LMS lists."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from lti_tool.db import insert_all_missing
from lti_tool.domain.people import Actor, Right, Role, display_name
from lti_tool.lms.products.choose import choose
from lti_tool.lms.roster import Member, Roster
from lti_tool.models.course import Course
from lti_tool.models.person import Membership, Person
from lti_tool.models.platform import Deployment, Platform
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.roles import settle_role
from lti_tool.settings import Settings

NAME_LENGTH = 500

BREATH = timedelta(seconds=5)
"""How soon a person may ask again: a button pressed twice asks once."""


@dataclass(frozen=True, slots=True)
class Question:
    """Whom to ask for a roster, and where."""

    platform: Platform
    memberships_url: str


class Rosters:
    """Stores rosters. Nobody is ever deleted: who is no longer listed has left."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        settings: Settings,
        enqueue: Enqueue,
    ) -> None:
        self._session = session
        self._now = now
        self._settings = settings
        self._enqueue = enqueue

    def refresh(self, actor: Actor) -> None:
        """Have the roster read now, whenever it was read last; but not twice within BREATH."""
        actor.require(Right.CHANGE_ROLES)
        course = self._session.get_one(Course, actor.course, with_for_update=True)
        tried = course.roster_tried_at
        if course.memberships_url is None or (tried and self._now - tried < BREATH):
            return
        course.roster_tried_at, course.roster_problem = self._now, None
        job = f"{course.id}:{self._now:%Y%m%dT%H%M%S}"
        self._enqueue(self._session, "roster", job, course.deployment.platform_id)

    def question(self, course_id: int) -> Question | None:
        """Whom to ask; None when the LMS offers no roster of this course."""
        course = self._course(course_id)
        if course.memberships_url is None:
            return None
        return Question(course.deployment.platform, course.memberships_url)

    def failed(self, course_id: int, code: str) -> None:
        """Note why the roster could not be read; the people known so far stay as they are."""
        course = self._course(course_id)
        course.roster_problem, course.roster_tried_at = code, self._now

    def store(self, course_id: int, roster: Roster) -> None:
        """Add who is new, bring back who returned, mark who left, and work out each role anew.

        A few statements, however many people; rows that say so already are not written. People are
        written before memberships and the course last, as a launch does (services.arrivals): two
        who took turns in another order would each wait for what the other holds.
        """
        course = self._course(course_id)
        listed = {member.subject: member for member in roster.members}
        people = self._people(course.deployment.platform, listed)
        for subject, person in people.items():
            _update_person(person, listed[subject])
        self._session.flush()
        memberships = self._memberships(course, [person.id for person in people.values()])
        for subject, person in people.items():
            self._update_membership(memberships.pop(person.id), listed[subject], course)
        if not roster.skipped:
            self._leave(memberships.values())
        course.roster_problem = None
        course.roster_at = course.roster_tried_at = self._now

    def _course(self, course_id: int) -> Course:
        whole = joinedload(Course.deployment).joinedload(Deployment.platform)
        return self._session.get_one(Course, course_id, options=[whole])

    def _people(self, platform: Platform, listed: Mapping[str, Member]) -> dict[str, Person]:
        """The listed people's rows by subject, made where there are none: in one order always."""
        known = select(Person).where(Person.platform_id == platform.id, Person.subject.in_(listed))
        people = {person.subject: person for person in self._session.scalars(known)}
        new = [
            {
                "platform_id": platform.id,
                "subject": member.subject,
                "name": _name(member),
                "email": member.email,
                "created_at": self._now,
            }
            for subject, member in sorted(listed.items())
            if subject not in people
        ]
        if new:
            insert_all_missing(self._session, Person, new, ["platform_id", "subject"])
            people = {person.subject: person for person in self._session.scalars(known)}
        return people

    def _memberships(self, course: Course, people: Collection[int]) -> dict[int, Membership]:
        """Every membership of the course by person, the listed people's made where missing.

        Locked, so that a launch that changes someone's role meanwhile is neither lost nor missed.
        """
        all_here = (
            select(Membership)
            .where(Membership.course_id == course.id)
            .order_by(Membership.id)
            .with_for_update()
        )
        memberships = {row.person_id: row for row in self._session.scalars(all_here)}
        new = [
            {"course_id": course.id, "person_id": person, "role": Role.NONE}
            for person in sorted(people)
            if person not in memberships
        ]
        if new:
            insert_all_missing(self._session, Membership, new, ["course_id", "person_id"])
            memberships = {row.person_id: row for row in self._session.scalars(all_here)}
        return memberships

    def _update_membership(self, row: Membership, member: Member, course: Course) -> None:
        row.roster_roles = list(member.roles)
        row.left_at = None
        product = choose(course.deployment.platform.product)
        settle_role(row, self._settings.role_names, roster_needed=product.roster_confirms_leads)

    def _leave(self, rows: Iterable[Membership]) -> None:
        """Mark those whom an earlier roster named. Who only ever launched is in no roster to leave:
        an administrator, or someone who came after this one was read. The role stays, since pages
        still show who the person was; what the old roster said counts for no later launch.
        """
        for row in rows:
            if row.roster_roles is not None:
                row.left_at, row.roster_roles = self._now, None


def _update_person(person: Person, member: Member) -> None:
    """What the roster tells. A roster without names or e-mail takes none away."""
    if any(map(str.strip, filter(None, (member.name, member.given_name, member.family_name)))):
        person.name = _name(member)
    person.email = member.email or person.email


def _name(member: Member) -> str:
    name = display_name(
        member.name, member.given_name, member.family_name, member.email, member.subject
    )
    return name[:NAME_LENGTH]
