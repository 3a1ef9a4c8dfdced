"""How Moodle shows a person: numbers for ids, and roles that differ by service."""

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.people import People
from lti_tool.sandbox.world import ASSISTANT, STUDENT, TEACHER, Course, Person


class MoodlePeople(People):
    def sub(self, person: Person, course: Course) -> str | None:
        """The numeric user id, the same in every course, as text."""
        return str(person.number)

    def ref(self, person: Person) -> str:
        return str(person.number)

    def login_hint(self, person: Person) -> str:
        return str(person.number)

    def launch_roles(self, person: Person, course: Course) -> list[str]:
        """The launch asks for mod/lti:manage, which non-editing teachers have.

        So a supervisor launches as Instructor. Moodle: mod/lti/locallib.php, lti_get_ims_role.
        """
        teaches = {TEACHER, ASSISTANT} & set(course.kinds(person))
        roles = {v.INSTRUCTOR if teaches or person.administrator else v.LEARNER}
        if person.administrator:
            roles |= {v.SCHOOL_ADMINISTRATOR, v.SYSTEM_ADMINISTRATOR}
        return sorted(roles)

    def roster_roles(self, person: Person, course: Course) -> list[str]:
        """The roster asks for moodle/course:manageactivities, which they have not: "Learner".

        Moodle: mod/lti/service/memberships.
        """
        return ["Instructor"] if TEACHER in course.kinds(person) else ["Learner"]

    def gradable(self, person: Person, course: Course) -> bool:
        """Whoever has a gradebook role, a suspended enrolment included."""
        enrolment = course.enrolments.get(person.key)
        return bool(
            enrolment and STUDENT in enrolment.kinds and enrolment.state in ("active", "suspended")
        )
