"""The choice inside the LMS: what it asks, what it makes, what goes back, and that it does once."""

from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from lti_tool.domain.people import LEARNER, MEMBERSHIP, MENTOR, Role
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.audit import AuditEntry
from lti_tool.models.launch import LaunchSession
from lti_tool.models.person import Membership
from lti_tool.models.platform import Platform
from lti_tool.services.unit import Rounds
from tests.choices import (
    DATA,
    DEEP_LINKING,
    FORM,
    RETURN_URL,
    add,
    ask,
    claim,
    returned,
    token_of,
)
from tests.stand_in import StandIn, code_of
from tests.visitor import text_of

INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"


def count(rounds: Rounds, table: type[Any]) -> int:
    with rounds.reading() as unit:
        return unit.session.scalar(select(func.count()).select_from(table)) or 0


def is_a(rounds: Rounds, product: str) -> None:
    with rounds.work() as unit:
        unit.session.execute(update(Platform).values(product=product))


def test_a_request_leads_to_the_form_of_a_new_activity(lms: StandIn, client: FlaskClient) -> None:
    chooser = ask(lms, client, {"title": "Ward round"})
    answer = chooser.get("")
    assert (answer.status_code, answer.location) == (303, f"/s/{chooser.launch}/deep-link")
    page = chooser.get("deep-link")
    words = text_of(page)
    assert "Choose what interns are assessed on" in words
    assert 'name="title" value="Ward round"' in page.text
    assert 'name="weight-teamwork" value="35"' in page.text
    assert "One for all competencies One for each competency" in words
    assert "Add to the course" in words
    assert "What supervisors see" in words
    assert '<header class="top' not in page.text, "the LMS's own window has a bar"


@pytest.mark.parametrize("product", ["canvas", "moodle", "other"])
def test_what_was_chosen_goes_back_as_one_signed_link(
    product: str, lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    is_a(rounds, product)
    chooser = ask(lms, client)
    found = returned(add(chooser), client)
    with rounds.reading() as unit:
        activity = unit.session.scalars(select(Activity)).one()
        assert (activity.title, activity.resource_link_id) == ("Ward skills", None)
        assert activity.ready_at is not None
        assert {row.competency_id: row.weight for row in activity.competencies} == {
            "teamwork": 60,
            "documentation": 40,
        }
        assert (activity.mapping, activity.send_when) == ("points", "when-enough")
        assert activity.standard["min_assessments"] == 6
        key = activity.key
    assert found.url == RETURN_URL
    claims = found.claims
    assert (claims["iss"], claims["aud"]) == (lms.platform.client_id, lms.platform.issuer)
    assert claims["exp"] - claims["iat"] == 300
    assert len(claims["nonce"]) > 16
    assert claims[claim("deployment_id")] == "1"
    assert claims[claim("message_type")] == "LtiDeepLinkingResponse"
    assert claims[claim("version")] == "1.3.0"
    assert claims[DEEP_LINKING + "data"] == DATA
    assert claims[DEEP_LINKING + "msg"] == "1 activity added"
    column = {
        "label": "Ward skills",
        "scoreMaximum": 100,
        "resourceId": key,
        "tag": "rounds",
    }
    if product != "canvas":
        column["submissionReview"] = {"reviewableStatus": ["Completed"]}
    item = {
        "type": "ltiResourceLink",
        "title": "Ward skills",
        "text": "Teamwork, Documentation",
        "custom": {"rounds_activity": key},
        "lineItem": column,
    }
    if product != "moodle":
        item["url"] = f"{lms.launch_url}?activity={key}"
    assert found.items == [item]


def test_who_adds_an_activity_leads_its_course(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    is_a(rounds, "moodle")
    chooser = ask(lms, client)
    with rounds.reading() as unit:
        assert unit.session.scalars(select(Membership.role)).one() == Role.SUPERVISOR
    add(chooser)
    with rounds.reading() as unit:
        member = unit.session.scalars(select(Membership)).one()
        assert (member.placed, member.role) == (True, Role.COURSE_LEAD)
        actions = unit.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["activity-set-up", "activity-placed"]
    lms.launch(client)
    with rounds.reading() as unit:
        assert unit.session.scalars(select(Membership.role)).one() == Role.COURSE_LEAD


@pytest.mark.parametrize("role", ["ContentDeveloper", "Administrator"])
def test_who_builds_or_administers_the_course_may_add_to_it(
    role: str, lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    chooser = ask(lms, client, roles=[MEMBERSHIP + role])
    assert returned(add(chooser), client).items
    with rounds.reading() as unit:
        assert unit.session.scalars(select(Membership.role)).one() == Role.COURSE_LEAD


def test_each_competency_can_become_an_activity_of_its_own(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    weights = {"weight-teamwork": "100", "weight-documentation": "0"}
    found = returned(add(ask(lms, client), links="each", **weights), client)
    assert [item["title"] for item in found.items] == [
        "Ward skills: Teamwork",
        "Ward skills: Documentation",
    ]
    teamwork, documentation = found.items
    assert teamwork["lineItem"]["label"] == "Ward skills: Teamwork"
    assert "lineItem" not in documentation, "for feedback only"
    assert found.claims[DEEP_LINKING + "msg"] == "2 activities added"
    with rounds.reading() as unit:
        rows = unit.session.scalars(select(Activity).order_by(Activity.id)).all()
        assert [row.key for row in rows] == [
            item["custom"]["rounds_activity"] for item in found.items
        ]
        assert [[(c.competency_id, c.weight) for c in row.competencies] for row in rows] == [
            [("teamwork", 100)],
            [("documentation", 0)],
        ]
        assert len(unit.session.scalars(select(GradeColumn)).all()) == 2


@pytest.mark.parametrize(
    ("links", "titles"),
    [("one", ["Teamwork, Documentation"]), ("each", ["Teamwork", "Documentation"])],
)
def test_an_activity_without_a_title_is_called_after_its_competencies(
    links: str, titles: list[str], lms: StandIn, client: FlaskClient
) -> None:
    found = returned(add(ask(lms, client), links=links, title="  "), client)
    assert [item["title"] for item in found.items] == titles


@pytest.mark.parametrize("multiple", [False, None])
def test_where_one_link_is_asked_for_one_is_given(
    multiple: bool | None, lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    chooser = ask(lms, client, {"accept_multiple": multiple})
    page = chooser.get("deep-link")
    assert 'name="links"' not in page.text
    assert code_of(add(chooser, links="each")) == "form-unreadable"
    assert count(rounds, Activity) == 0
    assert len(returned(add(chooser), client).items) == 1


def test_where_columns_are_not_taken_none_is_brought(lms: StandIn, client: FlaskClient) -> None:
    found = returned(add(ask(lms, client, {"accept_lineitem": False})), client)
    assert "lineItem" not in found.items[0]


def test_what_is_for_feedback_only_brings_no_column(lms: StandIn, client: FlaskClient) -> None:
    weights = {"weight-teamwork": "0", "weight-documentation": "0"}
    (item,) = returned(add(ask(lms, client), **weights), client).items
    assert "lineItem" not in item


def test_data_that_was_not_given_is_not_sent(lms: StandIn, client: FlaskClient) -> None:
    found = returned(add(ask(lms, client, {"data": None})), client)
    assert DEEP_LINKING + "data" not in found.claims


def test_only_the_page_of_the_answer_may_send_a_form_to_the_lms(
    lms: StandIn, client: FlaskClient
) -> None:
    chooser = ask(lms, client)
    policy = chooser.get("deep-link").headers["Content-Security-Policy"]
    assert "form-action 'self';" in policy
    page = add(chooser)
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://lms.example.edu;" in policy
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert page.headers["Cache-Control"] == "no-store"


def test_a_choice_given_up_goes_back_with_nothing_once(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    chooser = ask(lms, client)
    token = token_of(chooser.get("deep-link"))
    found = returned(chooser.post("deep-link/cancel", {"csrf": token}), client)
    assert (found.url, found.items) == (RETURN_URL, [])
    assert found.claims[DEEP_LINKING + "data"] == DATA
    assert DEEP_LINKING + "msg" not in found.claims
    again = chooser.post("deep-link/cancel", {"csrf": token})
    assert (again.status_code, code_of(again)) == (409, "choice-answered")
    late = chooser.post("deep-link", {**FORM, "csrf": token})
    assert (late.status_code, code_of(late)) == (409, "choice-answered")
    assert count(rounds, Activity) == 0


def test_a_request_is_answered_once(lms: StandIn, client: FlaskClient, rounds: Rounds) -> None:
    chooser = ask(lms, client)
    token = token_of(chooser.get("deep-link"))
    assert add(chooser).status_code == 200
    for answer in (
        chooser.post("deep-link", {**FORM, "csrf": token}),
        chooser.post("deep-link/cancel", {"csrf": token}),
        client.get(f"/s/{chooser.launch}/", follow_redirects=True),
    ):
        assert (answer.status_code, code_of(answer)) == (409, "choice-answered")
        assert "Look in the course." in text_of(answer)
        assert 'href="https://lms.example.edu/course/1"' in answer.text, "the way back"
        assert "deep-link/cancel" not in answer.text
        assert "sesskey" not in answer.text
    assert count(rounds, Activity) == 1


@pytest.mark.parametrize("roles", [[LEARNER], [MENTOR], [], [INSTITUTION], [INSTITUTION, LEARNER]])
def test_who_does_not_teach_the_course_is_refused_and_gets_back(
    roles: list[str], lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    chooser = ask(lms, client, roles=roles)
    page = chooser.get("deep-link")
    assert (page.status_code, code_of(page)) == (403, "placing-not-allowed")
    token = token_of(page)
    refused = chooser.post("deep-link", {**FORM, "csrf": token})
    assert (refused.status_code, code_of(refused)) == (403, "placing-not-allowed")
    assert count(rounds, Activity) == 0
    assert returned(chooser.post("deep-link/cancel", {"csrf": token}), client).items == []


def test_a_role_by_hand_wins_here_too(lms: StandIn, client: FlaskClient, rounds: Rounds) -> None:
    chooser = ask(lms, client)
    with rounds.work() as unit:
        unit.session.execute(
            update(Membership).values(by_hand=Role.SUPERVISOR, role=Role.SUPERVISOR)
        )
    assert code_of(chooser.get("deep-link")) == "placing-not-allowed"


def test_who_has_left_the_course_places_nothing_in_it(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    chooser = ask(lms, client)
    token = token_of(chooser.get("deep-link"))
    with rounds.work() as unit:
        unit.session.execute(update(Membership).values(left_at=rounds.clock()))
    refused = chooser.post("deep-link", {**FORM, "csrf": token})
    assert (refused.status_code, code_of(refused)) == (403, "placing-not-allowed")
    assert count(rounds, Activity) == 0


def test_where_no_links_are_taken_there_is_nothing_but_the_way_back(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    chooser = ask(lms, client, {"accept_types": ["file", "html"]})
    page = chooser.get("deep-link")
    assert (page.status_code, code_of(page)) == (400, "links-not-taken")
    assert code_of(chooser.post("deep-link", {**FORM, "csrf": token_of(page)})) == "links-not-taken"
    cancelled = chooser.post("deep-link/cancel", {"csrf": token_of(page)})
    assert returned(cancelled, client).items == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"weight-teamwork": "10"}, "The weights must come to 100, or all be 0."),
        ({"use-teamwork": None, "use-documentation": None}, "Choose at least one competency."),
        ({"title": "x" * 256}, "This is too long: use fewer words."),
        ({"links": "many"}, "Choose one of those shown here."),
        ({"min_seen": "often"}, "Enter a whole number."),
    ],
)
def test_a_faulty_form_comes_back_and_answers_nothing(
    changed: dict[str, str | None], words: str, lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    chooser = ask(lms, client)
    page = add(chooser, **{"title": "Round 2", **changed})
    assert page.status_code == 422
    assert text_of(page).count(words) == 2
    assert 'name="weight-documentation" value="40"' in page.text
    assert count(rounds, Activity) == 0
    assert returned(add(chooser), client).items


def test_what_the_course_has_already_is_said(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    found = returned(add(ask(lms, client)), client)
    assert "The course has already" not in text_of(ask(lms, client).get("deep-link"))
    lms.launch(client, **{claim("custom"): found.items[0]["custom"]})
    words = text_of(ask(lms, client).get("deep-link"))
    assert "The course has already: Clinical competencies." in words


def test_a_hostile_title_is_text(lms: StandIn, client: FlaskClient) -> None:
    hostile = '<img src=x onerror=alert(1)>\r\n"\u202eevil'
    page = ask(lms, client, {"title": hostile}).get("deep-link")
    assert "<img" not in page.text
    chooser = ask(lms, client)
    found = returned(add(chooser, title=hostile), client)
    assert found.items[0]["title"] == '<img src=x onerror=alert(1)> "evil'


def test_a_session_that_is_over_leads_nowhere_in_words(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    chooser = ask(lms, client)
    token = token_of(chooser.get("deep-link"))
    with rounds.work() as unit:
        row = unit.session.scalars(select(LaunchSession)).one()
        row.seen_at = row.seen_at.replace(year=2020)
    for answer in (
        chooser.get("deep-link"),
        chooser.post("deep-link", {**FORM, "csrf": token}),
        chooser.post("deep-link/cancel", {"csrf": token}),
    ):
        assert (answer.status_code, code_of(answer)) == (403, "session-over")
    assert count(rounds, Activity) == 0


def test_a_launch_of_a_link_asks_for_no_choice(
    lms: StandIn, client: FlaskClient, rounds: Rounds
) -> None:
    chooser = ask(lms, client)
    launch = lms.launch(client).location
    assert client.get(f"{launch}deep-link").status_code == 404
    token = token_of(client.get(f"{launch}activity"))
    for path in ("deep-link", "deep-link/cancel"):
        assert client.post(launch + path, data={**FORM, "csrf": token}).status_code == 404
    assert add(chooser).status_code == 200


def test_the_log_holds_nothing_of_the_answer(lms: StandIn, client: FlaskClient) -> None:
    structlog.reset_defaults()
    with capture_logs() as lines:
        chooser = ask(lms, client)
        page = add(chooser)
        add_again = chooser.post("deep-link", {})
        assert add_again.status_code == 403
        chooser.get("deep-link")
    jwt = page.text.partition('name="JWT" value="')[2].partition('"')[0]
    assert lines
    assert jwt
    for word in ("s3cr3tK3y", DATA, jwt, "contentitem_return", "Helen", "Ward skills"):
        assert word not in str(lines)
