"""Scores and results as Assignment and Grade Services 2.0 wants them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from flask import Response

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import Refusal, answer, dump, read_object
from lti_tool.sandbox.gradebook import Column, Comment, Grade, Result
from lti_tool.sandbox.lineitems import Columns
from lti_tool.sandbox.people import People
from lti_tool.sandbox.platform import Platform
from lti_tool.sandbox.world import Course, Person


def moment(value: object) -> datetime | None:
    """An ISO 8601 time with a zone; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


@dataclass
class Message:
    """A score as posted, read but not yet judged."""

    body: dict[str, Any]
    timestamp: datetime
    given: Decimal | None
    maximum: Decimal | None
    activity: str
    grading: str
    comment: str
    extension: dict[str, Any] = field(default_factory=dict)


class Scores:
    """The standard: an older or equal time is refused, a blank comment clears the last one."""

    author = "Rounds"

    def __init__(self, platform: Platform, people: People, columns: Columns) -> None:
        self.platform = platform
        self.people = people
        self.columns = columns

    def receive(
        self, course_id: str, column_id: str, raw: bytes, headers: Mapping[str, str]
    ) -> Response:
        course = self.columns.course(course_id)
        column = self.columns.column(course, column_id)
        self.columns.check_content(headers, v.SCORE_TYPE)
        message = self.read(raw)
        person = self.student(message.body.get("userId"), course)
        with self.platform.lock:
            grade = self.platform.book.grade(column, person)
            if grade.result and message.timestamp <= grade.result.timestamp:
                self.refuse(409, "the timestamp is not newer than the last one")
            if grade.locked:
                self.refuse(403, "this grade is locked")
            self.apply(column, grade, message)
        self.noted(column, person, message)
        return Response(status=204)

    def read(self, raw: bytes) -> Message:
        try:
            body = read_object(raw)
        except ValueError:
            self.refuse(400, "the body is not a JSON object")
        timestamp = moment(body.get("timestamp"))
        if timestamp is None:
            self.refuse(400, "timestamp must be ISO 8601 with a zone")
        if body.get("activityProgress") not in v.ACTIVITY_PROGRESS:
            self.refuse(400, "activityProgress is not one of the standard's")
        if body.get("gradingProgress") not in v.GRADING_PROGRESS:
            self.refuse(400, "gradingProgress is not one of the standard's")
        given, maximum = number(body.get("scoreGiven")), number(body.get("scoreMaximum"))
        if given is not None and (given < 0 or maximum is None or maximum <= 0):
            self.refuse(400, "scoreGiven needs to be 0 or more, with a scoreMaximum above 0")
        return Message(
            body=body,
            timestamp=timestamp,
            given=given,
            maximum=maximum,
            activity=body["activityProgress"],
            grading=body["gradingProgress"],
            comment=str(body.get("comment") or ""),
        )

    def student(self, user_id: object, course: Course) -> Person:
        person = self.people.find(user_id, course)
        if person is None or not self.people.gradable(person, course):
            self.refuse(404, "nobody here can be given this score")
        return person

    def apply(self, column: Column, grade: Grade, message: Message) -> None:
        """Only FullyGraded is shown; a comment replaces the one before."""
        final = message.grading == "FullyGraded" and message.given is not None
        grade.score = self.scaled(message, column) if final else None
        grade.override = None
        grade.needs_grading = message.grading == "PendingManual"
        grade.comments = []
        if message.comment:
            grade.comments = [Comment(message.comment, self.author, self.platform.now())]
        self.keep(column, grade, message)

    def scaled(self, message: Message, column: Column) -> Decimal:
        """The score on the column's own scale, extra credit included."""
        given, maximum = message.given or Decimal(0), message.maximum or Decimal(1)
        return (given * column.maximum / maximum).normalize()

    def keep(self, column: Column, grade: Grade, message: Message) -> Result:
        """Remember the accepted message; results answer from here."""
        known = grade.result
        grade.result = Result(
            id=known.id if known else self.platform.book.number(),
            timestamp=message.timestamp,
            score=message.given,
            maximum=message.maximum or column.maximum,
            comment=message.comment,
            extra=message.extension,
        )
        grade.history.append(message.body)
        return grade.result

    def noted(self, column: Column, person: Person, message: Message) -> None:
        if message.given is None:
            words = f"{column.label}, nothing, for {person.shown}."
        else:
            given = f"{message.given.normalize():f} of {(message.maximum or column.maximum):f}"
            words = f"{column.label}, {given}, for {person.shown}."
        self.platform.note("Grade received", words, message.body)

    # results

    def results(
        self, course_id: str, column_id: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Response:
        course = self.columns.course(course_id)
        column = self.columns.column(course, column_id)
        self.columns.check_accept(headers, v.RESULTS_TYPE)
        rows = [
            self.result_shown(course, column, person, grade)
            for person in self.people.students(course)
            if query.get("user_id") in (None, *self.people.subs(person, course))
            and (grade := self.platform.book.seen(column, person)) is not None
            and grade.result is not None
        ]
        return answer(rows, v.RESULTS_TYPE)

    def result_shown(
        self, course: Course, column: Column, person: Person, grade: Grade
    ) -> dict[str, Any]:
        address = self.columns.claims.column_url(course, column.id)
        result = grade.result
        row: dict[str, Any] = {
            "id": self.result_address(address, result.id if result else ""),
            "scoreOf": address,
            "userId": self.people.sub(person, course),
            "resultMaximum": column.maximum,
        }
        if grade.shown is not None:
            row["resultScore"] = grade.shown
        if grade.comments:
            row["comment"] = grade.comments[-1].text
        return row

    def result_address(self, column_address: str, result_id: str) -> str:
        return f"{column_address}/results/{result_id}"

    # what a teacher does by hand

    def override(self, column: Column, grade: Grade, score: Decimal | None) -> None:
        """A teacher types a grade, or takes it back with None."""
        grade.override = score

    def refuse(self, status: int, words: str) -> NoReturn:
        raise Refusal(status, dump({"error": words}))
