"""One assessor's scoring of one intern on one occasion: what it holds, and what it must hold.

States: draft → submitted → amended, or withdrawn. A draft may hold anything the form can send; a
submitted assessment passed `faults`, and each later change keeps what was there before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from lti_tool.domain.rubric import Competency
from lti_tool.domain.scoring import Ratings

NOT_OBSERVED = "no"
"""What a form sends for *not observed*."""

LONGEST_TEXT = 4000
LONGEST_LINE = 120


class State(StrEnum):
    """Where an assessment is in its life."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"


COUNTS = frozenset({State.SUBMITTED, State.AMENDED})
"""The states in which an assessment counts in a result."""


class Fault(StrEnum):
    """What can be wrong with one field of the form; the page has the words."""

    CHOOSE = "choose"
    UNKNOWN_LEVEL = "unknown-level"
    WHAT_HAPPENED = "what-happened"
    DATE_MISSING = "date-missing"
    DATE_WRONG = "date-wrong"
    DATE_AHEAD = "date-ahead"
    TOO_LONG = "too-long"
    NOTHING_SEEN = "nothing-seen"
    REASON_MISSING = "reason-missing"
    UNKNOWN_CHOICE = "unknown-choice"


@dataclass(frozen=True, slots=True)
class Content:
    """What the form holds. `ratings` has a key for each criterion that was answered."""

    ratings: Ratings = field(default_factory=dict)
    what_happened: Mapping[str, str] = field(default_factory=dict)
    """Criterion id → what happened, for level 1 on a safety-critical criterion."""
    support: int | None = None
    worked: str = ""
    next_time: str = ""
    concern: bool = False
    concern_text: str = ""
    on: date | None = None
    setting: str = ""
    specialty: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A flag to raise: about one criterion, or (None) about a concern the assessor ticked."""

    criterion: str | None
    text: str


def faults(competency: Competency, content: Content, today: date) -> dict[str, Fault]:
    """What keeps this content from being submitted: field name → fault, in page order.

    Field names are those of the form: `on`, the criterion's id, `happened-<id>`, `concern-text`.
    Required are the date, a choice for every criterion with at least one level among them, and
    what happened wherever an alarm is raised. `today` is the date in the course's time zone.
    """
    found: dict[str, Fault] = {}
    if content.on is None:
        found["on"] = Fault.DATE_MISSING
    elif content.on > today:
        found["on"] = Fault.DATE_AHEAD
    for criterion in competency.criteria:
        if criterion.id not in content.ratings:
            found[criterion.id] = Fault.CHOOSE
        elif _needs_words(competency, content, criterion.id):
            found[f"happened-{criterion.id}"] = Fault.WHAT_HAPPENED
    complete = answered(competency, content) == len(competency.criteria)
    if complete and not any(content.ratings[criterion.id] for criterion in competency.criteria):
        found[competency.criteria[0].id] = Fault.NOTHING_SEEN
    if content.concern and not content.concern_text.strip():
        found["concern-text"] = Fault.WHAT_HAPPENED
    return found


def _needs_words(competency: Competency, content: Content, id: str) -> bool:
    return _alarming(competency, content, id) and not content.what_happened.get(id, "").strip()


def _alarming(competency: Competency, content: Content, id: str) -> bool:
    return competency.criterion(id).critical and content.ratings.get(id) == 1


def alarms(competency: Competency, content: Content) -> tuple[Alarm, ...]:
    """The flags this content raises: level 1 on a safety-critical criterion, a ticked concern."""
    raised = [
        Alarm(criterion.id, content.what_happened.get(criterion.id, "").strip())
        for criterion in competency.criteria
        if _alarming(competency, content, criterion.id)
    ]
    if content.concern:
        raised.append(Alarm(None, content.concern_text.strip()))
    return tuple(raised)


def answered(competency: Competency, content: Content) -> int:
    """How many criteria have a choice, *not observed* included."""
    return sum(criterion.id in content.ratings for criterion in competency.criteria)
