"""Line items as Assignment and Grade Services 2.0 wants them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urlencode

from flask import Response

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import Refusal, answer, dump, media_type, read_object
from lti_tool.sandbox.claims import Claims
from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.platform import Platform
from lti_tool.sandbox.world import Activity, Course

FILTERS = {"resource_id": "resource_id", "tag": "tag", "resource_link_id": "link_id"}


class Columns:
    page_limit: int | None = None

    def __init__(self, platform: Platform, claims: Claims) -> None:
        self.platform = platform
        self.claims = claims

    # finding

    def course(self, course_id: str) -> Course:
        found = self.claims.find_course(course_id)
        if found is None:
            self.refuse(404, "no such course")
        return found

    def column(self, course: Course, column_id: str) -> Column:
        found = self.platform.book.columns.get(column_id)
        if found is None or found.course != course.key:
            self.refuse(404, "no such line item")
        return found

    def activity(self, course: Course, column: Column) -> Activity | None:
        return course.activities.get(column.activity)

    def link_of(self, course: Course, column: Column) -> str:
        activity = self.activity(course, column)
        return self.claims.link_id(course, activity) if activity else column.link_id

    # answering

    def shown(self, course: Course, column: Column) -> dict[str, Any]:
        data: dict[str, Any] = {
            "id": self.claims.column_url(course, column.id),
            "label": column.label,
            "scoreMaximum": column.maximum,
        }
        optional = {
            "resourceId": column.resource_id,
            "tag": column.tag,
            "resourceLinkId": self.link_of(course, column),
        }
        return data | {name: value for name, value in optional.items() if value} | column.extra

    def list(
        self, course_id: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Response:
        course = self.course(course_id)
        self.check_accept(headers, v.LINE_ITEMS_TYPE)
        found = [c for c in self.platform.book.of_course(course) if self._fits(course, c, query)]
        start = int(query["from"]) if query.get("from", "").isdigit() else 0
        limit = self.limit(query)
        page = found[start : start + limit] if limit else found
        more = bool(limit) and start + len(page) < len(found)
        link = self.next_link(course, query, start + len(page)) if more else {}
        return answer([self.shown(course, c) for c in page], v.LINE_ITEMS_TYPE, headers=link)

    def limit(self, query: Mapping[str, str]) -> int:
        """How many a page; 0 means all."""
        asked = query.get("limit", "")
        wanted = int(asked) if asked.isdigit() else 0
        if self.page_limit:
            return min(wanted or self.page_limit, self.page_limit)
        return wanted

    def next_link(self, course: Course, query: Mapping[str, str], start: int) -> dict[str, str]:
        more = urlencode({**query, "from": start})
        address = self.claims.columns_url(course).partition("?")[0]
        return {"Link": f'<{address}?{more}>; rel="next"'}

    def _fits(self, course: Course, column: Column, query: Mapping[str, str]) -> bool:
        have = {
            "resource_id": column.resource_id,
            "tag": column.tag,
            "resource_link_id": self.link_of(course, column),
        }
        return all(query[name] == have[name] for name in FILTERS if query.get(name))

    def get(self, course: str, column: str, headers: Mapping[str, str]) -> Response:
        where = self.course(course)
        self.check_accept(headers, v.LINE_ITEM_TYPE)
        return answer(self.shown(where, self.column(where, column)), v.LINE_ITEM_TYPE)

    # changing

    def create(self, course_id: str, raw: bytes, headers: Mapping[str, str]) -> Response:
        course = self.course(course_id)
        body = self.body(raw, headers)
        link_id = str(body.get("resourceLinkId") or "")
        if link_id:
            self.check_link(course, link_id)
        column = Column(
            id=self.platform.book.number(),
            course=course.key,
            label=str(body["label"]),
            maximum=Decimal(body["scoreMaximum"]),
            resource_id=str(body.get("resourceId") or ""),
            tag=str(body.get("tag") or ""),
            link_id=link_id,
            extra=self.kept_fields(body),
        )
        with self.platform.lock:
            self.platform.book.add(column)
        self.platform.note("Column made", f"{column.label}, {column.maximum} points.", body)
        return answer(self.shown(course, column), v.LINE_ITEM_TYPE, 201)

    def kept_fields(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Further fields of the request that are kept and shown again."""
        kept = ("startDateTime", "endDateTime", "gradesReleased", "submissionReview")
        return {name: body[name] for name in kept if name in body}

    def update(
        self, course_id: str, column_id: str, raw: bytes, headers: Mapping[str, str]
    ) -> Response:
        course = self.course(course_id)
        column = self.column(course, column_id)
        body = self.body(raw, headers)
        with self.platform.lock:
            self.apply(column, body)
        self.platform.note("Column changed", f"{column.label}.", body)
        return answer(self.shown(course, column), v.LINE_ITEM_TYPE)

    def apply(self, column: Column, body: Mapping[str, Any]) -> None:
        column.label = str(body["label"])
        column.maximum = Decimal(body["scoreMaximum"])
        column.resource_id = str(body.get("resourceId") or "")
        column.tag = str(body.get("tag") or "")
        column.extra = self.kept_fields(body)

    def delete(self, course: str, column: str, headers: Mapping[str, str]) -> Response:
        found = self.column(self.course(course), column)
        self.check_deletable(found)
        with self.platform.lock:
            self.platform.book.remove(found)
        self.platform.note("Column removed", f"{found.label}.")
        return Response(status=204)

    # checking

    def body(self, raw: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        self.check_content(headers, v.LINE_ITEM_TYPE)
        try:
            body = read_object(raw)
        except ValueError:
            self.refuse(400, "the body is not a JSON object")
        label, maximum = body.get("label"), body.get("scoreMaximum")
        if not isinstance(label, str) or not label.strip():
            self.refuse(400, "label is needed")
        if not isinstance(maximum, int | Decimal) or isinstance(maximum, bool) or maximum <= 0:
            self.refuse(400, "scoreMaximum must be above 0")
        return body

    def check_link(self, course: Course, link_id: str) -> None:
        links = (self.claims.link_id(course, found) for found in course.activities.values())
        if link_id not in links:
            self.refuse(404, "no such resource link")

    def check_deletable(self, column: Column) -> None:
        if column.coupled:
            self.refuse(403, "this line item belongs to an activity")

    def check_accept(self, headers: Mapping[str, str], wanted: str) -> None:
        accepted = [media_type(part) for part in (headers.get("Accept") or "*/*").split(",")]
        if not {wanted, "*/*", "application/*"} & set(accepted):
            self.refuse(406, f"only {wanted} is served here")

    def check_content(self, headers: Mapping[str, str], wanted: str) -> None:
        if media_type(headers.get("Content-Type")) != wanted:
            self.refuse(415, f"only {wanted} is read here")

    def refuse(self, status: int, words: str) -> NoReturn:
        raise Refusal(status, dump({"error": words}))
