"""How an activity's certificates are issued: chosen, refused in words, and tried as a sample."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from lti_tool.domain.issuing import Terms
from lti_tool.models.course import Course
from lti_tool.models.issuer import Institution
from lti_tool.services import samples
from lti_tool.settings import Settings
from tests.choices import CHOICE
from tests.designs import own_design
from tests.factories import Ward
from tests.unit.web.conftest import SignIn, token_of
from tests.visitor import Visitor, text_of

CHOSEN = {"design": "record", "chart": "radar", "issuing": "sign-off", "months": "24"}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Those of a school with a folder for designs of its own."""
    return replace(settings, design_folders=(tmp_path / "designs",))


@pytest.fixture
def lead(ward: Ward, sign_in: SignIn) -> Visitor:
    return sign_in(ward.lead)


def choose(lead: Visitor, **changed: str) -> TestResponse:
    return lead.post("activity", {**CHOICE, **changed, "csrf": token_of(lead)})


def terms(ward: Ward) -> Terms:
    with ward.rounds.reading() as unit:
        return unit.activities.view(ward.lead.course, ward.activity).terms


def test_what_is_chosen_is_kept_and_shown(ward: Ward, lead: Visitor) -> None:
    assert choose(lead, **CHOSEN).status_code == 303
    found = terms(ward)
    assert (found.design, found.chart, found.sign_off, found.months) == (
        "record", "radar", True, 24,
    )  # fmt: skip
    page = lead.get("activity").text
    for value in ("record", "radar", "sign-off"):
        assert f'<option value="{value}" selected>' in page
    assert 'name="months" value="24"' in page
    choose(lead, **CHOSEN | {"issuing": "by-itself", "months": ""})
    assert (terms(ward).sign_off, terms(ward).months) == (False, None)


def test_what_is_not_sent_stays_as_it_was(ward: Ward, lead: Visitor) -> None:
    choose(lead, **CHOSEN)
    before = terms(ward)
    assert choose(lead).status_code == 303
    assert terms(ward) == before


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("design", "missing", "Design: Choose one of those shown here."),
        ("chart", "pie", "Chart of the averages: Choose one of those shown here."),
        ("issuing", "never", "Issued: Choose one of those shown here."),
        ("months", "0", "Good for how many months: This number is too small or too large."),
        ("months", "121", "Good for how many months: This number is too small or too large."),
        ("months", "soon", "Good for how many months: Enter a whole number."),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    ward: Ward, lead: Visitor, name: str, value: str, words: str
) -> None:
    before = terms(ward)
    page = choose(lead, **{name: value})
    assert page.status_code == 422
    assert words in text_of(page)
    assert terms(ward) == before


def test_a_design_of_the_school_s_own_is_offered_and_missed_when_it_is_gone(
    ward: Ward, lead: Visitor, tmp_path: Path
) -> None:
    own = own_design(tmp_path / "designs")
    assert choose(lead, design="northgate").status_code == 303
    assert "cannot be used" not in text_of(lead.get("activity"))
    shutil.rmtree(own)
    page = lead.get("activity")
    assert '<option value="northgate" selected>northgate (cannot be used)</option>' in page.text
    assert "Design: This design is not there any more" in text_of(page)
    refused = choose(lead, design="northgate")
    assert refused.status_code == 422
    assert "Design: This design is not there any more" in text_of(refused)
    assert choose(lead, design="standard").status_code == 303
    assert "cannot be used" not in text_of(lead.get("activity"))


def test_a_design_is_chosen_once_the_school_has_given_what_it_needs(
    ward: Ward, lead: Visitor
) -> None:
    page = choose(lead, design="formal")
    assert page.status_code == 422
    assert "Design: This design names who signs for the school" in text_of(page)
    assert "Formal (needs signatories)" in text_of(lead.get("activity"))
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        signatories = [{"name": "Prof. Ada Lund", "role": "Dean"}]
        platform = course.deployment.platform_id
        unit.institutions.change(platform, {"signatories": signatories})
        assert unit.session.get_one(Institution, platform).signatories == signatories
    assert choose(lead, design="formal").status_code == 303


# -- A sample ------------------------------------------------------------------------------------


def test_a_sample_is_made_of_what_the_form_says_and_saves_nothing(
    ward: Ward, lead: Visitor
) -> None:
    before = terms(ward)
    fields = {**CHOICE, **CHOSEN, "design": "formal", "csrf": token_of(lead)}
    answer = lead.post("activity/sample", fields)
    assert answer.data.startswith(b"%PDF-1.")
    assert answer.mimetype == "application/pdf"
    assert "sample-certificate.pdf" in answer.headers["Content-Disposition"]
    assert terms(ward) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("design", "missing"), ("design", "../x"), ("chart", "pie"), ("months", "x")],
)
def test_no_sample_of_what_there_is_not(lead: Visitor, name: str, value: str) -> None:
    fields = {name: value, "csrf": token_of(lead)}
    answer = lead.post("activity/sample", fields)
    assert answer.status_code == 422
    assert "look at the form again" in text_of(answer)


def test_a_sample_of_a_faulty_design_is_refused_in_words(lead: Visitor, tmp_path: Path) -> None:
    own = own_design(tmp_path / "designs")
    (own / "certificate.html").write_text("{{ hospital }}", "utf-8")
    answer = lead.post("activity/sample", {"design": "northgate", "csrf": token_of(lead)})
    assert answer.status_code == 400
    assert "This design has a fault" in text_of(answer)


def test_one_sample_is_made_at_a_time(lead: Visitor) -> None:
    with samples.ONE:
        answer = lead.post("activity/sample", {"csrf": token_of(lead)})
    assert answer.status_code == 503
    assert "A sample is being made already" in text_of(answer)


def test_only_who_sets_an_activity_up_has_samples_made(ward: Ward, sign_in: SignIn) -> None:
    for actor in (ward.helen, ward.amara, ward.observer):
        person = sign_in(actor)
        answer = person.post("activity/sample", {"csrf": token_of(person)})
        assert answer.status_code == 403
