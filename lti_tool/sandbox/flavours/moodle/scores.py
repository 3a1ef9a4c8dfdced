"""Scores as Moodle takes them. Moodle: mod/lti/service/gradebookservices, resources/scores.php."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn

from flask import Response

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import Refusal, dump, read_object
from lti_tool.sandbox.gradebook import Column, Comment, Grade
from lti_tool.sandbox.scores import Message, Scores, moment, number
from lti_tool.sandbox.world import Course, Person

REQUIRED = ("userId", "gradingProgress", "activityProgress", "timestamp")
ERROR_PAGE = "<!doctype html><title>Error</title><h1>Error</h1><p>Exception.</p>"


class MoodleScores(Scores):
    author = ""

    def receive(
        self, course_id: str, column_id: str, raw: bytes, headers: Mapping[str, str]
    ) -> Response:
        course = self.columns.course(course_id)
        self.columns.check_content(headers, v.SCORE_TYPE)
        column = self.columns.column(course, column_id)
        message = self.read(raw)
        person = self._gradable(message, course)
        with self.platform.lock:
            grade = self.platform.book.grade(column, person)
            self._check_time(grade, message)
            if grade.locked:
                raise Refusal(500, "[]")
            self.apply(column, grade, message)
        self.noted(column, person, message)
        return Response(status=200)

    def read(self, raw: bytes) -> Message:
        """activityProgress has to be there, but its value is neither checked nor kept."""
        try:
            body = read_object(raw)
        except ValueError:
            self.refuse(400, "")
        timestamp = moment(body.get("timestamp"))
        given, maximum = number(body.get("scoreGiven")), number(body.get("scoreMaximum"))
        absent = [name for name in REQUIRED if name not in body]
        if absent or timestamp is None or (given is not None and maximum is None):
            self._incorrect(body)
        if body["gradingProgress"] not in v.GRADING_PROGRESS:
            self._incorrect(body)
        return Message(
            body=body,
            timestamp=timestamp,
            given=given,
            maximum=maximum,
            activity=str(body["activityProgress"]),
            grading=body["gradingProgress"],
            comment=str(body.get("comment") or ""),
        )

    def _incorrect(self, body: dict[str, Any]) -> NoReturn:
        """The reason phrase holds the whole body that was sent."""
        line = dump(body).encode("ascii", "backslashreplace").decode().replace("\n", " ")
        raise Refusal(f"400 Incorrect score received{line}", "[]")

    def _gradable(self, message: Message, course: Course) -> Person:
        person = self.people.find(message.body.get("userId"), course)
        if person is None or not self.people.gradable(person, course):
            self._incorrect(message.body)
        return person

    def _check_time(self, grade: Grade, message: Message) -> None:
        """Whole seconds: older, or the same second, is 409. A time ahead is taken as it is."""
        if grade.result and second(message.timestamp) <= second(grade.result.timestamp):
            raise Refusal("409 Refusing score with an earlier timestamp for item", "[]")

    def apply(self, column: Column, grade: Grade, message: Message) -> None:
        """Only FullyGraded with a score is a grade; all else wipes it, and says so nowhere."""
        final = message.grading == "FullyGraded"
        grade.score = None
        if final and message.given is not None:
            grade.score = min(max(self.scaled(message, column), Decimal(0)), column.maximum)
        if final:
            grade.comments = []
            if message.comment:
                grade.comments = [Comment(message.comment, self.author, self.platform.now())]
        if not column.coupled:
            grade.override = None
        self.keep(column, grade, message)

    def results(
        self, course_id: str, column_id: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Response:
        """With `limit` Moodle itself breaks: an HTML page with status 404."""
        if "limit" in query:
            return Response(ERROR_PAGE, status=404, content_type="text/html; charset=utf-8")
        return super().results(course_id, column_id, query, headers)

    def result_shown(
        self, course: Course, column: Column, person: Person, grade: Grade
    ) -> dict[str, Any]:
        row = super().result_shown(course, column, person, grade)
        if grade.result is not None:
            row["timestamp"] = grade.result.timestamp.astimezone(UTC).isoformat(timespec="seconds")
        return row

    def result_address(self, column_address: str, result_id: str) -> str:
        """The path comes before the query, as everywhere in Moodle's addresses."""
        path, _, query = column_address.partition("?")
        return f"{path}/results/{result_id}?{query}"

    def override(self, column: Column, grade: Grade, score: Decimal | None) -> None:
        """Taking an override back shows the tool's last grade again, but erases its feedback."""
        if score is None and grade.override is not None:
            grade.comments = []
        grade.override = score


def second(moment: datetime) -> int:
    return int(moment.timestamp())
