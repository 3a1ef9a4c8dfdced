"""The standard an activity sets, and the judgement of a result against it.

Evidence is judged first: too little of it is *not enough evidence*, whatever the averages say, and
never a penalty. Only then do the bars decide between *met* and *not met*. Comparisons are exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from lti_tool.domain.rubric import Competency, Criterion
from lti_tool.domain.scoring import CompetencyResult, CriterionResult


class Verdict(StrEnum):
    """Where an intern stands."""

    MET = "met"
    NOT_MET = "not-met"
    NOT_ENOUGH = "not-enough-evidence"


@dataclass(frozen=True, slots=True)
class Standard:
    """How much evidence, and how good. The defaults are those the packs recommend.

    `min_mean`, `floor` and `critical` are levels 1 to 4; `max_share` is the largest part of the
    assessments that one supervisor may have written (None: no bar); `flags` says whether an open
    flag keeps the standard from being met.
    """

    min_assessments: int = 8
    min_supervisors: int = 3
    min_seen: int = 3
    min_mean: int = 3
    floor: int = 2
    critical: int = 3
    max_share: Fraction | None = None
    flags: bool = True

    def seen_needed(self, criterion: Criterion) -> int:
        """How often this criterion must be seen: its own bar, else the standard's."""
        return self.min_seen if criterion.min_seen is None else criterion.min_seen


class Bar(StrEnum):
    """What a finding is about. The first four are evidence, the others are how good it is."""

    ASSESSMENTS = "assessments"
    SUPERVISORS = "supervisors"
    SEEN = "seen"
    SHARE = "share"
    MEAN = "mean"
    FLOOR = "floor"
    CRITICAL = "critical"
    FLAGS = "flags"


EVIDENCE = frozenset({Bar.ASSESSMENTS, Bar.SUPERVISORS, Bar.SEEN, Bar.SHARE})


@dataclass(frozen=True, slots=True)
class Finding:
    """One bar and how the result compares: `have` against `need`, for one criterion where named."""

    bar: Bar
    ok: bool
    have: Fraction
    need: Fraction
    criterion: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one competency and every finding behind it, in the order they were judged."""

    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def missing(self) -> tuple[Finding, ...]:
        """What still stands between the intern and the standard, at the stage that decided."""
        short = tuple(finding for finding in self.findings if not finding.ok)
        if self.verdict is Verdict.NOT_ENOUGH:
            return tuple(finding for finding in short if finding.bar in EVIDENCE)
        return short


def judge(
    competency: Competency, standard: Standard, result: CompetencyResult, open_flags: int
) -> Judgement:
    """Judge one competency: evidence first, then the bars. What nobody saw is never met."""
    evidence = tuple(_evidence(competency, standard, result))
    bars = tuple(_bars(competency, standard, result, open_flags))
    if result.mean is None or not all(finding.ok for finding in evidence):
        verdict = Verdict.NOT_ENOUGH
    elif not all(finding.ok for finding in bars):
        verdict = Verdict.NOT_MET
    else:
        verdict = Verdict.MET
    return Judgement(verdict, evidence + bars)


def activity_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """Any *not met* makes the activity not met; else any *not enough* makes it that; else met.

    An activity of no competencies has not enough evidence for anything.
    """
    found = set(verdicts)
    if Verdict.NOT_MET in found:
        return Verdict.NOT_MET
    if Verdict.NOT_ENOUGH in found or not found:
        return Verdict.NOT_ENOUGH
    return Verdict.MET


def _evidence(
    competency: Competency, standard: Standard, result: CompetencyResult
) -> Iterable[Finding]:
    yield _at_least(Bar.ASSESSMENTS, result.assessments, standard.min_assessments)
    yield _at_least(Bar.SUPERVISORS, result.supervisors, standard.min_supervisors)
    for criterion, found in _pairs(competency, result):
        yield _at_least(Bar.SEEN, found.seen, standard.seen_needed(criterion), criterion.id)
    if standard.max_share is not None:
        share, most = result.largest_share, standard.max_share
        yield Finding(Bar.SHARE, share <= most, share, most)


def _bars(
    competency: Competency, standard: Standard, result: CompetencyResult, open_flags: int
) -> Iterable[Finding]:
    if result.mean is not None:
        yield _at_least(Bar.MEAN, result.mean, standard.min_mean)
    for criterion, found in _pairs(competency, result):
        if found.mean is None:
            continue
        yield _at_least(Bar.FLOOR, found.mean, standard.floor, criterion.id)
        if criterion.critical:
            yield _at_least(Bar.CRITICAL, found.mean, standard.critical, criterion.id)
    if standard.flags:
        yield Finding(Bar.FLAGS, open_flags == 0, Fraction(open_flags), Fraction(0))


def _pairs(
    competency: Competency, result: CompetencyResult
) -> Iterable[tuple[Criterion, CriterionResult]]:
    return zip(competency.criteria, result.criteria, strict=True)


def _at_least(
    bar: Bar, have: int | Fraction, need: int | Fraction, criterion: str | None = None
) -> Finding:
    return Finding(bar, have >= need, Fraction(have), Fraction(need), criterion)
