"""Arrivals: the rows a launch makes, the role it gives, and how little a known one writes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from lti_tool.domain.passback import Kind, Message
from lti_tool.domain.people import INSTRUCTOR, LEARNER, TEACHING_ASSISTANT, TEST_USER, Role
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.person import Membership, Person
from lti_tool.models.platform import Platform
from lti_tool.services.unit import Rounds
from tests.stand_in import LTI, StandIn

GRADES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
HOST = "https://lms.example.edu"
SERVICES: dict[str, Any] = {
    GRADES: {
        "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
        "lineitems": f"{HOST}/lineitems?type_id=1",
        "lineitem": f"{HOST}/lineitems/23/lineitem?type_id=1",
    },
    ROSTER: {"context_memberships_url": f"{HOST}/members"},
}


def only(rounds: Rounds, table: type[Any]) -> Any:
    with rounds.work() as unit:
        return unit.session.scalars(select(table)).one()


def test_the_first_launch_makes_every_row(
    lms: StandIn, client: FlaskClient, rounds: Rounds, jobs: list[tuple[str, str]]
) -> None:
    lms.launch(client, **SERVICES, **{LTI + "tool_platform": {"name": "Northgate"}})
    course, activity = only(rounds, Course), only(rounds, Activity)
    assert (course.context_id, course.title, course.label) == (
        "course-1",
        "Internship block 2",
        "INT1",
    )
    assert (course.school, course.time_zone) == ("Northgate", "UTC")
    assert course.memberships_url == f"{HOST}/members"
    assert course.scopes == SERVICES[GRADES]["scope"]
    assert (activity.resource_link_id, activity.title) == ("link-1", "Clinical competencies")
    assert activity.ready_at is None
    column = only(rounds, GradeColumn)
    assert column.lineitem_url == f"{HOST}/lineitems/23/lineitem?type_id=1"
    assert column.competency_id == ""
    assert only(rounds, Person).name == "Helen Brandt"
    assert only(rounds, Membership).role == Role.COURSE_LEAD
    assert [(kind, about.split(":")[0]) for kind, about in jobs] == [
        ("column", "1"),
        ("roster", str(course.id)),
    ]


def test_a_known_launch_reads_once_and_writes_only_its_session(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    lms.launch(client, **SERVICES)
    asked = lms.login(client)
    token = lms.sign(lms.claims(asked, **SERVICES))
    statements: list[str] = []

    @event.listens_for(rounds.engine, "before_cursor_execute")
    def _count(*arguments: Any) -> None:
        statements.append(arguments[2].split()[0])

    assert lms.post(client, asked, token).status_code == 303
    told = [statement for statement in statements if statement in ("SELECT", "UPDATE", "INSERT")]
    assert told == ["UPDATE", "SELECT", "SELECT", "INSERT"]


def test_what_a_launch_says_anew_is_kept_and_what_others_decided_stays(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    lms.launch(client, **SERVICES)
    with rounds.work() as unit:
        unit.session.execute(update(Membership).values(by_hand=Role.SUPERVISOR))
    lms.launch(
        client,
        name="Helen Brandt-Vance",
        context={"id": "course-1", "title": "Block 3"},
        resource_link={"id": "link-1", "title": "Skills on the ward"},
    )
    assert only(rounds, Person).name == "Helen Brandt-Vance"
    assert only(rounds, Course).title == "Block 3"
    assert only(rounds, Activity).title == "Skills on the ward"
    assert only(rounds, Membership).role == Role.SUPERVISOR
    assert only(rounds, GradeColumn).lineitem_url is not None, "not every launch tells the column"


def test_a_platform_registered_without_a_product_is_known_by_its_launches(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    """Else all who teach on Moodle would lead, since nobody waits for its roster."""
    told = {LTI + "tool_platform": {"product_family_code": "moodle", "name": "Northgate"}}
    assert lms.launch(client, roles=[INSTRUCTOR], **told).status_code == 303
    assert only(rounds, Platform).product == "moodle"
    assert only(rounds, Membership).role == Role.SUPERVISOR


def test_what_an_operator_said_of_a_platform_holds(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    with rounds.work() as unit:
        unit.session.execute(update(Platform).values(product="canvas"))
    told = {LTI + "tool_platform": {"product_family_code": "moodle"}}
    assert lms.launch(client, roles=[INSTRUCTOR], **told).status_code == 303
    assert only(rounds, Platform).product == "canvas"
    assert only(rounds, Membership).role == Role.COURSE_LEAD


def test_a_scope_that_comes_back_wakes_the_whole_course(
    lms: StandIn, client: FlaskClient, rounds: Rounds, jobs: list[tuple[str, str]]
) -> None:
    lms.launch(client, **SERVICES)
    lms.launch(client, **{GRADES: SERVICES[GRADES] | {"scope": []}})
    assert only(rounds, Course).scopes == []
    column, person = only(rounds, GradeColumn), only(rounds, Person)
    with rounds.work() as unit:
        message = Message(Kind.SCORE, person.subject, "80", "100", None, unit.now)
        unit.session.add(
            Passback(
                platform_id=only(rounds, Platform).id,
                column_id=column.id,
                intern_id=person.id,
                kind=Kind.SCORE,
                message=message.primitives(),
                stamp=unit.now,
                state="waiting",
                last_code="scope-missing",
                due_at=unit.now + timedelta(days=1),
                created_at=unit.now,
            )
        )
    jobs.clear()
    elsewhere = SERVICES[GRADES] | {"lineitem": HOST + "/lineitems/99/lineitem?type_id=1"}
    link = {"id": "link-2", "title": "Another activity"}
    lms.launch(client, **SERVICES | {GRADES: elsewhere}, resource_link=link)
    assert [kind for kind, _ in jobs].count("passback") == 1


LINK_2 = {"id": "link-2", "title": "A page without a grade"}


@pytest.mark.parametrize(
    "claims",
    [
        {"resource_link": LINK_2},
        {"resource_link": LINK_2, GRADES: SERVICES[GRADES] | {"lineitem": None}},
        {"resource_link": {"id": "course-1"}},
    ],
    ids=["no word of grades", "no column, as Moodle has it", "from the course's menu"],
)
@pytest.mark.parametrize("product", ["canvas", "moodle", "other"])
def test_a_link_without_a_grade_takes_none_of_the_course_s_scopes_away(
    lms: StandIn, client: FlaskClient, rounds: Rounds, product: str, claims: dict[str, Any]
) -> None:
    with rounds.work() as unit:
        unit.session.execute(update(Platform).values(product=product))
    lms.launch(client, **SERVICES)
    before = only(rounds, Course)
    assert lms.launch(client, **claims).status_code == 303
    after = only(rounds, Course)
    assert (after.scopes, after.lineitems_url) == (before.scopes, before.lineitems_url)
    assert after.scopes == SERVICES[GRADES]["scope"]


def test_fewer_scopes_are_believed_when_they_are_told(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    lms.launch(client, **SERVICES)
    fewer = SERVICES[GRADES]["scope"][:1]
    lms.launch(client, **{GRADES: SERVICES[GRADES] | {"scope": fewer}})
    assert only(rounds, Course).scopes == fewer


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("/lineitems/24/lineitem?type_id=1", ["waiting"]),
        ("/lineitems/23/lineitem?type_id=2", ["sent", "waiting"]),
    ],
)
def test_a_column_in_anothers_place_is_told_all_grades(
    lms: StandIn,
    client: FlaskClient,
    rounds: Rounds,
    jobs: list[tuple[str, str]],
    address: str,
    left: list[str],
) -> None:
    lms.launch(client, **SERVICES)
    column, person = only(rounds, GradeColumn), only(rounds, Person)
    with rounds.work() as unit:
        for state in ("sent", "waiting"):
            moment = unit.now + timedelta(seconds=len(state))
            message = Message(Kind.SCORE, person.subject, "80", "100", None, moment)
            unit.session.add(
                Passback(
                    platform_id=only(rounds, Platform).id,
                    column_id=column.id,
                    intern_id=person.id,
                    kind=Kind.SCORE,
                    message=message.primitives(),
                    stamp=moment,
                    state=state,
                    due_at=moment,
                    created_at=moment,
                )
            )
    jobs.clear()
    lms.launch(client, **SERVICES | {GRADES: SERVICES[GRADES] | {"lineitem": HOST + address}})
    assert only(rounds, GradeColumn).lineitem_url == HOST + address
    with rounds.reading() as unit:
        assert sorted(unit.session.scalars(select(Passback.state))) == left
    assert [kind for kind, _ in jobs].count("results") == (left == ["waiting"])


@pytest.mark.parametrize(
    ("product", "roles", "roster", "role"),
    [
        ("canvas", [INSTRUCTOR], None, Role.COURSE_LEAD),
        ("canvas", [INSTRUCTOR, TEACHING_ASSISTANT], None, Role.SUPERVISOR),
        ("canvas", [LEARNER, TEST_USER], None, Role.INTERN),
        ("moodle", [INSTRUCTOR], None, Role.SUPERVISOR),
        ("moodle", [INSTRUCTOR], [LEARNER], Role.SUPERVISOR),
        ("moodle", [INSTRUCTOR], [INSTRUCTOR], Role.COURSE_LEAD),
        ("moodle", [], [INSTRUCTOR], Role.NONE),
    ],
)
def test_the_role_follows_from_launch_roster_and_product(
    product: str,
    roles: list[str],
    roster: list[str] | None,
    role: Role,
    lms: StandIn,
    client: FlaskClient,
    rounds: Rounds,
) -> None:
    with rounds.work() as unit:
        unit.session.execute(update(Platform).values(product=product))
    lms.launch(client, roles=roles)
    if roster is not None:
        with rounds.work() as unit:
            unit.session.execute(update(Membership).values(roster_roles=roster))
        lms.launch(client, roles=roles)
    found = only(rounds, Membership)
    assert found.role == role
    assert found.test_user == (TEST_USER in roles)


@pytest.mark.parametrize(
    "told", ["Clinical Preceptor", "StudentEnrollment,Clinical Preceptor", "Clinical Preceptor,x"]
)
def test_a_role_of_the_schools_own_is_mapped_by_setting(
    told: str, lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    names = {"Clinical Preceptor": "supervisor"}
    settings = replace(rounds.settings, role_names=names)
    client.application.extensions["rounds"] = replace(rounds, settings=settings)
    with rounds.work() as unit:
        unit.session.execute(update(Platform).values(product="canvas"))
    lms.launch(client, **{LTI + "custom": {"membership_roles": told}})
    found = only(rounds, Membership)
    assert (found.role_name, found.role) == (told, Role.SUPERVISOR)


@pytest.mark.parametrize("told", ["x" * 300, "a\x00b", "\ud800"])
def test_a_role_name_that_cannot_be_kept_is_none(
    told: str, lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    with rounds.work() as unit:
        unit.session.execute(update(Platform).values(product="canvas"))
    custom = {LTI + "custom": {"membership_roles": told}}
    assert lms.launch(client, **custom).status_code == 303
    assert only(rounds, Membership).role_name is None


def test_a_limit_of_attempts_is_kept_until_another_is_told(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    with rounds.work() as unit:
        unit.session.execute(update(Platform).values(product="canvas"))
    for told, kept in ((1, 1), (None, 1), ("-1", 0)):
        custom = {LTI + "custom": {"allowed_attempts": told}}
        assert lms.launch(client, **custom, **SERVICES).status_code == 303
        assert only(rounds, GradeColumn).attempts == kept


def test_a_lecture_hall_asks_for_the_roster_once(
    lms: StandIn, client: FlaskClient, jobs: list[tuple[str, str]]
) -> None:
    for number in range(5):
        lms.launch(client, sub=f"learner-{number}", roles=[LEARNER], **SERVICES)
    assert [kind for kind, _ in jobs].count("roster") == 1
