"""The gradebook as the LMS keeps it: columns, grades, comments, attempts, files and history."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from lti_tool.sandbox.world import Activity, Course, Person


@dataclass
class Column:
    """A line item. `coupled`: it belongs to an activity and was not made by the tool."""

    id: str
    course: str
    label: str
    maximum: Decimal
    activity: str = ""
    coupled: bool = False
    resource_id: str = ""
    tag: str = ""
    link_id: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Comment:
    text: str
    author: str
    at: datetime


@dataclass
class StoredFile:
    """A file the LMS fetched; `state`: queued, running, completed, failed."""

    id: str
    title: str
    media_type: str
    url: str
    state: str = "queued"
    message: str = ""
    content: bytes = b""
    served_as: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest() if self.content else ""


@dataclass
class Attempt:
    submitted_at: datetime
    kind: str
    late: bool = False
    data: str = ""
    files: list[StoredFile] = field(default_factory=list)


@dataclass
class Result:
    """What the tool's own posts left behind, apart from what the teacher sees."""

    id: str
    timestamp: datetime
    score: Decimal | None
    maximum: Decimal
    comment: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Grade:
    """One person's cell. `score` is on the column's own scale; None means no grade."""

    score: Decimal | None = None
    comments: list[Comment] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    result: Result | None = None
    needs_grading: bool = False
    locked: bool = False
    override: Decimal | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def shown(self) -> Decimal | None:
        return self.score if self.override is None else self.override


class Gradebook:
    """All columns and cells of one platform; the platform's lock guards it."""

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.grades: dict[tuple[str, str], Grade] = {}
        self.files: dict[str, tuple[str, StoredFile]] = {}
        self._numbers: Iterator[int] = itertools.count(901)

    def number(self) -> str:
        return str(next(self._numbers))

    def add(self, column: Column) -> Column:
        self.columns[column.id] = column
        return column

    def column_of(self, course: Course, activity: Activity) -> Column | None:
        """The activity's own column, if it has one."""
        for column in self.columns.values():
            if column.coupled and (column.course, column.activity) == (course.key, activity.key):
                return column
        return None

    def of_course(self, course: Course) -> list[Column]:
        return [column for column in self.columns.values() if column.course == course.key]

    def grade(self, column: Column, person: Person) -> Grade:
        return self.grades.setdefault((column.id, person.key), Grade())

    def seen(self, column: Column, person: Person) -> Grade | None:
        return self.grades.get((column.id, person.key))

    def remove(self, column: Column) -> None:
        del self.columns[column.id]
        for cell in [cell for cell in self.grades if cell[0] == column.id]:
            del self.grades[cell]
