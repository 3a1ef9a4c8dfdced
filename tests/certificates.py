"""Facts of invented certificates, for tests and figures."""

from datetime import date
from fractions import Fraction

from lti_tool.domain.certificate import (
    CompetencyFacts,
    CriterionFacts,
    ExceptionFacts,
    Facts,
    LevelFacts,
    StandardFacts,
    strip_x,
)

LEVELS = (
    LevelFacts("Needs direction", "does it only when told how"),
    LevelFacts("Developing", "gets most of it right, with prompts"),
    LevelFacts("Dependable", "does it well unprompted; expected at the end of an internship"),
    LevelFacts("Exemplary for stage", "does it so well that others learn from it"),
)
CRITERIA = {
    "Patient communication": (
        "Connection and respect",
        "Listening and understanding the patient's view",
        "Explaining and checking understanding",
        "Culture, language, interpreters and family",
        "Sensitive and difficult conversations",
        "Shared plan and closing",
    ),
    "Teamwork": (
        "Roles and respect across professions",
        "Clear team communication",
        "Handover ★",
        "Reliability and follow-through",
        "Speaking up and asking for help ★",
        "Support, feedback and disagreement",
    ),
    "Documentation": (
        "Accuracy and honesty ★",
        "Completeness and relevance",
        "Timeliness",
        "Reasoning and plan",
        "Clarity for every reader",
        "Privacy and secure handling ★",
    ),
}


def criterion(name: str, tenths: int = 32) -> CriterionFacts:
    """A criterion seen eight times; `tenths` is its mean in tenths, ★ in its name says critical."""
    mean = Fraction(tenths, 10)
    return CriterionFacts(
        name=name.removesuffix(" ★"),
        critical=name.endswith("★"),
        dependable_or_better=7,
        seen=8,
        supervisors=4,
        level_value=int(mean),
        level_name=LEVELS[int(mean) - 1].name,
        mean=f"{tenths // 10}.{tenths % 10}",
        x=strip_x(mean),
    )


def competency(title: str, names: tuple[str, ...]) -> CompetencyFacts:
    """A competency with these criteria, their means between 2.9 and 3.6."""
    rows = tuple(criterion(name, 29 + (3 * row) % 8) for row, name in enumerate(names))
    return CompetencyFacts(title, "1.2", occasions=9, supervisors=4, criteria=rows)


FACTS = Facts(
    issuer="Northgate School of Medicine",
    course="Internship block 2, 2026-27",
    activity="Clinical competencies",
    person="Amara Okafor",
    first=date(2026, 9, 14),
    last=date(2026, 12, 10),
    occasions=27,
    supervisors=7,
    competencies=tuple(competency(title, names) for title, names in CRITERIA.items()),
    levels=LEVELS,
    standard=StandardFacts(
        min_assessments=8,
        min_supervisors=3,
        min_seen=3,
        min_mean="Dependable",
        floor="Developing",
        critical="Dependable",
        exceptions=(ExceptionFacts("Sensitive and difficult conversations", 2),),
    ),
    issued_on=date(2026, 12, 11),
    code="R7KD4QXM29TB",
    holder_key="HM472QWX",
    verify_url="https://rounds.northgate.example/verify/R7KD-4QXM-29TB",
)
