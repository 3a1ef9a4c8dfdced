"""A choice of content under way: where a teacher makes it, and what the tool answered."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from lti_tool.sandbox.world import Course, Person


@dataclass(frozen=True)
class Place:
    """Where content can be chosen. `fills_form`: one item fills a form that has to be saved."""

    name: str
    words: str
    multiple: bool = True
    auto_create: bool = False
    fills_form: bool = False


@dataclass
class Draft:
    """An activity to be, as one content item describes it. `points` None: no number was given."""

    title: str
    text: str = ""
    url: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    graded: bool = False
    points: Decimal | None = None
    label: str = ""
    resource_id: str = ""
    tag: str = ""
    review: dict[str, Any] | None = None
    opens: datetime | None = None
    closes: datetime | None = None
    due: datetime | None = None


@dataclass
class Choice:
    """One deep linking request. `made` are keys of activities, `troubles` what was not made."""

    id: str
    place: Place
    person: Person
    course: Course
    title: str = ""
    text: str = ""
    used: bool = False
    drafts: list[Draft] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
