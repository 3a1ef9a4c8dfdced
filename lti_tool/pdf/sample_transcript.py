"""An invented transcript, to look at its design with."""

from datetime import date

from lti_tool.domain.standard import Verdict
from lti_tool.domain.transcript import ActivityRecord, CompetencyRecord, Transcript
from lti_tool.pdf.sample import SAMPLE

_COMMUNICATION, _TEAMWORK, _DOCUMENTATION = (
    CompetencyRecord(
        title=one.title,
        version=one.version,
        occasions=one.occasions,
        supervisors=one.supervisors,
        first=date(2026, 9, 14),
        last=date(2026, 12, 10),
        standing=Verdict.MET,
        criteria=one.criteria,
        level_name="Dependable",
        level_value=3,
        mean="3.2",
    )
    for one in SAMPLE.competencies
)

SAMPLE_TRANSCRIPT = Transcript(
    issuer=SAMPLE.issuer,
    person=SAMPLE.person,
    activities=(
        ActivityRecord(
            course=SAMPLE.course,
            activity=SAMPLE.activity,
            standing=Verdict.MET,
            competencies=(_COMMUNICATION, _TEAMWORK, _DOCUMENTATION),
            unseen=(),
            levels=SAMPLE.levels,
            standard=SAMPLE.standard,
            certificate=SAMPLE.code,
        ),
        ActivityRecord(
            course="Internship block 3, 2026-27",
            activity="Ward skills",
            standing=Verdict.NOT_ENOUGH,
            competencies=(
                CompetencyRecord(
                    title="Teamwork",
                    version="1.2",
                    occasions=3,
                    supervisors=2,
                    first=date(2027, 1, 12),
                    last=date(2027, 2, 2),
                    standing=Verdict.NOT_ENOUGH,
                    criteria=_TEAMWORK.criteria[:5],
                    level_name="Dependable",
                    level_value=3,
                    mean="3.0",
                ),
                CompetencyRecord(
                    title="Documentation",
                    version="1.2",
                    occasions=9,
                    supervisors=3,
                    first=date(2027, 1, 12),
                    last=date(2027, 2, 9),
                    standing=Verdict.NOT_MET,
                    criteria=_DOCUMENTATION.criteria,
                    level_name="Developing",
                    level_value=2,
                    mean="2.8",
                ),
                CompetencyRecord(
                    title="Clinical reasoning",
                    version="1.0",
                    occasions=2,
                    supervisors=1,
                    first=date(2027, 1, 20),
                    last=date(2027, 1, 27),
                    standing=None,
                    criteria=_COMMUNICATION.criteria[:3],
                    level_name="Dependable",
                    level_value=3,
                    mean="3.1",
                ),
            ),
            unseen=("Patient communication",),
            levels=SAMPLE.levels,
            standard=SAMPLE.standard,
        ),
    ),
    first=date(2026, 9, 14),
    last=date(2027, 2, 9),
    occasions=39,
    supervisors=9,
    issued_on=date(2027, 2, 12),
    time_zone="Europe/Oslo",
    code=SAMPLE.code,
    holder_key=SAMPLE.holder_key,
    verify_url=SAMPLE.verify_url,
    wording=SAMPLE.wording,
    signatories=SAMPLE.signatories,
)
