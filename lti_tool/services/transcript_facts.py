"""The facts of a transcript, gathered from all results of an intern: only what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import Codes, State, tidy
from lti_tool.domain.result import CompetencyOutcome
from lti_tool.domain.scoring import Scored, level_passed, shown_average
from lti_tool.domain.transcript import ActivityRecord, CompetencyRecord, Transcript
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.person import Membership
from lti_tool.models.result import Result
from lti_tool.services.certificate_facts import (
    Grounds,
    criteria_of,
    issuer_of,
    levels_of,
    names_of,
    standard_of,
)
from lti_tool.services.institutions import InstitutionView


def assessed_activities(session: Session, intern_id: int) -> list[int]:
    """Where something of an intern's counts, in whatever course, the first course first.

    The LMS's own test student earns nothing, here as little as a certificate.
    """
    pretended = select(Membership.course_id).where(
        Membership.person_id == intern_id, Membership.test_user
    )
    found = session.scalars(
        select(Activity.id)
        .join(Result, Result.activity_id == Activity.id)
        .where(
            Result.intern_id == intern_id,
            Result.assessments > 0,
            Activity.course_id.not_in(pretended),
        )
        .order_by(Activity.course_id, Activity.id)
    )
    return list(found)


def good_certificates(session: Session, intern_id: int, today: date) -> dict[int, str]:
    """The codes of an intern's certificates that are good today, by activity."""
    found = session.execute(
        select(Certificate.activity_id, Certificate.code).where(
            Certificate.intern_id == intern_id,
            Certificate.state == State.VALID,
            or_(Certificate.expires_on.is_(None), Certificate.expires_on >= today),
        )
    )
    return {activity: code for activity, code in found if activity is not None}


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
