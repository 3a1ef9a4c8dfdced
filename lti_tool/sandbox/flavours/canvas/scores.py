"""Scores and results as Canvas takes them, in the order Canvas checks them.

Canvas: app/controllers/lti/ims/scores_controller.rb, ims/concerns/gradebook_services.rb,
app/models/lti/result.rb.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from flask import Response

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import answer, read_object
from lti_tool.sandbox.flavours.canvas.files import Files
from lti_tool.sandbox.flavours.canvas.lineitems import SUBMISSION_TYPE, CanvasColumns
from lti_tool.sandbox.flavours.canvas.submission import SUBMITTING, Submission
from lti_tool.sandbox.flavours.canvas.tokens import refuse
from lti_tool.sandbox.gradebook import Attempt, Column, Comment, Grade, Result, StoredFile
from lti_tool.sandbox.people import People
from lti_tool.sandbox.platform import Platform
from lti_tool.sandbox.scores import Message, Scores, moment, number
from lti_tool.sandbox.world import Course, Person

SUBMISSION = "https://canvas.instructure.com/lti/submission"
REQUIRED = ("userId", "activityProgress", "gradingProgress", "timestamp")


class CanvasScores(Scores):
    author = "Someone"
    columns: CanvasColumns

    def __init__(self, platform: Platform, people: People, columns: CanvasColumns) -> None:
        super().__init__(platform, people, columns)
        self.columns = columns
        self.files = Files(platform)

    def receive(
        self, course_id: str, column_id: str, raw: bytes, headers: Mapping[str, str]
    ) -> Response:
        course = self.columns.course(course_id)
        self.columns.check_content(headers, v.SCORE_TYPE)
        body = self._body(raw)
        self._check_open(course, body)
        column = self.columns.column(course, column_id)
        person = self.student(body.get("userId"), course)
        message, submission = self._judged(course, column, person, body)
        files = self.files.take(course_id, submission.items)
        with self.platform.lock:
            # Again: another post may have come in while the files were fetched.
            grade = self.platform.book.grade(column, person)
            self._check_time(grade, message.timestamp)
            self._check_attempts(course, column, grade, submission)
            self._submit(course, column, grade, message, submission, files)
            self._grade(course, column, grade, message, submission)
            result = self.keep(column, grade, message)
        self.noted(column, person, message)
        return self._reply(course, column, result, files)

    # checks, in Canvas's order

    def _body(self, raw: bytes) -> dict[str, Any]:
        try:
            return read_object(raw)
        except ValueError:
            refuse(400, "the body could not be read")

    def _check_open(self, course: Course, body: Mapping[str, Any]) -> None:
        """A concluded course refuses, but for a student whose own enrolment is still active.

        Canvas: lib/lti/grade_passback_eligibility.rb.
        """
        person = self.people.find(body.get("userId"), course)
        if course.concluded and not (person and course.kinds(person)):
            refuse(422, "This course has concluded. AGS requests will no longer be accepted.")

    def student(self, user_id: object, course: Course) -> Person:
        person = self.people.find(user_id, course) if isinstance(user_id, str) else None
        if person is None or not self.people.gradable(person, course):
            refuse(422, "User not found in course or is not a student")
        return person

    def _judged(
        self, course: Course, column: Column, person: Person, body: dict[str, Any]
    ) -> tuple[Message, Submission]:
        missing = [name for name in REQUIRED if body.get(name) in (None, "")]
        if missing:
            refuse(400, f"param is missing or the value is empty: {missing[0]}")
        activity = self.columns.activity(course, column)
        if activity is not None and not activity.published:
            refuse(422, "This assignment is not published.")
        message = self._message(column, person, body)
        submission = Submission.read(body, message.extension)
        submission.check(self.platform.now())
        grade = self.platform.book.grade(column, person)
        self._check_attempts(course, column, grade, submission)
        return message, submission

    def _message(self, column: Column, person: Person, body: dict[str, Any]) -> Message:
        timestamp = moment(body["timestamp"])
        if timestamp is None:
            refuse(400, "Provided timestamp is not a valid ISO8601 time.")
        self._check_time(self.platform.book.grade(column, person), timestamp)
        given, maximum = number(body.get("scoreGiven")), number(body.get("scoreMaximum"))
        if given is not None and maximum is None:
            refuse(422, "ScoreMaximum must be supplied when ScoreGiven is present")
        if (given is not None and given < 0) or (maximum is not None and maximum < 0):
            refuse(422, "ScoreGiven and ScoreMaximum must be 0 or more")
        if maximum == 0 and column.maximum > 0:
            refuse(422, "ScoreMaximum must not be zero if line item's maximum is not zero")
        if body["activityProgress"] not in v.ACTIVITY_PROGRESS:
            refuse(422, "activityProgress is not included in the list")
        if body["gradingProgress"] not in v.GRADING_PROGRESS:
            refuse(422, "gradingProgress is not included in the list")
        extension = body.get(SUBMISSION)
        extension = extension if isinstance(extension, dict) else {}
        if column.extra.get(SUBMISSION_TYPE, {}).get("type") == "none":
            extension = {"new_submission": False} | extension
        return Message(
            body=body,
            timestamp=timestamp,
            given=given,
            maximum=maximum,
            activity=body["activityProgress"],
            grading=body["gradingProgress"],
            comment=str(body.get("comment") or ""),
            extension=extension,
        )

    def _check_time(self, grade: Grade, timestamp: datetime) -> None:
        """Earlier than our own last post is refused, equal passes. Canvas: lti/result.rb."""
        if grade.result and timestamp < grade.result.timestamp:
            refuse(400, "Provided timestamp is before the last updated timestamp.")

    def _check_attempts(
        self, course: Course, column: Column, grade: Grade, submission: Submission
    ) -> None:
        """Tested for every post that may submit, even InProgress; the same time passes."""
        activity = self.columns.activity(course, column)
        allowed = activity.attempts_allowed if activity else None
        if not allowed or not submission.new or len(grade.attempts) < allowed:
            return
        if submission.at is None or grade.attempts[-1].submitted_at != submission.at:
            refuse(422, "The maximum number of allowed attempts has been reached")

    # effects

    def _submit(
        self,
        course: Course,
        column: Column,
        grade: Grade,
        message: Message,
        submission: Submission,
        files: list[StoredFile],
    ) -> None:
        """A new attempt, unless `submittedAt` is the present one's (canvas #1799, #1705)."""
        if not (submission.new and message.activity in SUBMITTING):
            return
        if not self.columns.is_default(column):
            return
        at = submission.at or self.platform.now()
        activity = self.columns.activity(course, column)
        late = bool(activity and activity.due and at > activity.due)
        if not grade.attempts or grade.attempts[-1].submitted_at != at:
            grade.attempts.append(Attempt(at, submission.kind, late))
        attempt = grade.attempts[-1]
        attempt.kind, attempt.data = submission.kind, submission.data
        attempt.files = [*attempt.files, *files]

    def _grade(
        self,
        course: Course,
        column: Column,
        grade: Grade,
        message: Message,
        submission: Submission,
    ) -> None:
        """Everything that is not a grade clears the grade, unless `preserve_score` is sent."""
        if not self.columns.is_default(column):
            return
        if message.comment:
            grade.comments.append(Comment(message.comment, self.author, self.platform.now()))
        grade.needs_grading = (
            message.grading == "PendingManual" and message.activity in SUBMITTING and submission.new
        )
        if submission.preserve_score:
            return
        if submission.prioritize_others and grade.score is not None:
            return
        if message.grading in ("FullyGraded", "PendingManual") and message.given is not None:
            score = self.scaled(message, column)
            grade.score = score - self._late_points(course, column, grade)
        else:
            grade.score = None

    def _late_points(self, course: Course, column: Column, grade: Grade) -> Decimal:
        """The course's late policy takes from the tool's scores as from any other."""
        activity = self.columns.activity(course, column)
        if not course.late_percent_a_day or not activity or not activity.due:
            return Decimal(0)
        if not grade.attempts or not grade.attempts[-1].late:
            return Decimal(0)
        late = grade.attempts[-1].submitted_at - activity.due
        days = (Decimal(late.total_seconds()) / 86400).to_integral_value(ROUND_CEILING)
        return column.maximum * course.late_percent_a_day * days / 100

    def _reply(
        self, course: Course, column: Column, result: Result, files: list[StoredFile]
    ) -> Response:
        address = self.columns.claims.column_url(course, column.id)
        items = [
            {
                "type": "file",
                "url": file.url,
                "title": file.title,
                "progress": self.platform.address("progress", course=course.number, file=file.id),
            }
            for file in files
        ]
        body = {
            SUBMISSION: {"content_items": items},
            "resultUrl": self.result_address(address, result.id),
        }
        return answer(body)

    # results and progress

    def result_shown(
        self, course: Course, column: Column, person: Person, grade: Grade
    ) -> dict[str, Any]:
        """The Result row, which `preserve_score` can part from the gradebook."""
        row = super().result_shown(course, column, person, grade)
        row.pop("resultScore", None)
        result = grade.result
        if result is not None:
            row["resultScore"] = result.score
            row["resultMaximum"] = result.maximum
            row["comment"] = result.comment or None
        return row

    def one_result(
        self, course: str, column: str, result: str, headers: Mapping[str, str]
    ) -> Response:
        where = self.columns.course(course)
        found = self.columns.column(where, column)
        for person in self.people.students(where):
            grade = self.platform.book.seen(found, person)
            if grade and grade.result and grade.result.id == result:
                row = self.result_shown(where, found, person, grade)
                return answer(row, v.RESULTS_TYPE)
        refuse(404, "The specified resource does not exist.")

    def progress(self, course: str, file: str, headers: Mapping[str, str]) -> Response:
        """Canvas: app/controllers/lti/ims/progress_controller.rb; gone once concluded."""
        where = self.columns.course(course)
        owner, found = self.platform.book.files.get(file, ("", None))
        if found is None or owner != course or where.concluded:
            refuse(404, "The specified resource does not exist.")
        done = found.state in ("completed", "failed")
        return answer(
            {
                "id": int(found.id),
                "tag": "upload_via_url",
                "completion": 100 if done else 0,
                "workflow_state": found.state,
                "message": found.message or None,
                "url": self.platform.address("progress", course=where.number, file=found.id),
            }
        )

    def override(self, column: Column, grade: Grade, score: Decimal | None) -> None:
        """A teacher's grade moves the Result's score, not its time: a later post overwrites it."""
        grade.score = score
        if grade.result is not None:
            scale = grade.result.maximum / column.maximum if column.maximum else Decimal(1)
            grade.result.score = None if score is None else (score * scale).normalize()
