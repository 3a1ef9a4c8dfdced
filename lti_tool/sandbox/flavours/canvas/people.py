"""How Canvas shows a person. Canvas: lib/lti/substitutions_helper.rb."""

from typing import Any

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.people import People, uuid_id
from lti_tool.sandbox.world import (
    STAFF,
    STUDENT,
    TEST_STUDENT,
    Course,
    Person,
)

BASE_ROLE_NAMES = {
    "teacher": "TeacherEnrollment",
    "assistant": "TaEnrollment",
    "designer": "DesignerEnrollment",
    "student": "StudentEnrollment",
    "observer": "ObserverEnrollment",
    "test-student": "StudentViewEnrollment",
}


class CanvasPeople(People):
    def sub(self, person: Person, course: Course) -> str | None:
        """A UUID; absent for anonymous visitors. A merged user keeps the id the course knew.

        Canvas: lib/lti/messages/jwt_message.rb.
        """
        if person.anonymous:
            return None
        if person.merged and course.ever(person):
            return uuid_id(self.platform.identity.key, "before-merge", person.key)
        return uuid_id(self.platform.identity.key, person.key)

    def subs(self, person: Person, course: Course) -> set[str]:
        """UUIDs from before and after a merge, or the numeric id as digits.

        Canvas: app/controllers/lti/ims/concerns/gradebook_services.rb.
        """
        if person.anonymous:
            return set()
        now = uuid_id(self.platform.identity.key, person.key)
        return {now, self.sub(person, course) or now, str(self.canvas_id(person))}

    def ref(self, person: Person) -> str:
        return str(self.canvas_id(person))

    def canvas_id(self, person: Person) -> int:
        return 88100 + person.number

    def launch_roles(self, person: Person, course: Course) -> list[str]:
        """Course, school and system roles in one sorted list.

        School roles come from *any* enrolment: who teaches elsewhere carries Instructor here.
        """
        roles = set(self.membership(person, course)) | self._school_roles(person)
        if TEST_STUDENT in course.kinds(person):
            roles.add(v.TEST_USER)
        if person.anonymous:
            return [v.SYSTEM_NONE]
        return sorted(roles | {v.SYSTEM_USER})

    def _school_roles(self, person: Person) -> set[str]:
        roles = {v.SCHOOL_ADMINISTRATOR} if person.administrator else set()
        for course in self.platform.world.courses.values():
            for kind in course.kinds(person):
                if kind in STAFF:
                    roles.add(v.SCHOOL_INSTRUCTOR)
                if kind in (STUDENT, TEST_STUDENT):
                    roles.add(v.SCHOOL_STUDENT)
        return roles

    def roster_roles(self, person: Person, course: Course) -> list[str]:
        roles = set(self.membership(person, course))
        return sorted(roles | ({v.TEST_USER} if TEST_STUDENT in course.kinds(person) else set()))

    def role_names(self, person: Person, course: Course) -> str:
        """$Canvas.membership.roles: a custom role by its own name, else the base role's."""
        enrolment = course.enrolments.get(person.key)
        if enrolment is None or enrolment.state != "active":
            return ""
        names = [enrolment.role_name or BASE_ROLE_NAMES[kind] for kind in enrolment.kinds]
        return ",".join(dict.fromkeys(names))

    def gradable(self, person: Person, course: Course) -> bool:
        """A student in any enrolment state, the Test Student too.

        Canvas: app/controllers/lti/ims/concerns/gradebook_services.rb.
        """
        return bool({STUDENT, TEST_STUDENT} & set(course.ever(person)))

    def names(self, person: Person) -> dict[str, Any]:
        if person.anonymous:
            return {}
        claims = super().names(person)
        if self.platform.switches.privacy == "public":
            claims["picture"] = f"{self.platform.origins.pages}/static/avatar.svg"
        return claims
