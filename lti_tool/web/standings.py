"""What a result page says of each competency and each criterion, put into what a template shows."""

from dataclasses import dataclass
from fractions import Fraction

from flask_babel import gettext as _

from lti_tool.domain.result import CompetencyOutcome, Outcome
from lti_tool.domain.rubric import Criterion
from lti_tool.domain.scoring import CriterionResult, level_passed, shown_average
from lti_tool.domain.standard import Bar, Finding, Standard, Verdict
from lti_tool.services.passback_views import Delivery

NAMED = 3
"""How many criteria that were seen too few times are named one by one."""


# Standings ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an intern stands in one competency, and what stands between them and the standard."""

    outcome: CompetencyOutcome
    missing: tuple[Finding, ...]
    rarely_seen: int
    """How many criteria were seen too few times, where they are too many to be named."""
    counted: bool
    """There are as many assessments, by as many supervisors, as the standard asks."""
    seen_enough: bool
    """Every criterion was seen as often as the standard asks."""
    mean_met: bool
    """The average is what the standard asks, and there is enough to say so."""
    looked_at: bool
    """Only the course lead can say more: something that is not for the intern stands open."""
    delivery: Delivery | None


def is_shown(found: CompetencyOutcome, outcome: Outcome) -> bool:
    """What is for feedback only is not asked for, so it shows once there is some."""
    return found.counts or found.result.assessments > 0 or not outcome.counting


def standing(found: CompetencyOutcome, delivery: Delivery | None, *, own: bool) -> Standing:
    """What is told of a competency: less to the intern (`own`) than to a course lead."""
    missing = found.judgement.missing
    told = tuple(one for one in missing if _is_told(one, missing, own=own))
    rare = [one for one in told if one.bar is Bar.SEEN]
    any_at_all = found.result.assessments > 0
    named = any_at_all and len(rare) <= NAMED
    return Standing(
        outcome=found,
        missing=told if named else tuple(one for one in told if one.bar is not Bar.SEEN),
        rarely_seen=len(rare) if any_at_all and not named else 0,
        counted=any_at_all and _all_ok(found, Bar.ASSESSMENTS, Bar.SUPERVISORS),
        seen_enough=any_at_all and _all_ok(found, Bar.SEEN),
        mean_met=found.verdict is not Verdict.NOT_ENOUGH and _all_ok(found, Bar.MEAN),
        looked_at=bool(missing) and not told,
        delivery=delivery,
    )


def _all_ok(found: CompetencyOutcome, *bars: Bar) -> bool:
    return all(one.ok for one in found.judgement.findings if one.bar in bars)


def _is_told(finding: Finding, missing: tuple[Finding, ...], *, own: bool) -> bool:
    """Flags are never told to interns; of two bars on one criterion the higher one says it all."""
    if finding.bar is Bar.FLAGS:
        return not own
    higher = (one for one in missing if one.bar is Bar.CRITICAL)
    return finding.bar is not Bar.FLOOR or finding.criterion not in {
        one.criterion for one in higher
    }


# Criterion by criterion ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Strip:
    """One criterion: its mean as a drawing, in a word and in figures."""

    name: str
    mean: Fraction | None
    shown: str
    word: str
    seen: str
    kind: str
    """`low` below the expected level, `thin` where it was seen too few times, else ""."""


def strips(found: CompetencyOutcome, standard: Standard) -> list[Strip]:
    """The criteria of a competency, in the order of the form."""
    pairs = zip(found.competency.criteria, found.result.criteria, strict=True)
    return [_strip(found, standard, criterion, result) for criterion, result in pairs]


def _strip(
    found: CompetencyOutcome, standard: Standard, criterion: Criterion, result: CriterionResult
) -> Strip:
    if result.mean is None:
        return Strip(criterion.name, None, "", "", "", "")
    kind = "low" if result.mean < found.competency.expected else ""
    return Strip(
        name=criterion.name,
        mean=result.mean,
        shown=shown_average(result.mean),
        word=found.competency.level(level_passed(result.mean)).name,
        seen=_times(result.seen),
        kind="thin" if result.seen < standard.seen_needed(criterion) else kind,
    )


def _times(count: int) -> str:
    if count <= 2:
        return str(_("seen once") if count == 1 else _("seen twice"))
    return str(_("seen %(num)s times", num=count))
