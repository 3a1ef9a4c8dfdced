"""People of a course: the lists pages show, and roles that a course lead changes by hand."""

import pytest
from sqlalchemy import select

from lti_tool.domain.errors import NotAllowed, UnknownThing
from lti_tool.domain.people import INSTRUCTOR, LEARNER, Actor, Role
from lti_tool.models.audit import AuditEntry
from lti_tool.models.course import Course
from lti_tool.models.person import Membership
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.factories import BEGAN, Ward, member, ward


@pytest.fixture
def place(rounds: Rounds) -> Ward:
    return ward(rounds)


def join(place: Ward, name: str, role: Role = Role.INTERN, *, test_user: bool = False) -> Actor:
    with place.rounds.work() as unit:
        course = unit.session.get_one(Course, place.lead.course)
        return member(unit.session, course, name, role, test_user=test_user)


def change(place: Ward, actor: Actor, **facts: object) -> None:
    """Change the row of someone's membership, as a launch or a roster does."""
    with place.rounds.work() as unit:
        row = unit.session.scalars(
            select(Membership).where(Membership.person_id == actor.person)
        ).one()
        for name, value in facts.items():
            setattr(row, name, value)


def set_role(place: Ward, actor: Actor, about: Actor, role: Role | None) -> None:
    with place.rounds.work() as unit:
        unit.people.set_role(actor, about.person, role)


def role(place: Ward, actor: Actor) -> tuple[Role, Role | None]:
    """The role that holds, and the one set by hand."""
    with place.rounds.reading() as unit:
        members = {one.person.id: one for one in unit.people.members(place.lead)}
    return members[actor.person].role, members[actor.person].by_hand


def interns(place: Ward, search: str = "") -> list[str]:
    with place.rounds.reading() as unit:
        return [person.name for person in unit.people.interns(place.lead.course, search)]


def test_a_role_by_hand_wins_until_it_is_taken_back(place: Ward) -> None:
    set_role(place, place.lead, place.helen, Role.COURSE_LEAD)
    assert role(place, place.helen) == (Role.COURSE_LEAD, Role.COURSE_LEAD)
    set_role(place, place.lead, place.helen, None)
    assert role(place, place.helen) == (Role.SUPERVISOR, None)


def test_a_role_by_hand_is_audited(place: Ward) -> None:
    set_role(place, place.lead, place.observer, Role.SUPERVISOR)
    with place.rounds.reading() as unit:
        entry = unit.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "role-changed")
        ).one()
    assert (entry.actor_id, entry.course_id) == (place.lead.person, place.lead.course)
    assert (entry.about, entry.about_id) == ("person", str(place.observer.person))
    assert entry.detail == {
        "before": "observer",
        "after": "supervisor",
    }


@pytest.mark.parametrize(
    ("product", "roster", "after"),
    [
        ("canvas", None, Role.COURSE_LEAD),
        ("moodle", None, Role.SUPERVISOR),
        ("moodle", [LEARNER], Role.SUPERVISOR),
        ("moodle", [INSTRUCTOR], Role.COURSE_LEAD),
    ],
)
def test_taken_back_the_role_is_what_the_product_says(
    rounds: Rounds, product: str, roster: list[str] | None, after: Role
) -> None:
    place = ward(rounds, product=product)
    change(place, place.helen, launch_roles=[INSTRUCTOR], roster_roles=roster)
    set_role(place, place.lead, place.helen, Role.NONE)
    set_role(place, place.lead, place.helen, None)
    assert role(place, place.helen) == (after, None)


def test_taken_back_a_mapped_role_name_holds_again(
    rounds: Rounds, environment: dict[str, str], tmp_path
) -> None:
    overlay = tmp_path / "overlay.toml"
    overlay.write_text('role_names = { "Clinical Preceptor" = "supervisor" }\n')
    settings = load_settings({**environment, "ROUNDS_SETTINGS": str(overlay)})
    place = ward(Rounds(settings, rounds.engine, rounds.catalogue, rounds.enqueue))
    change(place, place.helen, launch_roles=[INSTRUCTOR], role_name="Clinical Preceptor")
    set_role(place, place.lead, place.helen, Role.OBSERVER)
    set_role(place, place.lead, place.helen, None)
    assert role(place, place.helen) == (Role.SUPERVISOR, None)


def test_who_placed_the_activity_leads_again(place: Ward) -> None:
    change(place, place.helen, placed=True)
    set_role(place, place.lead, place.helen, Role.SUPERVISOR)
    assert role(place, place.helen) == (Role.SUPERVISOR, Role.SUPERVISOR)
    set_role(place, place.lead, place.helen, None)
    assert role(place, place.helen) == (Role.COURSE_LEAD, None)


def test_ones_own_role_is_not_ones_to_change(place: Ward) -> None:
    with pytest.raises(NotAllowed, match="own role"):
        set_role(place, place.lead, place.lead, Role.INTERN)
    assert role(place, place.lead) == (Role.COURSE_LEAD, None)


def test_only_course_leads_change_roles_and_list_everyone(place: Ward) -> None:
    for actor in (place.helen, place.amara, place.observer):
        with pytest.raises(NotAllowed):
            set_role(place, actor, place.jonas, Role.OBSERVER)
        with pytest.raises(NotAllowed), place.rounds.reading() as unit:
            unit.people.members(actor)


def test_nobody_of_another_course_is_known(place: Ward) -> None:
    other = ward(place.rounds)
    with pytest.raises(UnknownThing):
        set_role(place, place.lead, other.helen, Role.OBSERVER)
    with place.rounds.reading() as unit:
        course = place.lead.course
        for ask in (unit.people.intern, unit.people.supervisor):
            with pytest.raises(UnknownThing):
                ask(course, other.amara.person)
        known = {one.person.id for one in unit.people.members(place.lead)}
        assert other.amara.person not in known
        assert len(known) == 6


def test_interns_are_found_by_any_part_of_their_name(place: Ward) -> None:
    for name in ("Łucja Straße", "İpek Öztürk", "<b>Bo</b> =cmd()", "amara-lee Ng"):
        join(place, name)
    assert interns(place) == [
        "<b>Bo</b> =cmd()", "Amara Okafor", "amara-lee Ng", "İpek Öztürk",
        "Jonas Lindqvist", "Łucja Straße",
    ]  # fmt: skip
    assert interns(place, " AMARA ") == ["Amara Okafor", "amara-lee Ng"]
    assert interns(place, "STRASSE") == ["Łucja Straße"]
    assert interns(place, "ÖZTÜRK") == ["İpek Öztürk"]
    assert interns(place, "<B>") == ["<b>Bo</b> =cmd()"]
    assert interns(place, "%") == interns(place, "Helen") == []


def test_who_left_is_in_no_list_to_choose_from_and_still_known(place: Ward) -> None:
    change(place, place.amara, left_at=BEGAN)
    change(place, place.ruth, left_at=BEGAN)
    assert interns(place) == ["Jonas Lindqvist"]
    with place.rounds.reading() as unit:
        course = place.lead.course
        names = [person.name for person in unit.people.supervisors(course)]
        assert names == ["Dr Helen Brandt", "Dr Ingrid Solheim"]
        assert unit.people.intern(course, place.amara.person).name == "Amara Okafor"
        with pytest.raises(UnknownThing):
            unit.people.supervisor(course, place.ruth.person)
        left = {one.person.name for one in unit.people.members(place.lead) if one.left}
        assert left == {"Amara Okafor", "Ruth Osei"}


def test_interns_and_supervisors_are_not_taken_for_each_other(place: Ward) -> None:
    course = place.lead.course
    with place.rounds.reading() as unit:
        for person in (place.helen, place.lead, place.observer):
            with pytest.raises(UnknownThing):
                unit.people.intern(course, person.person)
        for person in (place.amara, place.observer):
            with pytest.raises(UnknownThing):
                unit.people.supervisor(course, person.person)
        assert unit.people.supervisor(course, place.lead.person).name == "Dr Ingrid Solheim"


def test_the_pretend_student_is_marked(place: Ward) -> None:
    join(place, "Test Student", test_user=True)
    with place.rounds.reading() as unit:
        marked = [one.person.name for one in unit.people.members(place.lead) if one.test_user]
    assert marked == ["Test Student"]


def test_the_age_of_the_roster(place: Ward) -> None:
    with place.rounds.work() as unit:
        age = unit.people.roster_age(place.lead.course)
        assert (age.known, age.at, age.problem, age.offered) == (True, BEGAN, None, False)
        course = unit.session.get_one(Course, place.lead.course)
        course.roster_at, course.roster_problem = None, "platform-unreachable"
        course.memberships_url = "https://lms.example.edu/members"
        age = unit.people.roster_age(place.lead.course)
        assert (age.known, age.at, age.problem, age.offered) == (
            False, None, "platform-unreachable", True,
        )  # fmt: skip
