"""Roles and rights, each row as rules of the product and facts of the platforms say it."""

import pytest

from lti_tool.domain.errors import NotAllowed
from lti_tool.domain.people import (
    INSTRUCTOR,
    LEARNER,
    MENTOR,
    TEACHING_ASSISTANT,
    TEST_USER,
    Actor,
    Evidence,
    Right,
    Role,
    display_name,
    is_test_user,
    may,
    role_of,
)

DESIGNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#ContentDeveloper"
TEACHES_SOMEWHERE = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"
STUDIES_SOMEWHERE = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"
ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
SYSTEM_ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/system/person#SysAdmin"
USER = "http://purl.imsglobal.org/vocab/lis/v2/system/person#User"
TA = [INSTRUCTOR, TEACHING_ASSISTANT]


def evidence(launch: list[str] | None = None, **facts: object) -> Evidence:
    return Evidence(**{"launch": launch, **facts})


@pytest.mark.parametrize(
    ("known", "role"),
    [
        pytest.param(
            evidence([INSTRUCTOR, TEACHES_SOMEWHERE, USER]), Role.COURSE_LEAD, id="teacher"
        ),
        pytest.param(evidence([*TA, TEACHES_SOMEWHERE, USER]), Role.SUPERVISOR, id="ta"),
        pytest.param(evidence(TA, roster=[INSTRUCTOR]), Role.SUPERVISOR, id="ta-by-launch"),
        pytest.param(evidence([INSTRUCTOR], roster=TA), Role.SUPERVISOR, id="ta-by-roster"),
        pytest.param(evidence([TEACHING_ASSISTANT]), Role.NONE, id="sub-role-alone"),
        pytest.param(evidence([DESIGNER, TEACHES_SOMEWHERE]), Role.NONE, id="designer"),
        pytest.param(evidence([MENTOR, USER]), Role.OBSERVER, id="observer"),
        pytest.param(evidence([LEARNER, STUDIES_SOMEWHERE, USER]), Role.INTERN, id="student"),
        pytest.param(evidence([LEARNER, TEACHES_SOMEWHERE]), Role.INTERN, id="teaches-elsewhere"),
        pytest.param(evidence([LEARNER, INSTRUCTOR]), Role.COURSE_LEAD, id="teacher-and-student"),
        pytest.param(evidence([LEARNER, *TA]), Role.SUPERVISOR, id="ta-and-student"),
        pytest.param(evidence([LEARNER, MENTOR]), Role.INTERN, id="student-and-observer"),
        pytest.param(evidence([LEARNER, TEST_USER]), Role.INTERN, id="test-student"),
        pytest.param(evidence([ADMINISTRATOR, USER]), Role.NONE, id="administrator"),
        pytest.param(evidence([SYSTEM_ADMINISTRATOR]), Role.NONE, id="system-administrator"),
        pytest.param(evidence(["Instructor"]), Role.COURSE_LEAD, id="short-instructor"),
        pytest.param(evidence(["Learner"]), Role.INTERN, id="short-learner"),
        pytest.param(evidence(["Mentor"]), Role.OBSERVER, id="short-mentor"),
        pytest.param(evidence(roster=["Learner"]), Role.INTERN, id="roster-only-student"),
        pytest.param(evidence(roster=[INSTRUCTOR]), Role.COURSE_LEAD, id="roster-only-teacher"),
        pytest.param(evidence(roster=TA), Role.SUPERVISOR, id="roster-only-ta"),
        pytest.param(evidence([], roster=[LEARNER]), Role.INTERN, id="launch-says-nothing"),
        pytest.param(
            evidence([LEARNER], roster=[INSTRUCTOR]), Role.INTERN, id="launch-comes-first"
        ),
        pytest.param(evidence([]), Role.NONE, id="no-roles"),
        pytest.param(evidence(), Role.NONE, id="never-seen"),
        pytest.param(evidence(["urn:x-role:wizard", "instructor"]), Role.NONE, id="unknown"),
        pytest.param(evidence([INSTRUCTOR + "s", "Instructor "]), Role.NONE, id="almost"),
    ],
)
def test_the_role_that_launch_and_roster_give(known: Evidence, role: Role) -> None:
    assert role_of(known) is role


@pytest.mark.parametrize(
    ("roster", "role"),
    [
        pytest.param(None, Role.SUPERVISOR, id="not-read-yet"),
        pytest.param([INSTRUCTOR], Role.COURSE_LEAD, id="agrees"),
        pytest.param(["Instructor"], Role.COURSE_LEAD, id="agrees-in-short"),
        pytest.param([LEARNER], Role.SUPERVISOR, id="says-learner"),
        pytest.param([], Role.SUPERVISOR, id="says-nothing"),
        pytest.param([TEACHES_SOMEWHERE], Role.SUPERVISOR, id="says-elsewhere"),
    ],
)
def test_where_all_teachers_launch_alike_the_roster_decides(
    roster: list[str] | None, role: Role
) -> None:
    assert role_of(evidence([INSTRUCTOR], roster=roster, roster_needed=True)) is role


@pytest.mark.parametrize("named", [Role.SUPERVISOR, Role.OBSERVER, Role.COURSE_LEAD])
def test_a_mapped_name_says_what_kind_of_teacher(named: Role) -> None:
    assert role_of(evidence([INSTRUCTOR], named=named)) is named
    assert role_of(evidence(TA, named=named)) is named
    assert role_of(evidence([INSTRUCTOR], named=named, roster_needed=True)) is named


def test_a_mapped_name_lifts_nobody_who_does_not_teach() -> None:
    assert role_of(evidence([LEARNER], named=Role.COURSE_LEAD)) is Role.INTERN
    assert role_of(evidence([ADMINISTRATOR], named=Role.SUPERVISOR)) is Role.NONE


def test_who_placed_the_activity_leads_the_course() -> None:
    assert role_of(evidence([INSTRUCTOR], placed=True, roster_needed=True)) is Role.COURSE_LEAD
    assert role_of(evidence(TA, placed=True, named=Role.SUPERVISOR)) is Role.COURSE_LEAD
    assert role_of(evidence([LEARNER], placed=True)) is Role.INTERN
    assert role_of(evidence([], placed=True)) is Role.NONE


@pytest.mark.parametrize("by_hand", list(Role))
@pytest.mark.parametrize("launch", [[INSTRUCTOR], TA, [LEARNER], [], None])
def test_a_course_leads_choice_wins(launch: list[str] | None, by_hand: Role) -> None:
    known = evidence(launch, placed=True, named=Role.SUPERVISOR, by_hand=by_hand)
    assert role_of(known) is by_hand


HELD = {
    Right.SCORE: {Role.SUPERVISOR, Role.COURSE_LEAD},
    Right.ENTER_PAPER: {Role.COURSE_LEAD},
    Right.READ_ALL: {Role.COURSE_LEAD},
    Right.READ_OWN_RESULT: {Role.INTERN},
    Right.WITHDRAW_ANY: {Role.COURSE_LEAD},
    Right.READ_FLAGS: {Role.COURSE_LEAD},
    Right.SET_UP: {Role.COURSE_LEAD},
    Right.ISSUE: {Role.COURSE_LEAD},
    Right.SEE_DELIVERY: {Role.COURSE_LEAD},
    Right.CHANGE_ROLES: {Role.COURSE_LEAD},
}


@pytest.mark.parametrize("right", list(Right))
@pytest.mark.parametrize("role", list(Role))
def test_the_table_of_rights(role: Role, right: Right) -> None:
    held = role in HELD[right]
    actor = Actor(person=1, course=1, role=role)
    assert may(role, right) is held
    assert actor.may(right) is held
    if held:
        actor.require(right)
    else:
        with pytest.raises(NotAllowed, match=f"{role} may not {right}"):
            actor.require(right)


def test_only_the_test_user_is_one() -> None:
    assert is_test_user([LEARNER, TEST_USER])
    assert not is_test_user([LEARNER, STUDIES_SOMEWHERE])
    assert not is_test_user([])


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param((" Amara Okafor ", "A", "O", "a@x.edu"), "Amara Okafor", id="name"),
        pytest.param((None, "Amara", "Okafor", "a@x.edu"), "Amara Okafor", id="parts"),
        pytest.param(("  ", None, " Okafor ", None), "Okafor", id="one-part"),
        pytest.param((None, "", " ", "a@x.edu"), "a@x.edu", id="e-mail"),
        pytest.param(("Ada\r\nCertificate: https://x", None, None, None),
                     "Ada Certificate: https://x", id="one-line"),
        pytest.param(("\u202egnihsif\u202c Ada\x07", None, None, None), "gnihsif Ada", id="marks"),
        pytest.param(("<b>O'Neil</b> =cmd()", None, None, None),
                     "<b>O'Neil</b> =cmd()", id="markup-stays-text"),
        pytest.param(("\u202e\u200f", None, None, "a@x.edu"), "a@x.edu", id="nothing-but-marks"),
        pytest.param(("نگار\u200cمحمدی", None, None, None), "نگار\u200cمحمدی", id="joiner-stays"),
    ],
)  # fmt: skip
def test_what_someone_is_called(sent: tuple[str | None, ...], shown: str) -> None:
    assert display_name(*sent, subject="5f2e81c09a") == shown


def test_someone_without_any_name_is_told_apart() -> None:
    one, other = (display_name(None, None, "", " ", subject) for subject in ("aaa111", "bbb222"))
    assert one != other
    assert "aaa111" in one
