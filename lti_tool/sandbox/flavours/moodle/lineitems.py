"""Line items as Moodle keeps them. Moodle: mod/lti/service/gradebookservices."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from flask import Response

from lti_tool.sandbox.answers import Refusal, read_object
from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.lineitems import Columns
from lti_tool.sandbox.world import Course


class MoodleColumns(Columns):
    def next_link(self, course: Course, query: Mapping[str, str], start: int) -> dict[str, str]:
        """Broken on purpose: `&amp;` in the address and curly quotes that no parser takes."""
        tool_type = self.platform.client.deployments[0]
        header = super().next_link(course, {**query, "type_id": tool_type}, start)["Link"]
        broken = header.replace("&", "&amp;").replace('"next"', "\u201cnext\u201d")
        return {"Link": broken.encode().decode("latin-1")}

    def check_accept(self, headers: Mapping[str, str], wanted: str) -> None:
        """The one exact type: `*/*` and lists of types find no handler."""
        if (headers.get("Accept") or "").strip() != wanted:
            no_handler()

    def check_content(self, headers: Mapping[str, str], wanted: str) -> None:
        """Exact too, a charset may follow."""
        if (headers.get("Content-Type") or "").partition(";")[0].strip() != wanted:
            no_handler()

    def body(self, raw: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """Label and scoreMaximum are needed; 0 is taken."""
        try:
            body = read_object(raw)
        except ValueError:
            self.refuse(400, "the body is not a JSON object")
        maximum = body.get("scoreMaximum")
        if not body.get("label") or not isinstance(maximum, int | Decimal):
            self.refuse(400, "label and scoreMaximum are needed")
        return body

    def create(self, course_id: str, raw: bytes, headers: Mapping[str, str]) -> Response:
        self.course(course_id)
        self.check_content(headers, "application/vnd.ims.lis.v2.lineitem+json")
        return super().create(course_id, raw, headers)

    def kept_fields(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Dates, gradesReleased and, when making one, submissionReview are dropped."""
        return {}

    def apply(self, column: Column, body: Mapping[str, Any]) -> None:
        """A PUT clears what it does not name, takes submissionReview, and rescales grades."""
        before = column.maximum
        super().apply(column, body)
        if "submissionReview" in body:
            column.extra = {"submissionReview": body["submissionReview"]}
        for (column_id, _), grade in self.platform.book.grades.items():
            if column_id == column.id and grade.score is not None and before:
                grade.score = (grade.score * column.maximum / before).normalize()

    def check_link(self, course: Course, link_id: str) -> None:
        links = (self.claims.link_id(course, found) for found in course.activities.values())
        if link_id not in links:
            self.refuse(403, "not a link of this tool")

    def check_deletable(self, column: Column) -> None:
        """Even a link's own column goes, and later launches then have no `lineitem`."""

    def refuse(self, status: int, words: str) -> NoReturn:
        raise Refusal(status, "[]")


def no_handler() -> NoReturn:
    raise Refusal("400 No handler found", "[]")
