"""The invented school: who there is, what they are in which course, and what may be opened."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

TEACHER, ASSISTANT, DESIGNER = "teacher", "assistant", "designer"
STUDENT, OBSERVER, TEST_STUDENT = "student", "observer", "test-student"
STAFF = (TEACHER, ASSISTANT, DESIGNER)


@dataclass(frozen=True)
class Person:
    key: str
    number: int
    given: str = ""
    family: str = ""
    title: str = ""
    what: str = "intern"
    has_email: bool = True
    administrator: bool = False
    anonymous: bool = False
    merged: bool = False

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.title, self.given, self.family) if part)

    @property
    def shown(self) -> str:
        return self.name or f"({self.what})"

    @property
    def username(self) -> str:
        return self.key.replace("-", ".")

    @property
    def email(self) -> str:
        return f"{self.username}@northgate.example" if self.has_email else ""

    @property
    def initials(self) -> str:
        return (self.given[:1] + self.family[:1]).upper() or "?"


@dataclass
class Enrolment:
    """What someone is in a course. `state`: active, invited, suspended, concluded."""

    kinds: tuple[str, ...]
    role_name: str = ""
    sections: tuple[str, ...] = ("Ward A",)
    observes: tuple[str, ...] = ()
    state: str = "active"


@dataclass
class Activity:
    """Something to open in a course. `kind`: assignment (has a column), ungraded, navigation.

    `url` is the address the link itself names; empty for the tool's own launch address.
    """

    key: str
    number: int
    title: str
    text: str = ""
    kind: str = "assignment"
    points: Decimal = Decimal(100)
    custom: dict[str, str] = field(default_factory=dict)
    published: bool = True
    attempts_allowed: int | None = None
    due: datetime | None = None
    url: str = ""
    opens: datetime | None = None
    closes: datetime | None = None


@dataclass
class Course:
    """A course. `history`: every course it has content of, directly or not, the latest first."""

    key: str
    number: int
    label: str
    title: str
    deployment: int
    enrolments: dict[str, Enrolment]
    activities: dict[str, Activity]
    concluded: bool = False
    late_percent_a_day: int = 0
    copied_from: str = ""
    history: tuple[str, ...] = ()

    def kinds(self, person: Person) -> tuple[str, ...]:
        """What the person is here today; nothing once the enrolment is not active."""
        enrolment = self.enrolments.get(person.key)
        return enrolment.kinds if enrolment and enrolment.state == "active" else ()

    def ever(self, person: Person) -> tuple[str, ...]:
        enrolment = self.enrolments.get(person.key)
        return enrolment.kinds if enrolment else ()


@dataclass
class World:
    people: dict[str, Person]
    courses: dict[str, Course]

    def next_number(self) -> int:
        """For a new activity: links are numbered through all courses."""
        courses = self.courses.values()
        return 1 + max(found.number for course in courses for found in course.activities.values())

    def activity(self, key: str) -> tuple[Course, Activity]:
        """By key; a key used in two courses is written course/activity. KeyError if unknown."""
        course_key, _, activity_key = key.rpartition("/")
        for course in self.courses.values():
            if activity_key in course.activities and course_key in ("", course.key):
                return course, course.activities[activity_key]
        raise KeyError(key)
