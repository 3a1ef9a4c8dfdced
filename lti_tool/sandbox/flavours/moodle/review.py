"""Submission review as Moodle has it: grade.php, then view.php?action=gradeReport."""

from lti_tool.sandbox.flavours.moodle.claims import MoodleClaims
from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.people import People
from lti_tool.sandbox.platform import Platform
from lti_tool.sandbox.review import Reviews
from lti_tool.sandbox.world import Activity, Course


class MoodleReviews(Reviews):
    claims: MoodleClaims
    page = "grade_analysis"
    link_words = "Grade analysis"

    def __init__(self, platform: Platform, people: People, claims: MoodleClaims) -> None:
        super().__init__(platform, people, claims)
        self.claims = claims

    def offered(self, course: Course, activity: Activity) -> bool:
        """Wherever there is a grade, whether the tool asked for it or not."""
        return True

    def column(self, course: Course, activity: Activity) -> Column | None:
        """Counts only where the link has exactly one line item.

        Moodle: mod/lti/service/gradebookservices, get_launch_parameters.
        """
        found = self.claims.line_items(course, activity)
        return found[0] if len(found) == 1 else None
