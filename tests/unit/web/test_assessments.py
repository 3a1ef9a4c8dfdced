"""Scoring over HTTP: what pages show, what they refuse, and that nothing typed is lost."""

from collections.abc import Callable

import pytest
from flask import Flask

from lti_tool.domain.assessment import LONGEST_LINE, LONGEST_TEXT, State
from lti_tool.domain.people import Actor
from lti_tool.services.unit import Rounds
from lti_tool.web.assessment_words import STATEMENTS
from tests import factories
from tests.factories import Ward
from tests.visitor import Visitor, fields_of, text_of, visitor

TEAMWORK = "teamwork"
ALL_DEPENDABLE = {f"TW-{number}": "3" for number in range(1, 7)}
STAR, PLAIN = "TW-3", "TW-4"

SignIn = Callable[[Actor], Visitor]


@pytest.fixture
def ward(rounds: Rounds) -> Ward:
    return factories.ward(rounds)


@pytest.fixture
def sign_in(app: Flask, ward: Ward) -> SignIn:
    return lambda actor: visitor(app, ward.rounds, actor, ward.activity)


@pytest.fixture
def helen(sign_in: SignIn, ward: Ward) -> Visitor:
    return sign_in(ward.helen)


@pytest.fixture
def draft(ward: Ward) -> int:
    """Helen's open draft of Amara's teamwork."""
    return ward.draft(ward.helen, ward.amara, TEAMWORK)


@pytest.fixture
def submitted(ward: Ward) -> int:
    """What Helen submitted of Amara's teamwork: dependable throughout, but low at handover."""
    return ward.score(
        ward.helen, ward.amara, TEAMWORK, 3, 3, 1, 3,
        what_happened={STAR: "Left early."}, worked="You listened.",
    )  # fmt: skip


def stored(ward: Ward, id: int) -> tuple[State, dict[str, int | None], str]:
    with ward.rounds.reading() as unit:
        form = unit.assessments.form(ward.helen, id)
    return form.state, dict(form.content.ratings), form.content.worked


# Beginning ----------------------------------------------------------------------------------------


def test_a_supervisor_chooses_a_competency_and_lands_on_its_form(
    helen: Visitor, ward: Ward
) -> None:
    start = helen.get(f"interns/{ward.amara.person}/score")
    assert "Patient communication" in text_of(start)
    assert "Enter a paper form" not in text_of(start)

    begun = helen.send(start, f"interns/{ward.amara.person}/assessments", competency=TEAMWORK)

    assert begun.status_code == 303
    form = helen.client.get(begun.location)
    assert "<h1>Amara Okafor</h1>" in form.text
    again = helen.get(f"interns/{ward.amara.person}/score")
    assert "Continue: Teamwork" in again.text


def test_a_course_lead_enters_a_paper_form_that_says_so(sign_in: SignIn, ward: Ward) -> None:
    lead = sign_in(ward.lead)
    start = lead.get(f"interns/{ward.amara.person}/score")
    assert "Enter a paper form" in text_of(start)
    begun = lead.send(
        start,
        f"interns/{ward.amara.person}/assessments",
        competency=TEAMWORK,
        paper_for=str(ward.ruth.person),
    )
    assert "Paper form of Ruth Osei, entered by you" in text_of(lead.client.get(begun.location))
    again = lead.get(f"interns/{ward.amara.person}/score")
    assert f'href="{begun.location}" aria-label="Continue: Teamwork"' in again.text


def test_a_start_with_foreign_or_made_up_values_is_refused_in_words(
    helen: Visitor, ward: Ward
) -> None:
    csrf = fields_of(helen.get(f"interns/{ward.amara.person}/score").text)["csrf"]
    refused: list[tuple[dict[str, str], int, str]] = [
        ({"competency": "no-such-competency"}, 404, "competency-unknown"),
        ({"competency": TEAMWORK, "same_occasion_as": "999999"}, 404, "not-in-this-course"),
        ({"competency": TEAMWORK, "same_occasion_as": "9" * 30}, 400, "form-unreadable"),
        ({"competency": TEAMWORK, "paper_for": "1"}, 403, "not-allowed"),
        ({"competency": TEAMWORK, "colour": "red"}, 400, "form-unreadable"),
        ({"competency": "team\0work"}, 400, "form-unreadable"),
        ({}, 400, "form-unreadable"),
    ]
    for fields, status, code in refused:
        answer = helen.post(f"interns/{ward.amara.person}/assessments", {"csrf": csrf, **fields})
        assert (answer.status_code, code in answer.text) == (status, True), fields


def test_a_form_without_the_token_of_the_session_changes_nothing(
    helen: Visitor, ward: Ward, draft: int
) -> None:
    form = helen.get(f"assessments/{draft}")
    answer = helen.send(form, f"assessments/{draft}", csrf=None, **ALL_DEPENDABLE)
    assert answer.status_code == 403
    assert stored(ward, draft)[0] == State.DRAFT


# The form -----------------------------------------------------------------------------------------


def test_the_form_has_a_named_group_of_radios_for_each_criterion_and_shows_no_points(
    helen: Visitor, ward: Ward, draft: int
) -> None:
    page = helen.get(f"assessments/{draft}").text
    competency = ward.competency(TEAMWORK)
    for criterion in competency.criteria:
        assert f"<legend>{criterion.name}</legend>" in page
        for value in ("1", "2", "3", "4", "no"):
            assert page.count(f'name="{criterion.id}" value="{value}"') == 1
    assert page.count("<b>Not observed</b>") == len(competency.criteria)
    for words in (
        "What did you see that worked?",
        "One thing to try next time",
        "Submit assessment",
        *map(str, STATEMENTS.values()),
    ):
        assert words in page
    assert page.count("What happened?") == len(competency.critical_criteria)
    assert " checked" not in page, "nothing is chosen beforehand"


def test_names_are_inert_on_the_page(app: Flask, ward: Ward) -> None:
    hostile = "<script>alert(1)</script>\"'=cmd()"
    with ward.rounds.work() as unit:
        course = unit.session.get_one(factories.Course, ward.helen.course)
        intern = factories.member(unit.session, course, hostile, factories.Role.INTERN)
    id = ward.draft(ward.helen, intern, TEAMWORK)
    page = visitor(app, ward.rounds, ward.helen, ward.activity).get(f"assessments/{id}")
    assert "<script>alert" not in page.text
    assert hostile in text_of(page).replace(" ", " ")


def test_saving_keeps_what_is_there_and_answers_with_the_new_version(
    helen: Visitor, ward: Ward, draft: int
) -> None:
    form = helen.get(f"assessments/{draft}")
    answer = helen.send(
        form, f"assessments/{draft}/draft", **{PLAIN: "2"}, worked="Half a sen", setting="Ward 6"
    )
    assert answer.status_code == 200
    assert "5 still to score" in text_of(answer)
    assert "Ward 6" in answer.text
    assert fields_of(answer.text)["version"] == str(int(fields_of(form.text)["version"]) + 1)
    assert stored(ward, draft) == (State.DRAFT, {PLAIN: 2}, "Half a sen")


def test_without_scripts_a_draft_is_kept_for_later(helen: Visitor, ward: Ward, draft: int) -> None:
    form = helen.get(f"assessments/{draft}")
    answer = helen.send(form, f"assessments/{draft}", action="save", **{STAR: "no"})
    assert answer.status_code == 303
    again = helen.client.get(answer.location)
    assert fields_of(again.text)[STAR] == "no"


def test_submitting_leads_to_the_page_to_read_and_to_the_same_occasion(
    helen: Visitor, ward: Ward, draft: int
) -> None:
    form = helen.get(f"assessments/{draft}")
    answer = helen.send(form, f"assessments/{draft}", setting="Ward 6", **ALL_DEPENDABLE)
    assert answer.status_code == 303
    page = helen.client.get(answer.location)
    assert "Amara Okafor can read this now." in text_of(page)
    assert "Submit assessment" not in page.text
    assert stored(ward, draft)[0] == State.SUBMITTED

    more = helen.send(page, f"interns/{ward.amara.person}/assessments", competency="documentation")
    assert fields_of(helen.client.get(more.location).text)["setting"] == "Ward 6"


def test_what_is_missing_is_listed_and_stands_beside_its_field(
    helen: Visitor, ward: Ward, draft: int
) -> None:
    form = helen.get(f"assessments/{draft}")
    answer = helen.send(
        form, f"assessments/{draft}",
        **{**ALL_DEPENDABLE, STAR: "1", PLAIN: None},
        worked="Still here.", concern="1", on="",
    )  # fmt: skip
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert 'role="alert"' in answer.text
    words = text_of(answer)
    assert "4 things before you submit" in words
    assert words.index("Date: choose a day") < words.index("Handover: say what happened")
    assert f'id="{PLAIN}" data-step aria-describedby="{PLAIN}-msg"' in answer.text
    assert f'href="#happened-{STAR}"' in answer.text
    assert fields_of(answer.text)["worked"] == "Still here."
    assert fields_of(answer.text)[STAR] == "1"
    assert stored(ward, draft) == (State.DRAFT, {}, ""), "nothing is half saved"


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        (PLAIN, "5", "Choose one of the levels shown here"),
        (PLAIN, "<b>", "Choose one of the levels shown here"),
        ("support", "6", "Choose one of those shown here."),
        ("worked", "x" * (LONGEST_TEXT + 1), "This is longer than 4000 characters."),
        ("setting", "x" * (LONGEST_LINE + 1), "This is longer than 120 characters."),
        ("on", "31/12/2026", "This is not a date."),
        ("on", "2199-01-01", "This day is still to come."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_kept_as_typed(
    helen: Visitor, ward: Ward, draft: int, field: str, text: str, words: str
) -> None:
    form = helen.get(f"assessments/{draft}")
    fields = {**ALL_DEPENDABLE, "next": "Kept.", field: text}
    answer = helen.send(form, f"assessments/{draft}", **fields)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert f'id="{field}-msg"' in answer.text
    shown = fields_of(answer.text)
    assert shown["next"] == "Kept."
    if field not in (PLAIN, "support"):
        assert shown[field] == text
    assert stored(ward, draft)[0] == State.DRAFT


def test_a_page_without_a_version_of_ours_is_unreadable(helen: Visitor, draft: int) -> None:
    form = helen.get(f"assessments/{draft}")
    for version in ("", "x", "-1", "9" * 20):
        answer = helen.send(form, f"assessments/{draft}/draft", version=version)
        assert answer.status_code == 400
        assert "form-unreadable" in answer.text


def test_too_long_a_text_is_not_saved_and_the_state_says_so(
    helen: Visitor, ward: Ward, draft: int
) -> None:
    form = helen.get(f"assessments/{draft}")
    answer = helen.send(form, f"assessments/{draft}/draft", worked="x" * (LONGEST_TEXT + 1))
    assert answer.status_code == 422
    assert "One thing to look at" in text_of(answer)
    assert 'name="version"' not in answer.text
    assert stored(ward, draft)[2] == ""


# Two tabs -----------------------------------------------------------------------------------------


def test_a_second_tab_is_refused_shown_the_difference_and_loses_nothing(
    helen: Visitor, ward: Ward, draft: int
) -> None:
    one = two = helen.get(f"assessments/{draft}")
    helen.send(one, f"assessments/{draft}/draft", **{**ALL_DEPENDABLE, STAR: "4"}, worked="One.")

    saving = helen.send(two, f"assessments/{draft}/draft", worked="Two.")
    assert saving.status_code == 409
    assert "See what changed before you submit." in text_of(saving)
    assert 'name="version"' not in saving.text, "the page keeps its version: it stays refused"

    refused = helen.send(two, f"assessments/{draft}", **ALL_DEPENDABLE, worked="Two.")
    assert refused.status_code == 409
    words = text_of(refused)
    assert "Handover Saved: Exemplary for stage" in words
    assert "What did you see that worked? Saved: One." in words
    assert fields_of(refused.text)["worked"] == "Two."
    assert stored(ward, draft)[2] == "One."

    assert helen.send(refused, f"assessments/{draft}").status_code == 303
    assert stored(ward, draft)[2] == "Two."


def test_a_form_sent_twice_is_submitted_once(helen: Visitor, draft: int) -> None:
    form = helen.get(f"assessments/{draft}")
    first = helen.send(form, f"assessments/{draft}", **ALL_DEPENDABLE)
    second = helen.send(form, f"assessments/{draft}", **ALL_DEPENDABLE)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location


def test_what_was_typed_in_a_tab_left_behind_can_become_an_amendment(
    helen: Visitor, ward: Ward, draft: int
) -> None:
    left_behind = helen.get(f"assessments/{draft}")
    helen.send(left_behind, f"assessments/{draft}", **ALL_DEPENDABLE)
    refused = helen.send(left_behind, f"assessments/{draft}", **ALL_DEPENDABLE, worked="Late.")
    assert refused.status_code == 409
    assert fields_of(refused.text)["worked"] == "Late."
    assert f"/assessments/{draft}/amend" in refused.text
    done = helen.send(refused, f"assessments/{draft}/amend", reason="I added a word.")
    assert done.status_code == 303
    assert stored(ward, draft)[2] == "Late."


# Reading and changing -----------------------------------------------------------------------------


def test_each_reader_sees_what_is_theirs_to_read(
    sign_in: SignIn, ward: Ward, submitted: int
) -> None:
    path = f"assessments/{submitted}"
    intern, lead, ruth = (sign_in(actor) for actor in (ward.amara, ward.lead, ward.ruth))

    assert "You listened." in intern.get(path).text
    assert "Left early." not in intern.get(path).text
    assert "Amend" not in text_of(intern.get(path))
    assert lead.get(path).text.count("Left early.") == 1, "with the flag alone"
    assert "Amend" not in text_of(lead.get(path)), "nobody changes another's words"
    assert ruth.get(path).status_code == 403
    ward.score(ward.ruth, ward.amara, TEAMWORK, 3)
    assert "You listened." in ruth.get(path).text
    assert sign_in(ward.jonas).get(path).status_code == 403
    assert sign_in(ward.observer).get(path).status_code == 403


def test_a_draft_is_nobody_elses(sign_in: SignIn, ward: Ward, draft: int) -> None:
    for actor in (ward.ruth, ward.lead, ward.amara):
        answer = sign_in(actor).get(f"assessments/{draft}")
        assert answer.status_code == 403
        assert "Submit assessment" not in answer.text


def test_an_assessment_of_another_course_does_not_exist(
    app: Flask, rounds: Rounds, submitted: int
) -> None:
    elsewhere = factories.ward(rounds)
    stranger = visitor(app, rounds, elsewhere.helen, elsewhere.activity)
    for path in ("", "/amend", "/withdraw", "/move", "/discard"):
        assert stranger.get(f"assessments/{submitted}{path}").status_code == 404, path


def test_numbers_that_no_row_can_have_are_no_such_page(helen: Visitor) -> None:
    for number in (0, 2**31, 2**63, 10**30):
        for path in ("assessments/{}", "interns/{}/score", "assessments/{}/move"):
            assert helen.get(path.format(number)).status_code == 404


def test_text_of_any_kind_is_kept_or_refused(helen: Visitor, ward: Ward, draft: int) -> None:
    form = fields_of(helen.get(f"assessments/{draft}").text)
    strange = "\u202e\U0001f600 <b>&amp; =cmd()"
    kept = helen.post(f"assessments/{draft}/draft", {**form, "worked": strange})
    assert kept.status_code == 200
    assert stored(ward, draft)[2] == strange
    form["version"] = fields_of(kept.text)["version"]
    assert helen.post(f"assessments/{draft}", {**form, "worked": "x" * 900_000}).status_code == 422
    assert helen.post(f"assessments/{draft}", {**form, "worked": "x" * 10**6}).status_code == 413
    broken = helen.client.post(
        f"/s/{helen.launch}/assessments/{draft}/draft",
        data=f"csrf={form['csrf']}&version={form['version']}&worked=".encode() + b"\xff%ff",
        content_type="application/x-www-form-urlencoded",
    )
    assert broken.status_code < 500


def test_amending_needs_a_reason_and_keeps_what_was_said(
    helen: Visitor, ward: Ward, submitted: int
) -> None:
    form = helen.get(f"assessments/{submitted}/amend")
    assert fields_of(form.text)[STAR] == "1"
    refused = helen.send(form, f"assessments/{submitted}/amend", **{STAR: "2"})
    assert refused.status_code == 422
    assert "Reason: say why" in text_of(refused)
    done = helen.send(refused, f"assessments/{submitted}/amend", reason="I mixed up two days.")
    page = text_of(helen.client.get(done.location))
    assert "Amended" in page
    assert "Changed by Dr Helen Brandt: I mixed up two days." in page
    assert "Left early." in page, "the first version is kept"


def test_withdrawing_needs_a_reason_and_then_says_so(helen: Visitor, submitted: int) -> None:
    path = f"assessments/{submitted}/withdraw"
    form = helen.get(path)
    refused = helen.send(form, path)
    assert refused.status_code == 422
    assert "Say why." in text_of(refused)
    done = helen.send(refused, path, reason="Wrong day.")
    page = text_of(helen.client.get(done.location))
    assert "Withdrawn: it no longer counts" in page
    assert helen.get(path).status_code == 403


def test_moving_gives_it_to_the_intern_it_is_of(helen: Visitor, ward: Ward, submitted: int) -> None:
    path = f"assessments/{submitted}/move"
    form = helen.get(path)
    for wrong in ("", "x", "0", str(ward.amara.person)):
        refused = helen.send(form, path, intern=wrong, reason="Mixed up.")
        assert refused.status_code == 422
        assert "Choose one of those shown here." in text_of(refused)
        assert fields_of(refused.text)["reason"] == "Mixed up."
    assert helen.send(form, path, intern="999999", reason="Mixed up.").status_code == 404
    done = helen.send(form, path, intern=str(ward.jonas.person), reason="Mixed up.")
    assert "<h1>Jonas Lindqvist</h1>" in helen.client.get(done.location).text


def test_a_change_on_an_old_page_is_refused(helen: Visitor, ward: Ward, submitted: int) -> None:
    path = f"assessments/{submitted}/withdraw"
    old = helen.get(path)
    amend = helen.get(f"assessments/{submitted}/amend")
    helen.send(amend, f"assessments/{submitted}/amend", worked="More.", reason="More to say.")
    refused = helen.send(old, path, reason="Wrong day.")
    assert refused.status_code == 409
    assert "This was changed after you opened it." in text_of(refused)
    assert fields_of(refused.text)["reason"] == "Wrong day."


def test_a_draft_is_thrown_away_only_when_asked_twice(
    helen: Visitor, ward: Ward, draft: int
) -> None:
    ask = helen.get(f"assessments/{draft}/discard")
    assert helen.get(f"assessments/{draft}").status_code == 200
    assert helen.send(ask, f"assessments/{draft}/discard").status_code == 303
    assert helen.get(f"assessments/{draft}").status_code == 404
    assert "Draft" not in text_of(helen.get(f"interns/{ward.amara.person}/score"))


def test_a_submitted_assessment_is_not_discarded(helen: Visitor, submitted: int) -> None:
    assert helen.get(f"assessments/{submitted}/discard").status_code == 303
    ask = helen.get(f"assessments/{submitted}/withdraw")
    answer = helen.send(ask, f"assessments/{submitted}/discard", version=None, reason=None)
    assert answer.status_code == 409
