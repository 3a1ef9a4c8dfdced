"""What a form must hold before it is submitted, and what raises a flag: each rule by itself."""

from dataclasses import replace
from datetime import date

import pytest

from lti_tool.domain.assessment import (
    COUNTS,
    Alarm,
    Content,
    Fault,
    State,
    alarms,
    answered,
    faults,
)
from lti_tool.domain.rubric import Competency
from lti_tool.packs import Catalogue

TODAY = date(2026, 9, 14)
CRITICAL = "TW-3"
"""Handover, a ★ criterion of the pack; TW-5 is the other one."""


@pytest.fixture(scope="module")
def teamwork(catalogue: Catalogue) -> Competency:
    return catalogue.competency("teamwork")


@pytest.fixture(scope="module")
def sound(teamwork: Competency) -> Content:
    """A form with no fault, in which only what is required was filled in."""
    return Content(ratings={criterion.id: 3 for criterion in teamwork.criteria}, on=TODAY)


def rated(content: Content, **levels: int | None) -> Content:
    """The form with other choices: `TW_3=1` is level 1 on TW-3."""
    changed = {id.replace("_", "-"): level for id, level in levels.items()}
    return replace(content, ratings={**content.ratings, **changed})


def test_what_is_required_is_enough(teamwork: Competency, sound: Content) -> None:
    assert faults(teamwork, sound, TODAY) == {}
    assert alarms(teamwork, sound) == ()


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (None, {"on": Fault.DATE_MISSING}),
        (date(2026, 9, 15), {"on": Fault.DATE_AHEAD}),
        (TODAY, {}),
        (date(2025, 1, 1), {}),
    ],
)
def test_the_date_is_there_and_not_ahead(
    teamwork: Competency, sound: Content, on: date | None, found: dict[str, Fault]
) -> None:
    assert faults(teamwork, replace(sound, on=on), TODAY) == found


def test_every_criterion_wants_a_choice(teamwork: Competency, sound: Content) -> None:
    for criterion in teamwork.criteria:
        left = {id: level for id, level in sound.ratings.items() if id != criterion.id}
        found = faults(teamwork, replace(sound, ratings=left), TODAY)
        assert found == {criterion.id: Fault.CHOOSE}


def test_not_observed_is_a_choice_but_not_for_everything(
    teamwork: Competency, sound: Content
) -> None:
    nothing = replace(sound, ratings=dict.fromkeys(sound.ratings))
    assert faults(teamwork, rated(nothing, TW_6=2), TODAY) == {}
    assert faults(teamwork, nothing, TODAY) == {"TW-1": Fault.NOTHING_SEEN}
    half = replace(sound, ratings={"TW-1": None})
    assert set(faults(teamwork, half, TODAY).values()) == {Fault.CHOOSE}


@pytest.mark.parametrize("words", [{}, {CRITICAL: ""}, {CRITICAL: " \n"}, {"TW-5": "Elsewhere."}])
def test_the_lowest_level_on_a_critical_criterion_wants_words(
    teamwork: Competency, sound: Content, words: dict[str, str]
) -> None:
    low = replace(rated(sound, TW_3=1), what_happened=words)
    assert faults(teamwork, low, TODAY) == {"happened-TW-3": Fault.WHAT_HAPPENED}
    said = replace(low, what_happened={CRITICAL: "Left without handing over."})
    assert faults(teamwork, said, TODAY) == {}


def test_a_concern_wants_words(teamwork: Competency, sound: Content) -> None:
    for text in ("", "  "):
        ticked = replace(sound, concern=True, concern_text=text)
        assert faults(teamwork, ticked, TODAY) == {"concern-text": Fault.WHAT_HAPPENED}
    assert faults(teamwork, replace(sound, concern=True, concern_text="A list."), TODAY) == {}


def test_faults_come_in_the_order_of_the_page(teamwork: Competency, sound: Content) -> None:
    ratings = {"TW-1": 3, "TW-3": 1, "TW-4": 3, "TW-5": 1, "TW-6": 3}
    bad = replace(sound, ratings=ratings, on=None, concern=True)
    assert list(faults(teamwork, bad, TODAY)) == [
        "on", "TW-2", "happened-TW-3", "happened-TW-5", "concern-text",
    ]  # fmt: skip


def test_a_low_critical_level_raises_an_alarm_with_its_words(
    teamwork: Competency, sound: Content
) -> None:
    low = replace(rated(sound, TW_3=1), what_happened={CRITICAL: " Left early. "})
    assert alarms(teamwork, low) == (Alarm(CRITICAL, "Left early."),)


def test_a_concern_raises_an_alarm_about_no_criterion(teamwork: Competency, sound: Content) -> None:
    ticked = replace(sound, concern=True, concern_text=" A list lay open. ")
    assert alarms(teamwork, ticked) == (Alarm(None, "A list lay open."),)


def test_alarms_come_in_the_order_of_the_form_the_concern_last(
    teamwork: Competency, sound: Content
) -> None:
    low = replace(rated(sound, TW_5=1, TW_3=1), concern=True)
    assert [alarm.criterion for alarm in alarms(teamwork, low)] == ["TW-3", "TW-5", None]


@pytest.mark.parametrize(
    "levels",
    [
        pytest.param({"TW_3": 2, "TW_5": 2}, id="critical-but-not-lowest"),
        pytest.param({"TW_1": 1, "TW_2": 1}, id="lowest-but-not-critical"),
        pytest.param({"TW_3": None, "TW_5": None}, id="critical-not-observed"),
    ],
)
def test_nothing_else_raises_an_alarm(
    teamwork: Competency, sound: Content, levels: dict[str, int | None]
) -> None:
    content = replace(
        rated(sound, **levels), what_happened={CRITICAL: "Words left over."}, concern_text="Too."
    )
    assert alarms(teamwork, content) == ()
    assert faults(teamwork, content, TODAY) == {}


def test_answered_counts_not_observed_too(teamwork: Competency) -> None:
    assert answered(teamwork, Content()) == 0
    assert answered(teamwork, Content(ratings={"TW-1": None, "TW-2": 4})) == 2
    assert answered(teamwork, Content(ratings={"TW-1": 3, "PC-1": 3})) == 1


def test_a_choice_of_another_form_answers_nothing(teamwork: Competency, sound: Content) -> None:
    foreign = replace(sound, ratings={**dict.fromkeys(sound.ratings), "PC-1": 4})
    assert faults(teamwork, foreign, TODAY) == {"TW-1": Fault.NOTHING_SEEN}


def test_only_what_was_submitted_and_stands_counts() -> None:
    assert COUNTS == {State.SUBMITTED, State.AMENDED}
