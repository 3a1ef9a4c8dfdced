"""The facts of a transcript, gathered from all results of an intern: only what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from lti_tool.domain.certificate import Codes, tidy
from lti_tool.domain.result import CompetencyOutcome
from lti_tool.domain.scoring import Scored, level_passed, shown_average
from lti_tool.domain.transcript import ActivityRecord, CompetencyRecord, Transcript
from lti_tool.models.course import Course
from lti_tool.services.certificate_facts import (
    Grounds,
    criteria_of,
    issuer_of,
    levels_of,
    names_of,
    standard_of,
)
from lti_tool.services.institutions import InstitutionView


def transcript_of(
    everything: Sequence[Grounds],
    certificates: Mapping[int, str],
    school: InstitutionView,
    codes: Codes,
    course: Course,
    *,
    issued_on: date,
) -> Transcript:
    """What a transcript of these results says; each has something that was assessed.

    `certificates` are the codes of those that are good, by activity. `course` is where it was
    asked for: its days are meant, and it names the school unless the operator did.
    """
    rows = [row for one in everything for several in one.scored.values() for row in several]
    days = sorted(row.on for row in rows)
    return Transcript(
        issuer=school.name or issuer_of(course),
        person=tidy(everything[0].intern.name),
        activities=tuple(
            _activity(one, certificates.get(one.activity.id, "")) for one in everything
        ),
        first=days[0],
        last=days[-1],
        occasions=len({row.occasion for row in rows}),
        supervisors=len({row.assessor for row in rows}),
        issued_on=issued_on,
        time_zone=course.time_zone,
        code=codes.code,
        holder_key=codes.holder_key,
        verify_url=codes.verify_url,
        wording=school.wording,
        signatories=school.signatories,
    )


def _activity(grounds: Grounds, certificate: str) -> ActivityRecord:
    found, names = grounds.found, names_of(grounds.activity)
    seen = [one for one in found.competencies if one.result.assessments]
    held = [one.competency for one in found.counting or found.competencies]
    return ActivityRecord(
        course=names.course,
        activity=names.activity,
        standing=found.verdict if found.counting else None,
        competencies=tuple(_competency(one, grounds.scored[one.competency.id]) for one in seen),
        unseen=tuple(one.competency.title for one in found.counting if not one.result.assessments),
        levels=levels_of(held[0]),
        standard=standard_of(grounds.activity, held),
        certificate=certificate,
    )


def _competency(one: CompetencyOutcome, scored: Sequence[Scored]) -> CompetencyRecord:
    result, days = one.result, sorted(row.on for row in scored)
    record = CompetencyRecord(
        title=one.competency.title,
        version=one.competency.version,
        occasions=result.occasions,
        supervisors=result.supervisors,
        first=days[0],
        last=days[-1],
        standing=one.verdict if one.counts else None,
        criteria=criteria_of(one),
    )
    if result.mean is None:
        return record
    passed = level_passed(result.mean)
    return replace(
        record,
        level_name=one.competency.level(passed).name,
        level_value=passed,
        mean=shown_average(result.mean),
    )
