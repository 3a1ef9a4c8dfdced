"""What pages about assessments are given, and how an assessment's content is read and kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lti_tool.domain.assessment import Content, State
from lti_tool.domain.rubric import Competency
from lti_tool.models.assessment import Assessment, Flag
from lti_tool.services.activities import ActivityView
from lti_tool.services.people import PersonView


@dataclass(frozen=True, slots=True)
class Form:
    """The scoring page: a draft, or (state submitted or amended) one to amend."""

    id: int
    version: int
    state: State
    competency: Competency
    intern: PersonView
    assessor: PersonView
    entered_by: str | None
    """The course lead who types in a paper form of the assessor's; None otherwise."""
    content: Content
    started_at: datetime
    saved_at: datetime
    today: date
    """In the course's time zone."""
    time_zone: str
    activity: str


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """An assessment in a list."""

    id: int
    competency_id: str
    assessor: str
    state: State
    on: date | None
    ratings: Mapping[str, int | None]
    worked: str
    next_time: str


@dataclass(frozen=True, slots=True)
class StartCompetency:
    """A competency one may score, the open draft of it (its number) and one's earlier ones."""

    competency: Competency
    draft: int | None
    own: tuple[OwnEntry, ...]


@dataclass(frozen=True, slots=True)
class StartPage:
    """Before scoring an intern. `others` are shown once one's own of that competency is in."""

    activity: ActivityView
    intern: PersonView
    competencies: tuple[StartCompetency, ...]
    others: tuple[OwnEntry, ...]
    supervisors: tuple[PersonView, ...]
    """Whose paper form the actor may type in; empty for all but course leads."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a submitted assessment said until it was changed."""

    version: int
    until: datetime
    changed_by: str
    reason: str
    content: Content


@dataclass(frozen=True, slots=True)
class FlagView:
    """A private word to the course lead; `resolved_at` None: still open."""

    id: int
    criterion_id: str | None
    text: str
    raised_at: datetime
    resolved_at: datetime | None
    note: str
    dropped: bool

    @classmethod
    def of(cls, flag: Flag) -> "FlagView":
        """The view of a row."""
        return cls(
            id=flag.id,
            criterion_id=flag.criterion_id,
            text=flag.text,
            raised_at=flag.raised_at,
            resolved_at=flag.resolved_at,
            note=flag.note,
            dropped=flag.dropped,
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """A submitted assessment to read, and what the reader may do with it."""

    id: int
    version: int
    state: State
    competency: Competency
    intern: PersonView
    assessor: PersonView
    entered_by: str | None
    content: Content
    submitted_at: datetime | None
    time_zone: str
    activity_id: int
    earlier: tuple[Earlier, ...]
    may_amend: bool
    may_withdraw: bool
    may_move: bool
    flags: tuple[FlagView, ...]
    interns: tuple[PersonView, ...]
    """To whom it may be moved."""


def content_of(row: Assessment) -> Content:
    """What an assessment holds now, its occasion included."""
    return Content(
        ratings=dict(row.ratings),
        what_happened=dict(row.what_happened),
        support=row.support,
        worked=row.worked,
        next_time=row.next_time,
        concern=row.concern,
        concern_text=row.concern_text,
        on=row.occasion.on,
        setting=row.occasion.setting,
        specialty=row.occasion.specialty,
    )


def dump_content(content: Content) -> dict[str, Any]:
    """Content as JSON, to be kept as an earlier version."""
    return {
        "ratings": dict(content.ratings),
        "what_happened": dict(content.what_happened),
        "support": content.support,
        "worked": content.worked,
        "next_time": content.next_time,
        "concern": content.concern,
        "concern_text": content.concern_text,
        "on": content.on.isoformat() if content.on else None,
        "setting": content.setting,
        "specialty": content.specialty,
    }


def load_content(values: Mapping[str, Any]) -> Content:
    """The content that `dump_content` wrote."""
    known = {name: values[name] for name in Content.__dataclass_fields__}
    on = known["on"]
    return Content(**{**known, "on": date.fromisoformat(on) if on else None})
