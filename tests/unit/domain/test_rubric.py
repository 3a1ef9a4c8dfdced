"""The rubric's values: what can be looked up in a competency, and what is refused."""

import dataclasses

import pytest

from lti_tool.domain.rubric import Competency, Criterion, Level


def a_level(value: int, name: str) -> Level:
    return Level(
        value=value, id=f"level-{value}", name=name, means=f"means {value}", short=f"short {value}"
    )


LEVELS = (
    a_level(1, "Needs direction"),
    a_level(2, "Developing"),
    a_level(3, "Dependable"),
    a_level(4, "Exemplary for stage"),
)


def a_criterion(criterion_id: str, *, critical: bool = False, shorts: bool = False) -> Criterion:
    return Criterion(
        id=criterion_id,
        uuid=f"uuid-{criterion_id}",
        name=f"Name of {criterion_id}",
        about="What it is about.",
        weight=50,
        critical=critical,
        min_seen=None,
        anchors=("one", "two", "three", "four"),
        anchor_uuids=("a", "b", "c", "d"),
        anchor_shorts=("1", "2", "", "4") if shorts else ("", "", "", ""),
        look_for={"medicine": ("a look",)},
    )


def a_competency(default_weight: int = 35) -> Competency:
    return Competency(
        id="teamwork",
        uuid="uuid",
        version="1.0",
        title="Teamwork",
        summary="Works with others.",
        default_weight=default_weight,
        expected=3,
        levels=LEVELS,
        criteria=(a_criterion("TW-1"), a_criterion("TW-2", critical=True)),
        license="CC BY 4.0",
        note="Starting content.",
    )


def test_a_criterion_is_found_by_its_id() -> None:
    assert a_competency().criterion("TW-2").name == "Name of TW-2"
    with pytest.raises(KeyError, match="TW-9"):
        a_competency().criterion("TW-9")


def test_only_starred_criteria_are_critical() -> None:
    assert [criterion.id for criterion in a_competency().critical_criteria] == ["TW-2"]


@pytest.mark.parametrize(("default_weight", "formative"), [(0, True), (1, False), (100, False)])
def test_weight_zero_means_formative(default_weight: int, formative: bool) -> None:
    assert a_competency(default_weight).formative is formative


def test_anchors_and_levels_are_counted_from_one() -> None:
    criterion = a_criterion("TW-1")
    assert [criterion.anchor(value) for value in (1, 2, 3, 4)] == [
        "one",
        "two",
        "three",
        "four",
    ]
    assert a_competency().level(3).name == "Dependable"


@pytest.mark.parametrize("value", [0, 5, -1])
def test_a_level_off_the_scale_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        a_criterion("TW-1").anchor(value)
    with pytest.raises(ValueError, match="not in tuple"):
        a_competency().level(value)


def test_a_missing_short_form_falls_back_to_the_whole_anchor() -> None:
    criterion = a_criterion("TW-1", shorts=True)
    assert criterion.anchor_short(2) == "2"
    assert criterion.anchor_short(3) == "three"


def test_values_do_not_change_and_can_be_kept_in_a_set() -> None:
    competency = a_competency()
    with pytest.raises(dataclasses.FrozenInstanceError):
        competency.title = "Other"  # type: ignore[misc]  # that it is refused is the test
    assert {competency, a_competency()} == {competency}
