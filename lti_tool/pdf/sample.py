"""An invented certificate, to look at a design with."""

from datetime import date
from fractions import Fraction

from lti_tool.domain.certificate import (
    CompetencyFacts,
    CriterionFacts,
    Facts,
    LevelFacts,
    Signatory,
    StandardFacts,
    strip_x,
)
from lti_tool.pdf.logo import Logo

_LEVELS = (
    LevelFacts("Needs direction", "does it only when told how"),
    LevelFacts("Developing", "gets most of it right, with prompts"),
    LevelFacts("Dependable", "does it well unprompted; expected at the end of an internship"),
    LevelFacts("Exemplary for stage", "does it so well that others learn from it"),
)


def _competency(title: str, *rows: tuple[str, int, int], occasions: int) -> CompetencyFacts:
    """Each row: a criterion with its mean in tenths and how often it was seen. A star: critical."""
    return CompetencyFacts(title, "1.2", occasions, 4, tuple(_criterion(*row) for row in rows))


def _criterion(name: str, tenths: int, seen: int) -> CriterionFacts:
    mean = Fraction(tenths, 10)
    return CriterionFacts(
        name=name.removesuffix(" *"),
        critical=name.endswith("*"),
        dependable_or_better=seen if tenths > 32 else seen - 1,
        seen=seen,
        supervisors=min(seen, 4),
        level_value=int(mean),
        level_name=_LEVELS[int(mean) - 1].name,
        mean=f"{tenths // 10}.{tenths % 10}",
        x=strip_x(mean),
    )


SAMPLE = Facts(
    issuer="Example School of Medicine",
    course="Internship block 2, 2026-27",
    activity="Clinical competencies",
    person="Robin Example",
    first=date(2026, 9, 14),
    last=date(2026, 12, 10),
    occasions=27,
    supervisors=7,
    competencies=(
        _competency(
            "Patient communication",
            ("Connection and respect", 36, 9),
            ("Listening and understanding the patient's view", 34, 9),
            ("Explaining and checking understanding", 31, 8),
            ("Culture, language, interpreters and family", 29, 5),
            ("Sensitive and difficult conversations", 30, 4),
            ("Shared plan and closing", 33, 8),
            occasions=9,
        ),
        _competency(
            "Teamwork",
            ("Roles and respect across professions", 37, 8),
            ("Clear team communication", 34, 9),
            ("Handover *", 32, 7),
            ("Reliability and follow-through", 35, 9),
            ("Speaking up and asking for help *", 30, 6),
            ("Support, feedback and disagreement", 28, 5),
            occasions=10,
        ),
        _competency(
            "Documentation",
            ("Accuracy and honesty *", 35, 8),
            ("Completeness and relevance", 31, 8),
            ("Timeliness", 27, 8),
            ("Reasoning and plan", 30, 7),
            ("Clarity for every reader", 33, 8),
            ("Privacy and secure handling *", 36, 6),
            occasions=8,
        ),
    ),
    levels=_LEVELS,
    standard=StandardFacts(
        min_assessments=8,
        min_supervisors=3,
        min_seen=3,
        min_mean="Dependable",
        floor="Developing",
        critical="Dependable",
    ),
    issued_on=date(2026, 12, 11),
    code="EXAMP7ECERT2",
    holder_key="EXAMP7E2",
    verify_url="https://rounds.example/verify/EXAM-P7EC-ERT2",
    settings=("Medical ward", "Emergency department", "Outpatient clinic"),
    expires_on=date(2029, 12, 11),
    signed_off_by="Alex Example",
    wording="Internships at the Example School of Medicine follow its curriculum of 2024.",
    signatories=(
        Signatory("Prof. Sam Example", "Dean of the Medical School"),
        Signatory("Dr Kim Example", "Director of Clinical Education"),
    ),
)
"""With everything that a certificate can say; `dataclasses.replace` takes away or puts in."""

SAMPLE_LOGO = Logo(
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    b'<path fill="#0b5a5e" d="M32 3 58 12v19c0 15-11 25-26 30C17 56 6 46 6 31V12z"/>'
    b'<path fill="none" stroke="#fff" stroke-width="3.4" stroke-linejoin="round"'
    b' stroke-linecap="round" d="M15 34h9l4-12 7 23 5-16 3 5h7"/></svg>',
    "image/svg+xml",
)
