"""Where an intern stands: the number, the findings in words, and what is never shown."""

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.domain.standard import Standard
from lti_tool.models.activity import GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.services.unit import Rounds
from lti_tool.web.assessment_words import STATEMENTS
from tests import factories
from tests.factories import EASY, Ward
from tests.unit.web.conftest import SignIn, meet_standard, print_certificate
from tests.visitor import Visitor, text_of, visitor

TEAMWORK = {"teamwork": 100}


def standing(app: Flask, ward: Ward) -> str:
    """What Amara reads on her page."""
    return text_of(visitor(app, ward.rounds, ward.amara, ward.activity).get(""))


def newest(ward: Ward) -> Passback:
    with ward.rounds.reading() as unit:
        return unit.session.scalars(select(Passback).order_by(Passback.stamp.desc())).first()


# The number ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mapping", [GradeMapping.TABLE, GradeMapping.POINTS, GradeMapping.RANGE])
def test_the_page_shows_the_very_number_that_is_owed_once(
    app: Flask, rounds: Rounds, mapping: GradeMapping
) -> None:
    ward = factories.ward(rounds, mapping=mapping)
    ward.score(ward.helen, ward.amara, "teamwork", 3, 4, 3, 2)
    ward.score(ward.ruth, ward.amara, "documentation", 2, 3)
    score = newest(ward).message["score"]
    page = standing(app, ward)
    assert f"Gradebook: {score} of 100, on its way" in page
    assert page.count(score) == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("waiting", "Gradebook: 80 of 100, on its way"),
        ("sending", "Gradebook: 80 of 100, on its way"),
        ("sent", "Gradebook: 80 of 100, sent 16 November"),
        ("refused", "Grade: 80 of 100. It is not in the gradebook yet; the course lead sees why."),
        ("uncertain", "Grade: 80 of 100. It is not in the gradebook yet;"),
    ],
)
def test_where_the_grade_is_told_without_blame(
    app: Flask, ward: Ward, state: str, words: str
) -> None:
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    with ward.rounds.work() as unit:
        row = unit.session.query(Passback).one()
        row.state, row.last_code = state, "not-a-student"
        noon = unit.now.replace(month=11, day=16, hour=12)  # the same day in every zone nearby
        row.sent_at = noon if state == "sent" else None
    page = standing(app, ward)
    assert words in page
    assert "enrol" not in page


def test_a_column_of_another_size_is_told_beside_the_grade(app: Flask, ward: Ward) -> None:
    with ward.rounds.work() as unit:
        unit.session.query(GradeColumn).one().maximum = Decimal(20)
    ward.score(ward.helen, ward.amara, "teamwork", 3, 4, 3)
    score = newest(ward).message["score"]
    assert f"{score} of 100 (16.8 of 20 in the gradebook), on its way" in standing(app, ward)


def test_a_grade_that_no_longer_stands_is_told_as_taken_out(app: Flask, ward: Ward) -> None:
    number = ward.score(ward.helen, ward.amara, "teamwork", 3)
    with ward.rounds.work() as unit:
        row = unit.session.query(Passback).one()
        row.state, row.sent_at = "sent", unit.now
    version = ward.version(number, ward.helen)
    with ward.rounds.work() as unit:
        unit.assessments.withdraw(ward.helen, number, version, "Wrong intern.")
    assert "the grade that was there no longer stands" in standing(app, ward)


def test_a_grade_that_waits_for_the_standard_is_not_shown(app: Flask, rounds: Rounds) -> None:
    ward = factories.ward(rounds, send_when=SendWhen.WHEN_MET)
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    page = standing(app, ward)
    assert "nothing sent yet. A grade goes there when the standard is met." in page
    assert "80" not in page


def test_feedback_only_has_neither_grade_nor_certificate(app: Flask, rounds: Rounds) -> None:
    ward = factories.ward(rounds, weights={"professionalism": 0})
    ward.score(ward.helen, ward.amara, "professionalism", 3)
    page = standing(app, ward)
    assert "For feedback only: no grade goes to the gradebook" in page
    assert "Certificate" not in page


def test_what_is_for_feedback_only_shows_once_there_is_some(app: Flask, rounds: Rounds) -> None:
    ward = factories.ward(rounds, weights={"teamwork": 100, "professionalism": 0})
    unseen = "For feedback only, and not seen yet: Professionalism and engagement"
    before = standing(app, ward)
    assert unseen in before
    assert before.count("Professionalism and engagement") == 1
    ward.score(ward.helen, ward.amara, "professionalism", 3)
    after = standing(app, ward)
    assert unseen not in after
    assert "For feedback: it takes no part in the grade" in after


# Findings -----------------------------------------------------------------------------------------


def test_missing_evidence_is_counted_in_words(app: Flask, rounds: Rounds) -> None:
    ward = factories.ward(rounds, standard=Standard(min_assessments=4), weights=TEAMWORK)
    ward.score(ward.helen, ward.amara, "teamwork", 3, 3, 3, 3, 3, None)
    ward.score(ward.ruth, ward.amara, "teamwork", 3, 3, 3, 3, 3, None)
    page = standing(app, ward)
    assert "Not enough evidence yet" in page
    assert "2 more assessments (2 of 4)" in page
    assert "1 more supervisor (2 of 3)" in page
    assert "6 criteria seen more often" in page


def test_a_criterion_seen_too_few_times_is_named(app: Flask, rounds: Rounds) -> None:
    standard = Standard(min_assessments=2, min_supervisors=2, min_seen=2)
    ward = factories.ward(rounds, standard=standard, weights=TEAMWORK)
    ward.score(ward.helen, ward.amara, "teamwork", 3, 3, 3)
    ward.score(ward.ruth, ward.amara, "teamwork", 3, 3, None, 3)
    page = standing(app, ward)
    assert "2 assessments by 2 supervisors" in page
    assert "Handover seen once more (1 of 2)" in page


def test_a_safety_critical_criterion_below_its_bar_says_where_it_is(
    app: Flask, rounds: Rounds
) -> None:
    ward = factories.ward(rounds, standard=EASY, weights={"documentation": 100})
    ward.score(ward.helen, ward.amara, "documentation", 3, 4)
    ward.score(ward.ruth, ward.amara, "documentation", 2, 4)
    page = standing(app, ward)
    assert "Accuracy and honesty is at Developing (2.5)." in page
    assert "It is safety-critical and needs Dependable (3.0)." in page
    assert "On average Dependable (3.6)" in page


def test_each_criterion_has_its_level_in_a_word_and_in_figures(
    app: Flask, ward: Ward, sign_in: SignIn
) -> None:
    ward.score(ward.helen, ward.amara, "teamwork", 4, 3, support=4)
    ward.score(ward.ruth, ward.amara, "teamwork", 3, 3)
    page = text_of(sign_in(ward.amara).get("?competency=teamwork"))
    assert "Roles and respect across professions Dependable 3.5 seen twice" in page
    assert f"“{STATEMENTS[4]}” It is shown on its own" in page
    other = sign_in(ward.amara).get("?competency=documentation")
    assert "Documentation, criterion by criterion" in text_of(other)
    assert sign_in(ward.amara).get("?competency=none-such").status_code == 200


# What an intern never sees ------------------------------------------------------------------------


@pytest.fixture
def flagged(rounds: Rounds) -> Ward:
    """Amara does well, and Helen raised a concern: it alone keeps the standard from being met."""
    ward = factories.ward(rounds, weights=TEAMWORK)
    ward.score(ward.helen, ward.amara, "teamwork", 4, concern=True, concern_text="Smelt of gin.")
    ward.score(ward.ruth, ward.amara, "teamwork", 4)
    return ward


def test_a_flag_is_never_told_to_the_intern(app: Flask, flagged: Ward) -> None:
    amara = visitor(app, flagged.rounds, flagged.amara, flagged.activity)
    for path in ("", "?competency=teamwork", f"interns/{flagged.amara.person}/feedback"):
        words = text_of(amara.get(path)).casefold()
        for told in ("concern", "flag", "gin", "safety concern", "private"):
            assert told not in words
    assert "The course lead is looking at this." in text_of(amara.get(""))


def test_the_course_lead_reads_on_the_same_page_what_it_is(app: Flask, flagged: Ward) -> None:
    lead = visitor(app, flagged.rounds, flagged.lead, flagged.activity)
    page = text_of(lead.get(f"interns/{flagged.amara.person}/"))
    assert "1 safety concern is open." in page
    assert "Safety concern, open since" in page
    assert "The course lead is looking at this." not in page


def test_a_flag_beside_other_findings_leaves_no_trace(app: Flask, rounds: Rounds) -> None:
    pages = []
    for concern in (True, False):
        ward = factories.ward(rounds, weights=TEAMWORK)
        text = {"concern_text": "Smelt of gin."} if concern else {}
        ward.score(ward.helen, ward.amara, "teamwork", 2, concern=concern, **text)
        ward.score(ward.ruth, ward.amara, "teamwork", 2)
        pages.append(standing(app, ward))
    assert pages[0] == pages[1]


# Feedback and assessments -------------------------------------------------------------------------


def test_feedback_stands_with_who_said_it_and_leads_to_the_assessment(
    ward: Ward, sign_in: SignIn
) -> None:
    id = ward.score(
        ward.helen, ward.amara, "teamwork", 3, worked="You listened.", next_time="ask back."
    )
    for path in ("", f"interns/{ward.amara.person}/feedback"):
        page = sign_in(ward.amara).get(path)
        assert "You listened." in text_of(page)
        assert "Try next: ask back." in text_of(page)
        assert "Dr Helen Brandt, Teamwork, 14 September" in text_of(page)
        assert f'/assessments/{id}"' in page.text


def test_an_intern_without_assessments_learns_what_to_do(ward: Ward, sign_in: SignIn) -> None:
    page = text_of(sign_in(ward.amara).get(""))
    assert "No assessments yet" in page
    assert "Ask a supervisor after a ward round, a handover or a talk with a patient." in page
    assert "No assessments yet" in text_of(
        sign_in(ward.amara).get(f"interns/{ward.amara.person}/feedback")
    )


# The certificate ----------------------------------------------------------------------------------


def test_a_certificate_is_not_yet_then_being_made_then_there(ward: Ward, sign_in: SignIn) -> None:
    amara = sign_in(ward.amara)
    assert "Not yet: 0 of 3 competencies met" in text_of(amara.get(""))
    meet_standard(ward, ward.amara)
    making = amara.get("")
    assert "Being made." in text_of(making)
    assert making.headers["Refresh"] == "5"
    certificate = print_certificate(ward, ward.amara)
    ready = amara.get("")
    assert "Refresh" not in ready.headers
    assert "You have met the standard in all 3 competencies" in text_of(ready)
    assert "Download certificate" in text_of(ready)
    assert f'href="/s/{amara.launch}/certificate.pdf"' in ready.text
    assert certificate.code[:4] in text_of(ready)


def test_a_certificate_that_cannot_be_made_asks_nothing_of_the_intern(
    ward: Ward, sign_in: SignIn
) -> None:
    meet_standard(ward, ward.amara)
    with ward.rounds.work() as unit:
        unit.session.query(Certificate).one().problem = "certificate-render-failed"
    page = sign_in(ward.amara).get("")
    assert "there is nothing for you to do" in text_of(page)
    assert "Refresh" not in page.headers
    lead = sign_in(ward.lead).get(f"interns/{ward.amara.person}/")
    assert "certificate-render-failed" in text_of(lead)


def test_a_test_student_who_meets_the_standard_earns_none(app: Flask, ward: Ward) -> None:
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        pretend = factories.member(
            unit.session, course, "Test student", Role.INTERN, test_user=True
        )
    meet_standard(ward, pretend)
    page = visitor(app, ward.rounds, pretend, ward.activity).get("")
    assert "the test student of a course earns no certificate" in text_of(page)


# For course leads ---------------------------------------------------------------------------------


@pytest.fixture
def lead(ward: Ward, sign_in: SignIn) -> Visitor:
    return sign_in(ward.lead)


def test_a_course_lead_reads_a_result_with_every_assessment(lead: Visitor, ward: Ward) -> None:
    ids = [ward.score(who, ward.amara, "teamwork", 3) for who in (ward.helen, ward.ruth)]
    page = lead.get(f"interns/{ward.amara.person}/")
    assert all(f'/assessments/{id}"' in page.text for id in ids)
    assert f"/interns/{ward.amara.person}/score" in page.text
    assert page.text.count("btn go") == 1


@pytest.mark.parametrize(
    ("code", "to_do"),
    [
        ("scope-missing", "ask your LMS administrator to allow scores for Rounds"),
        ("keys-blocked", "have your LMS administrator let the LMS reach Rounds"),
        ("token-refused", "ask your LMS administrator to switch Rounds on"),
        ("tool-removed", "put Rounds back into the course"),
    ],
)
def test_a_refused_grade_is_explained_and_sent_again_from_there(
    lead: Visitor, ward: Ward, code: str, to_do: str
) -> None:
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    with ward.rounds.work() as unit:
        row = unit.session.query(Passback).one()
        row.state, row.last_code, row.last_status = "refused", code, 401
    path = f"interns/{ward.amara.person}/"
    page = lead.get(path)
    assert "The gradebook does not accept grades from Rounds." in text_of(page)
    assert to_do in text_of(page)
    answer = lead.send(page, f"passbacks/{row.id}/retry")
    assert answer.location == f"/s/{lead.launch}/{path}"
    assert "on its way" in text_of(lead.get(path))


def test_a_code_nobody_has_words_for_is_still_told(lead: Visitor, ward: Ward) -> None:
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    with ward.rounds.work() as unit:
        row = unit.session.query(Passback).one()
        row.state, row.last_code = "uncertain", "brand-new"
    page = text_of(lead.get(f"interns/{ward.amara.person}/"))
    assert "The gradebook did not take it." in page
    assert "look into the gradebook, and send again if it is not there." in page
    assert "Code brand-new" in page
