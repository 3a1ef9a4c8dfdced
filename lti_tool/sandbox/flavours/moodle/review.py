"""Submission review as Moodle has it: grade.php, then view.php?action=gradeReport."""

from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.review import Reviews
from lti_tool.sandbox.world import Activity, Course


class MoodleReviews(Reviews):
    link_words = "Grade analysis"

    def offered(self, course: Course, activity: Activity) -> bool:
        """Wherever there is a grade, whether the tool asked for it or not."""
        return True

    def column(self, course: Course, activity: Activity) -> Column | None:
        """Counts only where the link has exactly one line item.

        Moodle: mod/lti/service/gradebookservices, get_launch_parameters.
        """
        link = self.claims.link_id(course, activity)
        found = [
            column
            for column in self.platform.book.of_course(course)
            if (column.coupled and column.activity == activity.key) or column.link_id == link
        ]
        return found[0] if len(found) == 1 else None
