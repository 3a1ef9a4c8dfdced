"""Who someone is in a course, and what that lets them do: the one table of roles and rights.

Only context (membership) roles give rights. Institution and system roles take away: a test student
earns no certificate. The rules are rules of the product, the URIs are those of LTI core 1.3 §A.2.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lti_tool.domain.certificate import tidy
from lti_tool.domain.errors import NotAllowed

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
TEACHING_ASSISTANT = (
    "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"
)
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

INSTRUCTOR = MEMBERSHIP + "Instructor"
LEARNER = MEMBERSHIP + "Learner"
MENTOR = MEMBERSHIP + "Mentor"
CONTENT_DEVELOPER = MEMBERSHIP + "ContentDeveloper"
ADMINISTRATOR = MEMBERSHIP + "Administrator"
SIMPLE_NAMES = {
    "Instructor": INSTRUCTOR,
    "Learner": LEARNER,
    "Mentor": MENTOR,
    "ContentDeveloper": CONTENT_DEVELOPER,
    "Administrator": ADMINISTRATOR,
}
"""Short names some platforms send in rosters, and the certification suite in launches."""


class Role(StrEnum):
    """Someone's role in one course."""

    COURSE_LEAD = "course-lead"
    SUPERVISOR = "supervisor"
    INTERN = "intern"
    OBSERVER = "observer"
    NONE = "none"


class Right(StrEnum):
    """What a role may do. Whose work it is about is asked separately, where it matters."""

    SCORE = "score"
    ENTER_PAPER = "enter-paper"
    READ_ALL = "read-all"
    READ_OWN_RESULT = "read-own-result"
    WITHDRAW_ANY = "withdraw-any"
    READ_FLAGS = "read-flags"
    SET_UP = "set-up"
    ISSUE = "issue"
    SEE_DELIVERY = "see-delivery"
    CHANGE_ROLES = "change-roles"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.COURSE_LEAD: frozenset(Right) - {Right.READ_OWN_RESULT},
    Role.SUPERVISOR: frozenset({Right.SCORE}),
    Role.INTERN: frozenset({Right.READ_OWN_RESULT}),
    Role.OBSERVER: frozenset(),
    Role.NONE: frozenset(),
}


def may(role: Role, right: Right) -> bool:
    """Whether a role holds a right."""
    return right in RIGHTS[role]


def may_place(roles: Collection[str]) -> bool:
    """Whether these roles let someone place activities, where the LMS lets them choose at all.

    Those who teach, build or administer the course itself: nobody asked a roster yet, and whoever
    places an activity leads its course from then on.
    """
    return bool(_full(roles) & {INSTRUCTOR, CONTENT_DEVELOPER, ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about someone's role in a course.

    `launch` and `roster` are role URIs (None: never seen there); `named` is the role an
    administrator mapped the LMS's own role name to; `placed` says that this person placed the
    activity; `by_hand` is what a course lead chose. `roster_needed` is the product's word on
    whether an Instructor at launch is only believed to lead the course once the roster agrees.
    """

    launch: Collection[str] | None = None
    roster: Collection[str] | None = None
    named: Role | None = None
    placed: bool = False
    by_hand: Role | None = None
    roster_needed: bool = False


def role_of(evidence: Evidence) -> Role:
    """The role that holds in the course.

    A course lead's choice wins; then having placed the activity; then a mapped role name; then the
    membership roles, the most privileged first. The lesser right holds while the roster is unknown.
    """
    if evidence.by_hand is not None:
        return evidence.by_hand
    launch = _full(evidence.launch or ())
    roster = _full(evidence.roster or ())
    teaches = INSTRUCTOR in launch or (evidence.launch is None and INSTRUCTOR in roster)
    if evidence.placed and may_place(roster if evidence.launch is None else launch):
        return Role.COURSE_LEAD
    if evidence.named is not None and teaches:
        return evidence.named
    if teaches:
        return _teacher(evidence, launch, roster)
    seen = launch or roster
    if LEARNER in seen:
        return Role.INTERN
    if MENTOR in seen:
        return Role.OBSERVER
    return Role.NONE


def _teacher(evidence: Evidence, launch: Collection[str], roster: Collection[str]) -> Role:
    if TEACHING_ASSISTANT in launch or TEACHING_ASSISTANT in roster:
        return Role.SUPERVISOR
    if evidence.roster_needed and INSTRUCTOR not in roster:
        return Role.SUPERVISOR
    return Role.COURSE_LEAD


def is_test_user(roles: Collection[str]) -> bool:
    """Whether this is the LMS's own pretend student, who earns no certificate."""
    return TEST_USER in roles


def _full(roles: Collection[str]) -> frozenset[str]:
    return frozenset(SIMPLE_NAMES.get(role, role) for role in roles)


def display_name(
    name: str | None, given: str | None, family: str | None, email: str | None, subject: str
) -> str:
    """What to call someone: their name, else its parts, else the e-mail, else an opaque label.

    Platforms may send none of these (LTI certification, launches with no personal data). It is one
    line that disturbs no text around it (see `tidy`); markup stays as it was sent.
    """
    for candidate in (name, f"{given or ''} {family or ''}", email):
        if shown := tidy(candidate or ""):
            return shown
    return f"Learner {subject[-6:]}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: a person, in a course, in the role that holds there now."""

    person: int
    course: int
    role: Role

    def may(self, right: Right) -> bool:
        """Whether this actor holds a right in the course."""
        return may(self.role, right)

    def require(self, right: Right) -> None:
        """Raise NotAllowed unless this actor holds the right."""
        if not self.may(right):
            raise NotAllowed(f"{self.role} may not {right}")
