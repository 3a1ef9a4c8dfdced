"""The arithmetic against worked examples, oracles and properties that must always hold."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.domain.result import outcome
from lti_tool.domain.rubric import Competency, Criterion, Level
from lti_tool.domain.scoring import (
    GradeMapping,
    Scored,
    competency_result,
    grade,
    level_passed,
    scaled_grade,
    shown_average,
    shown_grade,
)
from lti_tool.domain.standard import Standard, Verdict

LEVELS = tuple(
    Level(value, f"level-{value}", name, "means", "short")
    for value, name in enumerate(
        ("Needs direction", "Developing", "Dependable", "Exemplary for stage"), start=1
    )
)


def competency(*weights: int, id: str = "a", critical: tuple[int, ...] = ()) -> Competency:
    """A competency whose criteria `<id>-1`, `<id>-2` … have these weights."""
    criteria = tuple(
        Criterion(
            id=f"{id}-{number}",
            uuid=f"{id}-{number}",
            name=f"Criterion {number}",
            about="",
            weight=weight,
            critical=number in critical,
            min_seen=None,
            anchors=("1", "2", "3", "4"),
            anchor_uuids=("1", "2", "3", "4"),
        )
        for number, weight in enumerate(weights, start=1)
    )
    return Competency(
        id=id, uuid=id, version="1.0", title=id.upper(), summary="", default_weight=100,
        expected=3, levels=LEVELS, criteria=criteria, license="CC BY 4.0", note="",
    )  # fmt: skip


def scored(id: str, *rows: tuple[int | None, ...]) -> list[Scored]:
    """Assessments by ever new supervisors, one a row; None is not observed."""
    return [
        Scored(
            assessment=number,
            assessor=number,
            occasion=number,
            on=date(2026, 9, number),
            ratings={f"{id}-{place}": level for place, level in enumerate(row, start=1)},
        )
        for number, row in enumerate(rows, start=1)
    ]


A, B, C = competency(50, 30, 20), competency(40, 40, 20, id="b"), competency(100, id="c")
WORKED = {
    "a": scored("a", (3, 4, None), (3, 3, 2), (4, None, 3)),
    "b": scored("b", (2, 3, 3), (3, 3, None)),
}


def worked(mapping: GradeMapping):
    return outcome([(A, 40), (B, 40), (C, 20)], Standard(), mapping, WORKED, {})


def test_worked_example_of_the_rules() -> None:
    found = worked(GradeMapping.TABLE)
    a, b, c = found.competencies
    assert [one.mean for one in a.result.criteria] == [
        Fraction(10, 3), Fraction(7, 2), Fraction(5, 2),
    ]  # fmt: skip
    assert a.result.mean == Fraction(193, 60)
    assert (shown_average(a.result.mean), level_passed(a.result.mean)) == ("3.2", 3)
    assert [one.mean for one in b.result.criteria] == [Fraction(5, 2), 3, 3]
    assert b.result.mean == Fraction(14, 5)
    assert (shown_average(b.result.mean), level_passed(b.result.mean)) == ("2.8", 2)
    assert c.result.mean is None
    assert found.mean == Fraction(361, 120)
    assert found.verdict is Verdict.NOT_ENOUGH


@pytest.mark.parametrize(
    ("mapping", "number"),
    [(GradeMapping.TABLE, "80.2"), (GradeMapping.POINTS, "75.2"), (GradeMapping.RANGE, "66.9")],
)
def test_worked_example_as_grade(mapping: GradeMapping, number: str) -> None:
    value = worked(mapping).grade
    assert value is not None
    assert shown_grade(value) == number


def test_criterion_first_oracle() -> None:
    """Criterion-first is not observation-first when cells are missing: 3.316667, not 3.290064."""
    rubric = competency(25, 20, 15, 20, 20)
    rows = scored("a", (3, 4, None, 3, 2), (4, 4, 3, None, 3), (3, None, None, 4, 3))
    found = competency_result(rubric, rows)
    assert [one.mean for one in found.criteria] == [
        Fraction(10, 3), 4, 3, Fraction(7, 2), Fraction(8, 3),
    ]  # fmt: skip
    assert [one.seen for one in found.criteria] == [3, 2, 1, 2, 3]
    assert found.mean is not None
    assert round(float(found.mean), 6) == 3.316667
    points = grade(GradeMapping.POINTS, found.mean, met=False, enough=False)
    spread = grade(GradeMapping.RANGE, found.mean, met=False, enough=False)
    assert points is not None
    assert spread is not None
    assert (round(float(points), 2), round(float(spread), 2)) == (82.92, 77.22)


@pytest.mark.parametrize(
    ("mean", "number"), [(1, 40), (2, 60), (3, 80), (4, 100), (Fraction(5, 2), 70)]
)
def test_table_of_levels(mean: Fraction, number: int) -> None:
    assert grade(GradeMapping.TABLE, Fraction(mean), met=False, enough=False) == number


def test_pass_fail_and_completion_give_nothing_before_and_never_zero() -> None:
    mean = Fraction(3)
    assert grade(GradeMapping.PASS_FAIL, mean, met=False, enough=True) is None
    assert grade(GradeMapping.PASS_FAIL, mean, met=True, enough=True) == 100
    assert grade(GradeMapping.COMPLETION, mean, met=False, enough=False) is None
    assert grade(GradeMapping.COMPLETION, mean, met=False, enough=True) == 100


@pytest.mark.parametrize(
    ("mean", "shown", "passed"),
    [
        (Fraction(296, 100), "2.9", 2),
        (Fraction(3), "3.0", 3),
        (Fraction(27, 10), "2.7", 2),
        (Fraction(7, 2), "3.5", 3),
        (Fraction(4), "4.0", 4),
        (Fraction(1), "1.0", 1),
    ],
)
def test_averages_are_rounded_down(mean: Fraction, shown: str, passed: int) -> None:
    assert (shown_average(mean), level_passed(mean)) == (shown, passed)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(481, 6), "80.2"),
        (Fraction(1605, 20), "80.3"),  # 80.25, half up
        (Fraction(84), "84"),
        (Fraction(8397, 100), "84"),
        (Fraction(100), "100"),
        (Fraction(0), "0"),
    ],
)
def test_grades_are_rounded_half_up(value: Fraction, shown: str) -> None:
    assert shown_grade(value) == shown


def test_the_columns_own_maximum() -> None:
    assert scaled_grade(Fraction("84.3"), Fraction(20)) == "16.9"


rows = st.lists(st.tuples(*[st.one_of(st.none(), st.integers(1, 4))] * 3), min_size=1, max_size=12)


@given(rows)
def test_a_mean_lies_between_its_ratings(found: list[tuple[int | None, ...]]) -> None:
    result = competency_result(A, scored_any(found))
    given_levels = [level for row in found for level in row if level is not None]
    if not given_levels:
        assert result.mean is None
    else:
        assert result.mean is not None
        assert min(given_levels) <= result.mean <= max(given_levels)


@given(rows, st.randoms())
def test_order_does_not_matter(found: list[tuple[int | None, ...]], random) -> None:
    rows = scored_any(found)
    before = competency_result(A, rows)
    random.shuffle(rows)
    assert competency_result(A, rows) == before


@given(rows)
def test_not_observing_changes_no_mean(found: list[tuple[int | None, ...]]) -> None:
    """One more assessment in which nothing of a criterion was seen never moves its mean."""
    rows = scored_any(found)
    before = competency_result(A, rows)
    blank = Scored(99, 99, 99, date(2026, 9, 1), {"a-1": None, "a-2": None, "a-3": None})
    after = competency_result(A, [*rows, blank])
    assert after.mean == before.mean
    assert [one.mean for one in after.criteria] == [one.mean for one in before.criteria]


@given(st.fractions(1, 4), st.fractions(1, 4))
def test_a_better_mean_is_never_a_lower_grade(one: Fraction, other: Fraction) -> None:
    for mapping in (GradeMapping.TABLE, GradeMapping.POINTS, GradeMapping.RANGE):
        low, high = (grade(mapping, mean, met=False, enough=False) for mean in sorted((one, other)))
        assert low is not None
        assert high is not None
        assert low <= high


@given(st.fractions(1, 4))
def test_what_is_shown_never_flatters(mean: Fraction) -> None:
    shown = Fraction(shown_average(mean))
    assert shown <= mean < shown + Fraction(1, 10)
    assert level_passed(mean) <= shown


def scored_any(found: list[tuple[int | None, ...]]) -> list[Scored]:
    return [
        Scored(
            number,
            number % 3,
            number,
            date(2026, 9, 1),
            {f"a-{place}": level for place, level in enumerate(row, start=1)},
        )
        for number, row in enumerate(found, start=1)
    ]
