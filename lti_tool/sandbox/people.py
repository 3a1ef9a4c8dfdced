"""How a person looks through LTI: the subject, the roles and the names that privacy lets out."""

import hashlib
import uuid
from collections.abc import Iterable
from typing import Any

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.platform import Platform
from lti_tool.sandbox.world import (
    ASSISTANT,
    DESIGNER,
    OBSERVER,
    STUDENT,
    TEACHER,
    TEST_STUDENT,
    Course,
    Person,
)

MEMBERSHIP_ROLES = {
    TEACHER: (v.INSTRUCTOR,),
    ASSISTANT: (v.INSTRUCTOR, v.TEACHING_ASSISTANT),
    DESIGNER: (v.CONTENT_DEVELOPER,),
    STUDENT: (v.LEARNER,),
    OBSERVER: (v.MENTOR,),
    TEST_STUDENT: (v.LEARNER,),
}


def hex_id(*parts: object) -> str:
    """A stable 40-digit id, the same after every restart."""
    return hashlib.sha1("/".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def uuid_id(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


class People:
    """The standard's reading; a flavour overrides what its LMS does otherwise."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def sub(self, person: Person, course: Course) -> str | None:
        return uuid_id(self.platform.identity.key, person.key)

    def ref(self, person: Person) -> str:
        """How the person is written in addresses of the LMS's own."""
        return person.key

    def subs(self, person: Person, course: Course) -> set[str]:
        """Every id under which a score for this person is accepted."""
        sub = self.sub(person, course)
        return {sub} if sub else set()

    def find(self, sub: object, course: Course) -> Person | None:
        for person in self.platform.world.people.values():
            if sub in self.subs(person, course):
                return person
        return None

    def login_hint(self, person: Person) -> str:
        return hex_id(self.platform.identity.key, "hint", person.key)

    def membership(self, person: Person, course: Course) -> list[str]:
        kinds = course.kinds(person)
        return sorted({role for kind in kinds for role in MEMBERSHIP_ROLES[kind]})

    def launch_roles(self, person: Person, course: Course) -> list[str]:
        return self.membership(person, course)

    def roster_roles(self, person: Person, course: Course) -> list[str]:
        return self.membership(person, course)

    def gradable(self, person: Person, course: Course) -> bool:
        return STUDENT in course.kinds(person)

    def students(self, course: Course) -> list[Person]:
        """Who has a row in the gradebook."""
        people = self.platform.world.people.values()
        return [person for person in people if self.gradable(person, course)]

    def members(self, course: Course) -> Iterable[Person]:
        return [person for person in self.platform.world.people.values() if course.kinds(person)]

    def names(self, person: Person) -> dict[str, Any]:
        """The claims of privacy level `public`, `name_only`, `email_only` or `anonymous`."""
        privacy = self.platform.switches.privacy
        claims: dict[str, Any] = {}
        if privacy in ("public", "name_only") and person.name:
            claims["name"] = person.name
            claims["given_name"] = person.given
            claims["family_name"] = person.family
        if privacy in ("public", "email_only") and person.email:
            claims["email"] = person.email
        return claims
