"""Result: all that is known of one intern in one activity, put together from what was scored.

A competency of weight 0 is for feedback: it is judged and shown, and takes no part in the mean,
the grade or the standing of the activity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lti_tool.domain.rubric import Competency
from lti_tool.domain.scoring import (
    CompetencyResult,
    GradeMapping,
    Scored,
    competency_result,
    grade,
    weighted_mean,
)
from lti_tool.domain.standard import Judgement, Standard, Verdict, activity_verdict, judge


@dataclass(frozen=True, slots=True)
class CompetencyOutcome:
    """One competency of an activity: its numbers and how they compare with the standard."""

    competency: Competency
    weight: int
    result: CompetencyResult
    judgement: Judgement
    grade: Fraction | None

    @property
    def verdict(self) -> Verdict:
        """Where the intern stands in this competency."""
        return self.judgement.verdict

    @property
    def counts(self) -> bool:
        """Whether it takes part in the activity's grade and standing."""
        return self.weight > 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """An intern's whole result. `grade` is exact, 0 to 100, None while there is nothing to give."""

    competencies: tuple[CompetencyOutcome, ...]
    mean: Fraction | None
    verdict: Verdict
    grade: Fraction | None

    @property
    def counting(self) -> tuple[CompetencyOutcome, ...]:
        """The competencies that take part in the grade and the standing."""
        return tuple(one for one in self.competencies if one.counts)

    @property
    def provisional(self) -> bool:
        """Whether some competency that counts has not enough evidence yet."""
        return self.verdict is not Verdict.MET and any(
            one.verdict is Verdict.NOT_ENOUGH for one in self.counting
        )


def outcome(
    chosen: Sequence[tuple[Competency, int]],
    standard: Standard,
    mapping: GradeMapping,
    scored: Mapping[str, Sequence[Scored]],
    open_flags: Mapping[str, int],
) -> Outcome:
    """Compute a result. `chosen` pairs competencies with weights; the mappings go by their ids."""
    found = tuple(
        _competency_outcome(
            competency,
            weight,
            standard,
            mapping,
            scored.get(competency.id, ()),
            open_flags.get(competency.id, 0),
        )
        for competency, weight in chosen
    )
    mean = weighted_mean((one.weight, one.result.mean) for one in found)
    verdict = activity_verdict(one.verdict for one in found if one.counts)
    return Outcome(found, mean, verdict, _grade(mapping, mean, verdict))


def _competency_outcome(
    competency: Competency,
    weight: int,
    standard: Standard,
    mapping: GradeMapping,
    scored: Sequence[Scored],
    open_flags: int,
) -> CompetencyOutcome:
    result = competency_result(competency, scored)
    judgement = judge(competency, standard, result, open_flags)
    return CompetencyOutcome(
        competency, weight, result, judgement, _grade(mapping, result.mean, judgement.verdict)
    )


def _grade(mapping: GradeMapping, mean: Fraction | None, verdict: Verdict) -> Fraction | None:
    return grade(
        mapping,
        mean,
        met=verdict is Verdict.MET,
        enough=verdict is not Verdict.NOT_ENOUGH,
    )
