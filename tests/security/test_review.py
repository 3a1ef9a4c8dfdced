"""Who asks to see one intern's work, by a review or a live view's address, and what they get.

Some LMSs let any student ask for a review of any other, signed and in order (threats 8 and 17).
"""

from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import INSTRUCTOR, TEACHING_ASSISTANT, Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.models.activity import Activity
from lti_tool.models.course import Course
from lti_tool.models.launch import LaunchSession
from lti_tool.models.person import Membership, Person
from lti_tool.models.platform import Deployment
from lti_tool.services.activities import Choice
from lti_tool.services.unit import Rounds
from tests import factories
from tests.stand_in import LTI, MEMBERSHIP, StandIn, code_of
from tests.visitor import Visitor, text_of

FOR_USER = LTI + "for_user"
TEACHING = [INSTRUCTOR, TEACHING_ASSISTANT]
NOBODY = "nobody-of-this-course"


@dataclass
class School:
    """A course in which Amara and Jonas learn; both have keys for live views."""

    lms: StandIn
    amara: int
    jonas: int
    activity: int

    def review(self, client: FlaskClient, about: str, **claims: Any) -> TestResponse:
        """A submission review of `about`, opened with these claims."""
        return self.lms.launch(
            client,
            message_type="LtiSubmissionReviewRequest",
            **{FOR_USER: {"user_id": about}, **claims},
        )

    def view(self, client: FlaskClient, address: str, **claims: Any) -> TestResponse:
        """An address of ours, opened as a grader's page opens it."""
        target = f"{self.lms.launch_url}?{address}"
        asked = self.lms.login(client, target_link_uri=target)
        token = self.lms.sign(self.lms.claims(asked, target_link_uri=target, **claims))
        return self.lms.post(client, asked, token)

    def sessions(self) -> int:
        with self.lms.rounds.reading() as unit:
            return unit.session.scalar(select(func.count()).select_from(LaunchSession)) or 0


@pytest.fixture
def school(lms: StandIn, rounds: Rounds) -> School:
    with rounds.work() as unit:
        session = unit.session
        deployment = Deployment(
            platform_id=lms.platform.id, deployment_id="1", first_seen_at=unit.now
        )
        session.add(deployment)
        session.flush()
        course = Course(
            deployment_id=deployment.id,
            context_id="course-1",
            title="Internship block 2",
            time_zone="UTC",
            created_at=unit.now,
        )
        session.add(course)
        session.flush()
        activity = Activity(
            course_id=course.id,
            resource_link_id="link-1",
            key="ac" * 8,
            title="Clinical competencies",
            created_at=unit.now,
        )
        session.add(activity)
        session.flush()
        lead = factories.member(session, course, "Dr Ingrid Solheim", Role.COURSE_LEAD)
        choice = Choice(factories.THREE, factories.EASY, GradeMapping.TABLE, SendWhen.AS_SCORED)
        unit.activities.choose(lead, activity.id, choice)
        people = []
        for name, key in (("Amara Okafor", "aa" * 16), ("Jonas Lindqvist", "bb" * 16)):
            actor = factories.member(session, course, name, Role.INTERN)
            session.get_one(Person, actor.person).subject = name.split()[0].lower()
            member = session.scalars(select(Membership).filter_by(person_id=actor.person)).one()
            member.key = key
            people.append(actor.person)
        return School(lms, *people, activity.id)


VIEW = f"activity={'ac' * 8}&intern="
"""The address of a live view, but for the intern's key."""


def ways(
    school: School, client: FlaskClient, about: str, key: str, **claims: Any
) -> list[TestResponse]:
    """Both ways to ask for somebody's work."""
    return [
        school.review(client, about, **claims),
        school.view(client, VIEW + key, **claims),
    ]


def first_page(client: FlaskClient, answer: TestResponse) -> TestResponse:
    assert answer.status_code == 303, code_of(answer)
    return client.get(answer.location, follow_redirects=True)


# -- Those who score -------------------------------------------------------------------------------


def test_a_course_lead_lands_on_exactly_that_interns_page(
    school: School, client: FlaskClient
) -> None:
    for answer in ways(school, client, "amara", "aa" * 16):
        page = first_page(client, answer)
        assert page.request.path.endswith(f"/interns/{school.amara}/")
        assert "<h1>Amara Okafor</h1>" in page.text


def test_a_supervisor_lands_where_that_intern_is_scored(
    school: School, client: FlaskClient
) -> None:
    for answer in ways(school, client, "jonas", "bb" * 16, roles=TEACHING):
        page = first_page(client, answer)
        assert page.request.path.endswith(f"/interns/{school.jonas}/score")


@pytest.mark.parametrize("roles", [TEACHING[:1], TEACHING])
def test_the_session_stays_about_that_intern_and_has_a_way_to_the_others(
    school: School, client: FlaskClient, roles: list[str]
) -> None:
    answer = school.review(client, "amara", roles=roles)
    page = first_page(client, answer)
    visitor = Visitor(client, answer.location.split("/")[2])
    assert f'href="/s/{visitor.launch}/interns/"' in page.text
    assert "Jonas Lindqvist" in text_of(visitor.get("interns/"))
    assert visitor.get("").location.endswith(f"/interns/{school.amara}/")


def test_who_is_no_intern_of_the_course_is_refused_in_words(
    school: School, client: FlaskClient
) -> None:
    for answer in [
        *ways(school, client, NOBODY, "cc" * 16),
        school.view(client, f"activity={'dd' * 8}&intern={'aa' * 16}"),
        school.view(client, "activity=%00&intern=%00"),
        school.view(client, "intern="),
    ]:
        assert (answer.status_code, code_of(answer)) == (404, "review-unknown")
        assert "Open the activity itself from the course" in text_of(answer)
    assert school.sessions() == 0


def test_a_colleague_is_no_intern_to_be_shown(school: School, client: FlaskClient) -> None:
    school.lms.launch(client, sub="helen")
    assert code_of(school.review(client, "helen")) == "review-unknown"


def test_an_intern_of_another_course_is_unknown(school: School, client: FlaskClient) -> None:
    elsewhere = {"id": "course-2", "label": "OTHER", "title": "Another course"}
    for answer in ways(school, client, "amara", "aa" * 16, context=elsewhere):
        assert code_of(answer) == "review-unknown"


def test_an_intern_of_another_lms_is_unknown(school: School, client: FlaskClient) -> None:
    with school.lms.rounds.work() as unit:
        course = factories.course(unit.session, factories.platform(unit.session))
        other = factories.member(unit.session, course, "Astrid", Role.INTERN)
        unit.session.get_one(Person, other.person).subject = "astrid"
    assert code_of(school.review(client, "astrid")) == "review-unknown"


def test_an_intern_the_roster_alone_knows_is_shown(school: School, client: FlaskClient) -> None:
    with school.lms.rounds.reading() as unit:
        assert unit.session.get_one(Person, school.amara).launched_at is None
    assert first_page(client, school.review(client, "amara")).status_code == 200


# -- Those who learn -------------------------------------------------------------------------------


def test_an_intern_sees_their_own(school: School, client: FlaskClient) -> None:
    claims = {"sub": "amara", "name": "Amara Okafor", "roles": [MEMBERSHIP + "Learner"]}
    for answer in ways(school, client, "amara", "aa" * 16, **claims):
        page = first_page(client, answer)
        assert "Where you stand" in text_of(page)
        assert "/interns/" not in page.text.replace(f"/interns/{school.amara}/feedback", "")
        visitor = Visitor(client, answer.location.split("/")[2])
        assert visitor.get("interns/").status_code == 403
        assert visitor.get(f"interns/{school.jonas}/").status_code == 403


def test_an_intern_who_asks_for_another_gets_no_session(
    school: School, client: FlaskClient
) -> None:
    for answer in ways(
        school, client, "jonas", "bb" * 16, sub="amara", roles=[MEMBERSHIP + "Learner"]
    ):
        assert (answer.status_code, code_of(answer)) == (403, "review-foreign")
        assert "somebody else" in text_of(answer)
        assert "Jonas" not in answer.text
        assert "Set-Cookie" not in answer.headers or "rounds=" not in answer.headers["Set-Cookie"]
    assert school.sessions() == 0


def test_an_intern_cannot_tell_who_is_in_the_course(school: School, client: FlaskClient) -> None:
    pages = []
    for about, key in (("jonas", "bb" * 16), (NOBODY, "cc" * 16)):
        for answer in ways(school, client, about, key, sub="amara", roles=[MEMBERSHIP + "Learner"]):
            words, _, _ = text_of(answer).partition("Reference")
            pages.append((answer.status_code, code_of(answer), words))
    assert len(set(pages)) == 1


def test_the_log_tells_of_it_without_a_name(school: School, client: FlaskClient) -> None:
    with capture_logs() as lines:
        school.review(client, "jonas", sub="amara", roles=[MEMBERSHIP + "Learner"])
    told = [line for line in lines if line.get("code") == "review-foreign"]
    assert told
    assert "jonas" not in str(told)


# -- The others ------------------------------------------------------------------------------------


@pytest.mark.parametrize("roles", [[MEMBERSHIP + "Mentor"], []])
def test_an_observer_sees_nothing_as_ever(
    school: School, client: FlaskClient, roles: list[str]
) -> None:
    for about, key in (("amara", "aa" * 16), (NOBODY, "cc" * 16)):
        for answer in ways(school, client, about, key, sub="olav", roles=roles):
            page = first_page(client, answer)
            assert "Nothing to see for your role" in text_of(page)
            assert "Amara" not in page.text


# -- The activity ----------------------------------------------------------------------------------


def test_a_review_of_a_link_never_set_up_leads_to_its_setting_up(
    school: School, client: FlaskClient
) -> None:
    link = {"id": "link-2", "title": "Another"}
    page = first_page(client, school.review(client, "amara", resource_link=link))
    assert "Choose what interns are assessed on" in text_of(page)
    claims = {"sub": "amara", "roles": [MEMBERSHIP + "Learner"], "resource_link": link}
    page = first_page(client, school.review(client, "amara", **claims))
    assert "has not chosen competencies yet" in text_of(page)


@pytest.mark.parametrize("link", ["course-1", "link-7"])
def test_the_key_in_the_address_names_the_activity_where_the_link_got_lost(
    school: School, client: FlaskClient, link: str
) -> None:
    """canvas-lms, issue 2192: from SpeedGrader the link may come with the id of the course."""
    answer = school.view(client, VIEW + "aa" * 16, resource_link={"id": link})
    assert "<h1>Amara Okafor</h1>" in first_page(client, answer).text
    with school.lms.rounds.reading() as unit:
        opened = unit.session.get_one(LaunchSession, answer.location.split("/")[2])
        assert opened.activity_id == school.activity
        links = unit.session.scalars(select(Activity.resource_link_id)).all()
    assert links == ["link-1"], "a view binds no link and makes no activity"


def test_a_copied_links_parameters_do_not_change_what_is_viewed(
    school: School, client: FlaskClient
) -> None:
    """A copied link carries the key of what it was copied from for good."""
    custom = {LTI + "custom": {"rounds_activity": "ee" * 8}}
    answer = school.view(client, VIEW + "aa" * 16, **custom)
    assert "<h1>Amara Okafor</h1>" in first_page(client, answer).text
