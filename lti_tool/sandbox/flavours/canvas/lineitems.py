"""Line items as Canvas keeps them. Canvas: app/controllers/lti/ims/line_items_controller.rb."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from lti_tool.sandbox.answers import media_type
from lti_tool.sandbox.flavours.canvas.tokens import refuse
from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.lineitems import Columns
from lti_tool.sandbox.world import Course

SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"


class CanvasColumns(Columns):
    page_limit = 10

    def is_default(self, column: Column) -> bool:
        """Scores of a further column of an assignment never reach the gradebook."""
        return column.coupled or not column.link_id

    def kept_fields(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Keeps the submission type extension; any other type than these two is 400."""
        kept = {name: body[name] for name in ("startDateTime", "endDateTime") if name in body}
        extension = body.get(SUBMISSION_TYPE)
        if extension is None:
            return kept
        if not isinstance(extension, dict) or extension.get("type") not in (
            "none",
            "external_tool",
        ):
            refuse(400, "Invalid submission_type for new assignment")
        return kept | {SUBMISSION_TYPE: extension}

    def apply(self, column: Column, body: Mapping[str, Any]) -> None:
        """A PUT leaves alone what it does not name."""
        column.label = str(body["label"])
        column.maximum = Decimal(body["scoreMaximum"])
        column.resource_id = str(body.get("resourceId", column.resource_id))
        column.tag = str(body.get("tag", column.tag))

    def check_link(self, course: Course, link_id: str) -> None:
        """Only an assignment's link will do; a navigation link is 404 (canvas #1944)."""
        links = [
            self.claims.link_id(course, found)
            for found in course.activities.values()
            if found.kind == "assignment"
        ]
        if link_id not in links:
            refuse(404, "The specified resource does not exist.")

    def check_deletable(self, column: Column) -> None:
        if column.coupled:
            refuse(401, "You may not delete a LineItem that is coupled with an assignment")

    def check_accept(self, headers: Mapping[str, str], wanted: str) -> None:
        """Canvas does not look at Accept."""

    def check_content(self, headers: Mapping[str, str], wanted: str) -> None:
        """Canvas parses its own type and JSON; of any other it sees no parameters at all."""
        if media_type(headers.get("Content-Type")) not in (wanted, "application/json"):
            refuse(400, "param is missing or the value is empty: scoreMaximum")

    def refuse(self, status: int, words: str) -> NoReturn:
        refuse(status, "The specified resource does not exist." if status == 404 else words)
