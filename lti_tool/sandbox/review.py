"""Submission review: a launch to one student's work, as LTI Submission Review 1.0 has it."""

from typing import Any

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.claims import Claims
from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.people import People
from lti_tool.sandbox.platform import Launch, Platform
from lti_tool.sandbox.world import STAFF, Activity, Course, Person


class Reviews:
    """The standard: offered where the line item names a `submissionReview`."""

    # The page its link in the gradebook leads to, and what that link says.
    page = "review"
    link_words = "Review the submission"

    def __init__(self, platform: Platform, people: People, claims: Claims) -> None:
        self.platform = platform
        self.people = people
        self.claims = claims

    def offered(self, course: Course, activity: Activity) -> bool:
        column = self.column(course, activity)
        return column is not None and "submissionReview" in column.extra

    def allowed(self, person: Person, course: Course, student: Person) -> bool:
        """Staff see everybody's work, a student the own."""
        return person == student or bool(set(STAFF) & set(course.kinds(person)))

    def column(self, course: Course, activity: Activity) -> Column | None:
        """The line item whose `submissionReview` counts."""
        return self.platform.book.column_of(course, activity)

    def begin(self, person: Person, course: Course, activity: Activity, student: Person) -> Launch:
        """A launch to where the line item says, else to where the activity leads."""
        launch = self.platform.begin_launch(person, course, activity)
        launch.message = v.REVIEW_REQUEST
        launch.about = student
        wanted = self._wanted(self.column(course, activity))
        launch.address = str(wanted.get("url") or "")
        launch.custom = {name: str(value) for name, value in (wanted.get("custom") or {}).items()}
        return launch

    def _wanted(self, column: Column | None) -> dict[str, Any]:
        found = column.extra.get("submissionReview") if column else None
        return found if isinstance(found, dict) else {}
