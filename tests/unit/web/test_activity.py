"""Choosing competencies: what stands in the form, what it refuses, and that nothing is lost."""

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lti_tool.domain.passback import SendWhen
from lti_tool.domain.scoring import GradeMapping
from lti_tool.models.audit import AuditEntry
from lti_tool.models.course import Course
from lti_tool.services.activities import ActivityView
from lti_tool.services.unit import Rounds
from tests import factories
from tests.choices import CHOICE
from tests.factories import THREE, Ward
from tests.unit.web.conftest import SignIn, token_of
from tests.visitor import Visitor, text_of, visitor


@pytest.fixture
def lead(ward: Ward, sign_in: SignIn) -> Visitor:
    return sign_in(ward.lead)


def choose(lead: Visitor, **changed: str | None) -> TestResponse:
    fields = {**CHOICE, **changed, "csrf": token_of(lead)}
    return lead.post("activity", {name: text for name, text in fields.items() if text is not None})


def chosen(ward: Ward) -> ActivityView:
    with ward.rounds.reading() as unit:
        return unit.activities.view(ward.lead.course, ward.activity)


def test_a_fresh_activity_is_filled_in_as_the_packs_recommend(app: Flask, ward: Ward) -> None:
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        fresh = factories.activity(unit.session, course).id
    page = visitor(app, ward.rounds, ward.lead, fresh).get("activity")
    assert page.text.count('value="1" checked') == 4  # three and the concerns
    assert 'name="weight-patient-communication" value="40"' in page.text
    assert 'name="weight-professionalism" value="0"' in page.text
    assert "Table: 80 of 100 for Dependable throughout" in text_of(page)
    assert "Points: 75 of 100 for Dependable throughout" in text_of(page)
    assert "Range: 66.7 of 100 for Dependable throughout" in text_of(page)
    assert "Use these competencies" in text_of(page)


def test_setting_up_a_fresh_activity_opens_its_table(app: Flask, ward: Ward) -> None:
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        fresh = factories.activity(unit.session, course).id
    lead = visitor(app, ward.rounds, ward.lead, fresh)
    page = lead.get("activity")
    answer = lead.post("activity", {**CHOICE, "csrf": token_of_page(page.text)})
    assert answer.location == f"/s/{lead.launch}/"
    assert "2 interns" in text_of(lead.get(""))


def token_of_page(html: str) -> str:
    return html.partition('name="csrf" value="')[2].partition('"')[0]


def test_what_was_chosen_is_stored_audited_and_computed_anew(
    lead: Visitor, ward: Ward, jobs: list[tuple[str, str]]
) -> None:
    jobs.clear()
    answer = choose(lead)
    assert answer.status_code == 303
    view = chosen(ward)
    assert {one.competency.id: one.weight for one in view.chosen} == {
        "teamwork": 60,
        "documentation": 40,
    }
    assert (view.standard.min_assessments, view.standard.min_seen) == (6, 2)
    assert view.standard.flags
    assert (view.mapping, view.send_when) == (GradeMapping.POINTS, SendWhen.WHEN_ENOUGH)
    assert [kind for kind, about in jobs] == ["results"]
    with ward.rounds.reading() as unit:
        entry = unit.session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
        assert (entry.action, entry.actor_id) == ("activity-set-up", ward.lead.person)
    assert "Saved." in text_of(lead.get("activity?done=saved"))


def test_an_unticked_concern_and_all_weights_0_are_a_choice(lead: Visitor, ward: Ward) -> None:
    zeros = {"weight-teamwork": "0", "weight-documentation": "0"}
    assert choose(lead, flags=None, **zeros).status_code == 303
    assert not chosen(ward).standard.flags


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"weight-teamwork": "61"}, "The weights must come to 100, or all be 0."),
        ({"use-teamwork": None, "use-documentation": None}, "Choose at least one competency."),
        ({"weight-teamwork": "-60"}, "This number is too small or too large."),
        ({"weight-teamwork": "160"}, "This number is too small or too large."),
        ({"weight-teamwork": "many"}, "Enter a whole number."),
        ({"weight-teamwork": "60.5"}, "Enter a whole number."),
        ({"min_assessments": "0"}, "This number is too small or too large."),
        ({"min_assessments": ""}, "Enter a whole number."),
        ({"min_supervisors": "9" * 30}, "This number is too small or too large."),
        ({"floor": "5"}, "Choose one of those shown here."),
        ({"mapping": "by-dice"}, "Choose one of those shown here."),
        ({"send_when": "never"}, "Choose one of those shown here."),
    ],
)
def test_a_faulty_form_comes_back_with_words_and_all_that_was_entered(
    lead: Visitor, ward: Ward, changed: dict[str, str | None], words: str
) -> None:
    before = chosen(ward)
    page = choose(lead, **changed, min_seen="7")
    assert page.status_code == 422
    assert page.text.startswith("<!doctype html>")
    assert "<title>Error:" in page.text
    assert text_of(page).count(words) == 2  # in the list above, and beside the field
    assert 'name="min_seen" value="7"' in page.text
    assert "Everything you entered is still here." in text_of(page)
    assert chosen(ward) == before


@pytest.mark.parametrize(
    "changed",
    [
        {"use-astrology": "1", "weight-astrology": "10"},
        {"use-teamwork": "yes"},
        {"standard": "none"},
        {"mapping": "points\0"},
    ],
)
def test_a_form_no_page_of_ours_sends_is_refused(
    lead: Visitor, ward: Ward, changed: dict[str, str]
) -> None:
    answer = choose(lead, **changed)
    assert answer.status_code == 400
    assert "form-unreadable" in answer.text
    assert {one.competency.id for one in chosen(ward).chosen} == set(THREE)


def test_a_competency_in_use_stays(lead: Visitor, ward: Ward) -> None:
    ward.score(ward.helen, ward.amara, "patient-communication", 3)
    page = choose(lead)
    assert page.status_code == 422
    assert text_of(page).count("This competency has assessments, so it stays.") == 2


def test_a_weight_beside_an_unticked_competency_says_nothing(lead: Visitor, ward: Ward) -> None:
    assert choose(lead, **{"weight-professionalism": "none"}).status_code == 303


def test_the_rubric_is_there_to_be_read(lead: Visitor, ward: Ward) -> None:
    page = text_of(lead.get("activity"))
    for one in ward.competency("teamwork").criteria:
        assert one.name in page
        assert one.anchor(4) in page


def test_each_fault_in_the_list_names_its_field(lead: Visitor) -> None:
    page = text_of(choose(lead, **{"weight-teamwork": "-1"}, min_seen="many"))
    assert "2 things before this can be saved" in page
    assert "Weight of Teamwork: This number is too small or too large." in page
    assert "Times each criterion is seen: Enter a whole number." in page


@pytest.mark.parametrize(
    ("teamwork", "together", "state"),
    [("60", 100, "full"), ("30", 70, "off"), ("60.5", 40, "off"), ("9" * 5000, 40, "off")],
)
def test_what_the_weights_come_to_is_told_with_what_it_means(
    lead: Visitor, teamwork: str, together: int, state: str
) -> None:
    page = choose(lead, **{"weight-teamwork": teamwork, "min_seen": ""})
    assert page.status_code == 422
    assert f'<b class="num">{together}</b>' in page.text
    assert re.findall(r'data-sum="(\w+)">', page.text) == [state], "the others are hidden"


def test_a_criterion_with_a_bar_of_its_own_is_named(lead: Visitor) -> None:
    words = text_of(lead.get("activity"))
    assert (
        "Sensitive and difficult conversations (Patient communication) is an exception: "
        "it must be seen 2 times." in words
    )


def test_what_the_lms_shows_is_chosen_where_it_can_show_more_than_a_file(
    app: Flask, rounds: Rounds
) -> None:
    ward = factories.ward(rounds, product="canvas")
    lead = visitor(app, rounds, ward.lead, ward.activity)
    assert '<option value="file" selected>' in lead.get("activity").text
    assert choose(lead, work="live").status_code == 303
    assert chosen(ward).live_view
    assert '<option value="live" selected>' in lead.get("activity").text
    assert choose(lead).status_code == 303
    assert chosen(ward).live_view, "what is not sent stays"
    refused = choose(lead, work="both")
    assert refused.status_code == 422
    assert "Shown as the intern's work: Choose one of those shown here." in text_of(refused)
    assert choose(lead, work="file").status_code == 303
    assert not chosen(ward).live_view


@pytest.mark.parametrize("product", ["moodle", "other"])
def test_an_lms_that_shows_no_more_than_a_file_is_not_asked_about(
    app: Flask, rounds: Rounds, product: str
) -> None:
    ward = factories.ward(rounds, product=product)
    lead = visitor(app, rounds, ward.lead, ward.activity)
    assert 'name="work"' not in lead.get("activity").text
    choose(lead, work="live")
    assert not chosen(ward).live_view
