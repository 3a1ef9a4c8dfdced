"""The arithmetic of assessments: criterion means, competency means, the grade. Exact throughout.

The unit is one assessment of one competency. A criterion's mean is taken over the assessments that
observed it; a competency's mean is the weighted mean of those criterion means ("criterion first");
an activity's mean is the weighted mean of its competencies. Not observed is no number and never
lowers anything. The worked example that every formula here is tested against stands in
tests/unit/domain/test_scoring.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from lti_tool.domain.rubric import Competency

Ratings = Mapping[str, int | None]
"""Criterion id → level 1 to 4, or None where the assessor chose *not observed*."""

LOWEST, HIGHEST = 1, 4
FULL_GRADE = 100


class GradeMapping(StrEnum):
    """How an overall mean of 1 to 4 becomes a grade of 0 to 100."""

    TABLE = "table"
    POINTS = "points"
    RANGE = "range"
    PASS_FAIL = "pass-fail"  # noqa: S105  (no password)
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True)
class Scored:
    """One submitted assessment, as far as a result is concerned.

    `occasion` tells occasions apart: two competencies scored on one occasion share it. `setting`
    is where that was, in the assessor's words, and takes no part in the arithmetic.
    """

    assessment: int
    assessor: int
    occasion: int
    on: date
    ratings: Ratings
    setting: str = ""


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """What is known of one criterion. `mean` is None until someone observed it."""

    id: str
    mean: Fraction | None
    seen: int
    supervisors: int
    at_expected: int
    """How many of the `seen` ratings were at the competency's expected level or above."""


@dataclass(frozen=True, slots=True)
class CompetencyResult:
    """What is known of one competency. `mean` is None while no criterion has one."""

    mean: Fraction | None
    criteria: tuple[CriterionResult, ...]
    assessments: int
    supervisors: int
    occasions: int
    largest_share: Fraction
    """The share of all assessments that one supervisor wrote: 0 when there is none, at most 1."""
    first: date | None
    last: date | None

    def criterion(self, id: str) -> CriterionResult:
        """The result of one criterion; KeyError when the competency has none of that id."""
        for criterion in self.criteria:
            if criterion.id == id:
                return criterion
        raise KeyError(id)


def competency_result(competency: Competency, scored: Sequence[Scored]) -> CompetencyResult:
    """Put assessments of one competency together (rules: criterion first, exact).

    m_c = mean over the assessments that observed c; M = Σ w_c·m_c / Σ w_c over criteria with m_c.
    """
    criteria = tuple(
        _criterion_result(criterion.id, competency.expected, scored)
        for criterion in competency.criteria
    )
    weights = {criterion.id: criterion.weight for criterion in competency.criteria}
    mean = weighted_mean((weights[found.id], found.mean) for found in criteria)
    by_assessor: dict[int, int] = {}
    for one in scored:
        by_assessor[one.assessor] = by_assessor.get(one.assessor, 0) + 1
    days = sorted(one.on for one in scored)
    return CompetencyResult(
        mean=mean,
        criteria=criteria,
        assessments=len(scored),
        supervisors=len(by_assessor),
        occasions=len({one.occasion for one in scored}),
        largest_share=Fraction(max(by_assessor.values()), len(scored)) if scored else Fraction(0),
        first=days[0] if days else None,
        last=days[-1] if days else None,
    )


def _criterion_result(id: str, expected: int, scored: Sequence[Scored]) -> CriterionResult:
    seen = [(one.assessor, level) for one in scored if (level := one.ratings.get(id)) is not None]
    levels = [level for _, level in seen]
    return CriterionResult(
        id=id,
        mean=Fraction(sum(levels), len(levels)) if levels else None,
        seen=len(levels),
        supervisors=len({assessor for assessor, _ in seen}),
        at_expected=sum(level >= expected for level in levels),
    )


def weighted_mean(parts: Iterable[tuple[int, Fraction | None]]) -> Fraction | None:
    """Σ w·m / Σ w over the parts that have a mean and a weight above 0; None when there is none."""
    known = [(weight, mean) for weight, mean in parts if mean is not None and weight > 0]
    total = sum(weight for weight, _ in known)
    if not total:
        return None
    return sum((weight * mean for weight, mean in known), Fraction(0)) / total


TABLE = (Fraction(40), Fraction(60), Fraction(80), Fraction(100))
"""The default mapping's grades for the levels 1, 2, 3 and 4; straight lines in between."""


def grade(
    mapping: GradeMapping, mean: Fraction | None, *, met: bool, enough: bool
) -> Fraction | None:
    """The grade of 0 to 100 for an overall mean of 1 to 4, exact; None when there is none to give.

    *pass-fail* gives 100 when the standard is met, *completion* 100 when there is enough evidence;
    before that both give nothing, never 0: missing assessments are no fault of the intern.
    """
    if mapping is GradeMapping.PASS_FAIL:
        return Fraction(FULL_GRADE) if met else None
    if mapping is GradeMapping.COMPLETION:
        return Fraction(FULL_GRADE) if enough else None
    if mean is None:
        return None
    if mapping is GradeMapping.POINTS:
        return mean / HIGHEST * FULL_GRADE
    if mapping is GradeMapping.RANGE:
        return (mean - LOWEST) / (HIGHEST - LOWEST) * FULL_GRADE
    below = min(int(mean), HIGHEST - 1)
    start, end = TABLE[below - 1], TABLE[below]
    return start + (end - start) * (mean - below)


# How numbers are shown ----------------------------------------------------------------------------


def level_passed(mean: Fraction) -> int:
    """The level an average has passed, 1 to 4: 2.96 has passed 2.

    The nearest level would be a word that contradicts the standard.
    """
    return int(mean)


def shown_average(mean: Fraction) -> str:
    """An average of 1 to 4 rounded down to one decimal, always with it: `3.0`, `2.9` for 2.96."""
    tenths = mean * 10 // 1
    return f"{tenths // 10}.{tenths % 10}"


def shown_grade(value: Fraction) -> str:
    """A grade rounded half up to one decimal, a trailing `.0` dropped: `80.2`, `84`.

    This is the number on the page and, as a number, the one sent to the LMS.
    """
    tenths = (value * 10 + Fraction(1, 2)) // 1
    whole, rest = divmod(tenths, 10)
    return f"{whole}.{rest}" if rest else f"{whole}"


def scaled_grade(value: Fraction, maximum: Fraction) -> str:
    """The same grade out of a column's own maximum, as `shown_grade` rounds: 84.3 of 20 → `16.9`.

    The rounded grade is scaled, so that what the column shows follows from what the page says.
    """
    return shown_grade(Fraction(shown_grade(value)) * maximum / FULL_GRADE)
