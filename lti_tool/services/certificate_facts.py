"""The facts of a certificate, gathered from a result: only what is known, nothing made up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lti_tool.domain.certificate import (
    Codes,
    CompetencyFacts,
    CriterionFacts,
    ExceptionFacts,
    Facts,
    LevelFacts,
    StandardFacts,
    strip_x,
    tidy,
)
from lti_tool.domain.result import CompetencyOutcome, Outcome
from lti_tool.domain.rubric import Competency, Criterion
from lti_tool.domain.scoring import CriterionResult, Scored, level_passed, shown_average
from lti_tool.models.activity import Activity
from lti_tool.models.course import Course
from lti_tool.models.person import Person
from lti_tool.services.activities import load_standard
from lti_tool.services.institutions import InstitutionView


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a certificate rests on: an intern's result, and the assessments behind it."""

    activity: Activity
    intern: Person
    found: Outcome
    scored: Mapping[str, Sequence[Scored]]


def facts_of(
    grounds: Grounds,
    school: InstitutionView,
    codes: Codes,
    *,
    issued_on: date,
    expires_on: date | None,
    signer: Person | None,
) -> Facts:
    """What a certificate on these grounds says. Competencies for feedback only are left out.

    `signer` signed it off; None where nobody is asked.
    """
    activity, counting = grounds.activity, grounds.found.counting
    rows = [row for one in counting for row in grounds.scored.get(one.competency.id, ())]
    days = sorted(row.on for row in rows)
    names = names_of(activity)
    return Facts(
        issuer=school.name or names.issuer,
        course=names.course,
        activity=names.activity,
        person=tidy(grounds.intern.name),
        first=days[0],
        last=days[-1],
        occasions=len({row.occasion for row in rows}),
        supervisors=len({row.assessor for row in rows}),
        competencies=tuple(map(_competency, counting)),
        levels=levels_of(counting[0].competency),
        standard=standard_of(activity, [one.competency for one in counting]),
        issued_on=issued_on,
        code=codes.code,
        holder_key=codes.holder_key,
        verify_url=codes.verify_url,
        settings=_settings(rows),
        expires_on=expires_on,
        signed_off_by=tidy(signer.name) if signer else "",
        wording=school.wording,
        signatories=school.signatories,
        chart=activity.chart,
    )


_MOST_SETTINGS = 50


def _settings(rows: Sequence[Scored]) -> tuple[str, ...]:
    """Where it was seen, the most frequent places first, each once however it was capitalised."""
    said = {row.occasion: tidy(row.setting) for row in rows}
    words = {place.casefold(): place for place in said.values() if place}
    often = Counter(place.casefold() for place in said.values() if place)
    return tuple(words[place] for place, _ in often.most_common(_MOST_SETTINGS))


@dataclass(frozen=True, slots=True)
class Names:
    """What a school, a course and an activity are called: something, whatever the LMS left out."""

    issuer: str
    course: str
    activity: str


def names_of(activity: Activity) -> Names:
    """The names as they are known today."""
    issuer = issuer_of(activity.course)
    course = _first(activity.course.title, activity.course.label, activity.title, issuer)
    return Names(issuer, course, _first(activity.title, course))


def issuer_of(course: Course) -> str:
    """The school that a course is of."""
    return _first(course.school, course.deployment.platform.name)


def _first(*texts: str) -> str:
    """The first that says anything: LMSs may send no title, or a blank one."""
    return next(filter(None, map(tidy, texts)), "")


def levels_of(competency: Competency) -> tuple[LevelFacts, ...]:
    """The scale of a competency, lowest first."""
    return tuple(LevelFacts(level.name, level.means) for level in competency.levels)


def _competency(one: CompetencyOutcome) -> CompetencyFacts:
    return CompetencyFacts(
        title=one.competency.title,
        version=one.competency.version,
        occasions=one.result.occasions,
        supervisors=one.result.supervisors,
        criteria=criteria_of(one),
    )


def criteria_of(one: CompetencyOutcome) -> tuple[CriterionFacts, ...]:
    """Every criterion of a competency, also those that nobody observed."""
    pairs = zip(one.competency.criteria, one.result.criteria, strict=True)
    return tuple(_criterion(one.competency, criterion, row) for criterion, row in pairs)


def _criterion(
    competency: Competency, criterion: Criterion, row: CriterionResult
) -> CriterionFacts:
    facts = CriterionFacts(
        name=criterion.name,
        critical=criterion.critical,
        dependable_or_better=row.at_expected,
        seen=row.seen,
        supervisors=row.supervisors,
    )
    if row.mean is None:
        return facts
    passed = level_passed(row.mean)
    return CriterionFacts(
        name=facts.name,
        critical=facts.critical,
        dependable_or_better=facts.dependable_or_better,
        seen=facts.seen,
        supervisors=facts.supervisors,
        level_value=passed,
        level_name=competency.level(passed).name,
        mean=shown_average(row.mean),
        x=strip_x(row.mean),
    )


def standard_of(activity: Activity, competencies: Sequence[Competency]) -> StandardFacts:
    """The standard of an activity as it bears on these competencies."""
    standard = load_standard(activity.standard)
    names = competencies[0].level
    starred = any(competency.critical_criteria for competency in competencies)
    return StandardFacts(
        min_assessments=standard.min_assessments,
        min_supervisors=standard.min_supervisors,
        min_seen=standard.min_seen,
        min_mean=names(standard.min_mean).name,
        floor=names(standard.floor).name if standard.floor > 1 else None,
        critical=names(standard.critical).name if starred else None,
        exceptions=tuple(
            ExceptionFacts(criterion.name, criterion.min_seen)
            for competency in competencies
            for criterion in competency.criteria
            if criterion.min_seen is not None and criterion.min_seen != standard.min_seen
        ),
        max_share=None if standard.max_share is None else int(standard.max_share * 100),
        flags=standard.flags,
    )
