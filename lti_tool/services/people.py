"""People of a course: the lists that pages show, and roles changed by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from lti_tool.domain.errors import NotAllowed, UnknownThing
from lti_tool.domain.people import Actor, Right, Role
from lti_tool.lms.products.choose import choose
from lti_tool.models.course import Course
from lti_tool.models.person import Membership, Person
from lti_tool.services.audit import Audit
from lti_tool.services.roles import settle_role

WAITED_FOR = timedelta(minutes=2)
"""Longer than a roster takes: a page does not wait for one that will not come."""


@dataclass(frozen=True, slots=True)
class PersonView:
    """Someone a page may name."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class MemberView:
    """Someone in the course: the role that holds, and whether a course lead set it by hand."""

    person: PersonView
    role: Role
    by_hand: Role | None
    left: bool
    listed: bool
    """Whether the roster named them when it came last."""
    test_user: bool


@dataclass(frozen=True, slots=True)
class RosterAge:
    """How current the list of people is. `known` is False until a roster came once."""

    known: bool
    at: datetime | None
    problem: str | None
    offered: bool
    """Whether the LMS offers a roster at all."""
    coming: bool
    """Whether a newer one was asked for a moment ago and is not here yet."""


class People:
    """Reads the people of a course; changes their roles."""

    def __init__(
        self, session: Session, now: datetime, audit: Audit, role_names: Mapping[str, str]
    ) -> None:
        self._session = session
        self._now = now
        self._audit = audit
        self._role_names = role_names

    def interns(self, course_id: int, search: str = "") -> list[PersonView]:
        """The interns of a course who have not left, by name; `search` is part of a name."""
        wanted = search.casefold().strip()
        found = self._with_role(course_id, [Role.INTERN])
        return [person for person in found if wanted in person.name.casefold()]

    def supervisors(self, course_id: int) -> list[PersonView]:
        """Everyone of the course who may score, by name."""
        return self._with_role(course_id, [Role.SUPERVISOR, Role.COURSE_LEAD])

    def _with_role(self, course_id: int, roles: Sequence[Role]) -> list[PersonView]:
        rows = self._session.execute(
            select(Person.id, Person.name)
            .join(Membership, Membership.person_id == Person.id)
            .where(
                Membership.course_id == course_id,
                Membership.role.in_(roles),
                Membership.left_at.is_(None),
            )
        )
        people = [PersonView(id, name) for id, name in rows]
        return sorted(people, key=lambda person: (person.name.casefold(), person.id))

    def intern(self, course_id: int, person_id: int) -> PersonView:
        """One intern, also one who has left; UnknownThing when the course has no such intern."""
        member = self._membership(course_id, person_id)
        if member.role != Role.INTERN:
            raise UnknownThing("not an intern of this course")
        return PersonView(member.person_id, member.person.name)

    def supervisor(self, course_id: int, person_id: int) -> PersonView:
        """One person who may score; UnknownThing when the course has no such person."""
        member = self._membership(course_id, person_id)
        if member.role not in (Role.SUPERVISOR, Role.COURSE_LEAD) or member.left_at:
            raise UnknownThing("nobody who scores in this course")
        return PersonView(member.person_id, member.person.name)

    def members(self, actor: Actor) -> list[MemberView]:
        """Everyone in the actor's course, by name."""
        actor.require(Right.CHANGE_ROLES)
        rows = self._session.scalars(
            select(Membership)
            .options(joinedload(Membership.person))
            .where(Membership.course_id == actor.course)
        )
        return sorted((_view(row) for row in rows), key=lambda one: one.person.name.casefold())

    def roster_age(self, course_id: int) -> RosterAge:
        """How current the list of people of a course is."""
        course = self._session.get_one(Course, course_id)
        at, tried = course.roster_at, course.roster_tried_at
        return RosterAge(
            known=at is not None,
            at=at,
            problem=course.roster_problem,
            offered=course.memberships_url is not None,
            coming=tried is not None
            and course.roster_problem is None
            and (at is None or at < tried)
            and self._now - tried < WAITED_FOR,
        )

    def set_role(self, actor: Actor, person_id: int, role: Role | None) -> None:
        """Give someone a role by hand, or (None) take that back; audited, and it wins.

        A course lead cannot change the own role: a course must not lose its last one by a slip.
        """
        actor.require(Right.CHANGE_ROLES)
        member = self._membership(actor.course, person_id, lock=True)
        if person_id == actor.person:
            raise NotAllowed("one's own role is not changed by hand")
        product = choose(self._session.get_one(Course, actor.course).deployment.platform.product)
        before = member.role
        member.by_hand = role
        settle_role(member, self._role_names, roster_needed=product.roster_confirms_leads)
        self._audit.record(
            actor, "role-changed", "person", person_id, before=before, after=member.role
        )

    def _membership(self, course_id: int, person_id: int, *, lock: bool = False) -> Membership:
        wanted = (
            select(Membership)
            .options(joinedload(Membership.person))
            .where(Membership.course_id == course_id, Membership.person_id == person_id)
        )
        found = self._session.scalar(wanted.with_for_update(of=Membership) if lock else wanted)
        if found is None:
            raise UnknownThing("nobody of that number in this course")
        return found


def _view(row: Membership) -> MemberView:
    return MemberView(
        person=PersonView(row.person_id, row.person.name),
        role=Role(row.role),
        by_hand=Role(row.by_hand) if row.by_hand else None,
        left=row.left_at is not None,
        listed=row.roster_roles is not None and row.left_at is None,
        test_user=row.test_user,
    )
