"""The people and the courses of the demo, as data. All of them are invented."""

from decimal import Decimal

from lti_tool.sandbox.world import (
    ASSISTANT,
    DESIGNER,
    OBSERVER,
    STUDENT,
    TEACHER,
    TEST_STUDENT,
    Activity,
    Course,
    Enrolment,
    Person,
    World,
)

HOSTILE_GIVEN = "=cmd|'/C calc'!A0 <img src=x onerror=alert(1)>"
HOSTILE_FAMILY = '"Mallory" \u202e\u2066'

STAFF = (
    Person("ingrid", 3, "Ingrid", "Solheim", "Dr", "course lead"),
    Person("helen", 4, "Helen", "Brandt", "Dr", "supervisor"),
    Person("ruth", 5, "Ruth", "Osei", "", "supervisor, nurse"),
    Person("peter", 6, "Peter", "Vance", "", "supervisor, pharmacist"),
    Person("lucia", 7, "Lucía", "Ferrer", "Dr", "supervisor"),
)
INTERNS = (
    Person("amara", 11, "Amara", "Okafor"),
    Person("tomasz", 12, "Tomasz", "Zieliński"),
    Person("priya", 13, "Priya", "Raman"),
    Person("samuel", 14, "Samuel", "Adeyemi", merged=True),
    Person("jonas", 15, "Jonas", "Lindqvist"),
    Person("mei-ling", 16, "Mei-Ling", "Chua"),
    Person("noor", 17, "Noor", "Haddad"),
    Person("beatriz", 18, "Beatriz", "Nunes"),
    Person("kwame", 19, "Kwame", "Mensah"),
    Person("saoirse", 20, "Saoirse", "Byrne"),
    Person("mallory", 21, HOSTILE_GIVEN, HOSTILE_FAMILY, what="intern with a hostile name"),
    Person("nameless", 22, what="intern without name or e-mail", has_email=False),
    Person("leo", 23, "Leo", "Marchetti", what="intern who teaches elsewhere"),
)
TEACHER_AND_STUDENT = Person("femke", 24, "Femke", "de Boer", what="teacher and intern at once")
ADMINISTRATOR = Person("alma", 2, "Alma", "Reyes", what="administrator", administrator=True)
OBSERVER_PERSON = Person("graham", 25, "Graham", "Pell", what="observer")
DESIGNER_PERSON = Person("dana", 26, "Dana", "Whitlock", what="course designer")
TEST_PERSON = Person("test-student", 27, "Test", "Student", "", "test student", has_email=False)
VISITOR = Person("visitor", 28, what="anonymous visitor", has_email=False, anonymous=True)
STRANGER = Person("stranger", 29, "Robin", "Ashe", what="nobody in this course")


def _internship_activities() -> list[Activity]:
    return [
        Activity(
            "competencies", 101, "Clinical competencies", "<p>Observed on the wards, all block.</p>"
        ),
        Activity("fresh", 102, "Competencies, second half", "<p>Not opened by anybody yet.</p>"),
        Activity("week-four", 103, "Ward week four", "<p>20 points.</p>", points=Decimal(20)),
    ]


def _enrolments() -> dict[str, Enrolment]:
    """The internship's people, as every flavour has them."""
    both_wards = ("Ward A", "Ward B")
    enrolments = {
        "ingrid": Enrolment((TEACHER,), sections=both_wards),
        "helen": Enrolment((ASSISTANT,)),
        "ruth": Enrolment((ASSISTANT,)),
        "peter": Enrolment((ASSISTANT,), sections=("Ward B",)),
        "lucia": Enrolment((ASSISTANT,), role_name="Clinical Preceptor"),
        "femke": Enrolment((TEACHER, STUDENT), sections=both_wards),
    }
    for place, intern in enumerate(INTERNS):
        enrolments[intern.key] = Enrolment((STUDENT,), sections=(both_wards[place % 2],))
    return enrolments


def _course(enrolments: dict[str, Enrolment], activities: list[Activity]) -> Course:
    return Course(
        "internship",
        12,
        "INT-2",
        "Internship block 2",
        0,
        enrolments,
        {activity.key: activity for activity in activities},
    )


def _simulation() -> Course:
    """Where an intern of the demo course teaches; nobody studies here, so it is empty too."""
    return Course(
        "simulation",
        13,
        "SIM-1",
        "Simulation skills",
        1,
        {
            "ingrid": Enrolment((TEACHER,)),
            "leo": Enrolment((TEACHER,)),
        },
        {"skills": Activity("skills", 111, "Simulation competencies", "<p>Nobody yet.</p>")},
    )


def _world(people: tuple[Person, ...], course: Course) -> World:
    return World(
        {person.key: person for person in people},
        {found.key: found for found in (course, _simulation())},
    )


def canvas_world() -> World:
    course = _course(
        _enrolments()
        | {
            "graham": Enrolment((OBSERVER,), observes=("amara",)),
            "dana": Enrolment((DESIGNER,)),
            "test-student": Enrolment((TEST_STUDENT,), sections=("Ward A", "Ward B")),
        },
        [
            *_internship_activities(),
            Activity("menu", 104, "Rounds in the course menu", kind="navigation"),
            Activity("draft", 105, "Not published yet", published=False),
            Activity("one-try", 106, "One attempt only", attempts_allowed=1),
        ],
    )
    return _world(
        (
            *STAFF,
            *INTERNS,
            TEACHER_AND_STUDENT,
            OBSERVER_PERSON,
            DESIGNER_PERSON,
            TEST_PERSON,
            ADMINISTRATOR,
            VISITOR,
        ),
        course,
    )


def moodle_world() -> World:
    link_custom = {"Ward Round": "Acute medicine"}
    activities = [
        *_internship_activities(),
        Activity("ungraded", 107, "No grade kept", kind="ungraded"),
    ]
    for activity in activities:
        activity.custom = dict(link_custom)
    people = (*STAFF, *INTERNS, TEACHER_AND_STUDENT, ADMINISTRATOR)
    return _world(people, _course(_enrolments(), activities))


def plain_world() -> World:
    course = _course(
        _enrolments() | {"graham": Enrolment((OBSERVER,), observes=("amara",))},
        [*_internship_activities(), Activity("ungraded", 107, "No grade kept", kind="ungraded")],
    )
    return _world((*STAFF, *INTERNS, TEACHER_AND_STUDENT, OBSERVER_PERSON, STRANGER), course)


def second_school_world() -> World:
    """A small school that shares its issuer with the first. Canvas: lib/canvas/security.rb."""
    people = (
        Person("astrid", 3, "Astrid", "Holm", "Dr", "course lead"),
        Person("bruno", 4, "Bruno", "Keller", "", "supervisor"),
        Person("cleo", 11, "Cleo", "Farrow"),
    )
    course = Course(
        "internship",
        12,
        "NUR-1",
        "Nursing practice 1",
        0,
        {
            "astrid": Enrolment((TEACHER,)),
            "bruno": Enrolment((ASSISTANT,)),
            "cleo": Enrolment((STUDENT,)),
        },
        {"competencies": Activity("competencies", 101, "Clinical competencies")},
    )
    return World({person.key: person for person in people}, {course.key: course})
