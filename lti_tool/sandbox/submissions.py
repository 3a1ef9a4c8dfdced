"""The pages that show one student's work: review, SpeedGrader, and the student's own page."""

from urllib.parse import urlencode, urlsplit

from flask import Flask, abort, redirect, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import routes
from lti_tool.sandbox.gradebook import Attempt, Column
from lti_tool.sandbox.pages import Pages
from lti_tool.sandbox.world import Activity, Course, Person

# An attempt that is opened by launching the tool. Canvas: SpeedGrader shows these in a frame.
LAUNCHED = ("basic_lti_launch", "external_tool")


class Submissions:
    """A student is named in an address by `People.ref`, as the LMS itself does it."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.lms = pages.lms

    def install(self, app: Flask) -> None:
        views: dict[str, routes.View] = {
            "review": self.review,
            "grade_analysis": self.grade_analysis,
            "speedgrader": self.speedgrader,
            "submission": self.submission,
            "retrieve": self.retrieve,
        }
        for name, view in views.items():
            if name in self.lms.flavour.paths:
                routes.add(app, name, self.lms.flavour.paths[name], view, "GET")

    # submission review

    def review(self, activity: str, student: str, course: str = "") -> ResponseReturnValue:
        where, found, about = self._work(activity, student, course)
        person = self.pages.viewer(where)
        reviews = self.lms.reviews
        if reviews is None or not reviews.offered(where, found):
            abort(404)
        if not reviews.allowed(person, where, about):
            abort(403)
        launch = reviews.begin(person, where, found, about)
        return self.pages.page("activity.html", where, person, **self.pages.framed(launch))

    def grade_analysis(self, activity: str, student: str) -> ResponseReturnValue:
        """Moodle: mod/lti/grade.php only sends on to view.php."""
        where, found, _ = self._work(activity, student)
        page = self.pages.activity_address(where, found, self.pages.viewer(where))
        return redirect(f"{page}&{urlencode({'action': 'gradeReport', 'user': student})}")

    # Canvas

    def speedgrader(self, course: str, activity: str, student: str) -> ResponseReturnValue:
        """The grader's view; the tool is launched as the grader, not as the student."""
        where, found, about = self._work(activity, student, course)
        person = self.pages.viewer(where)
        if not self.pages.staff(where, person):
            abort(403)
        return self._shown("speedgrader.html", where, found, about, person)

    def submission(self, course: str, activity: str, student: str) -> ResponseReturnValue:
        """What the student sees of the own submission: the same address, launched as the student.

        Canvas: app/controllers/submissions_controller.rb; another student's is refused.
        """
        where, found, about = self._work(activity, student, course)
        person = self.pages.viewer(where)
        if person != about and not self.pages.staff(where, person):
            abort(403)
        return self._shown("submission.html", where, found, about, person)

    def retrieve(self, course: str) -> ResponseReturnValue:
        """Opens whatever address of the tool's it is given, as whoever asks.

        Canvas: app/controllers/external_tools_controller.rb. The link may get lost on the way
        (canvas #2192), and then the course's own id stands for it.
        """
        where = self.pages.course_of(course)
        url = request.args.get("url", "")
        if urlsplit(url)[:2] != urlsplit(self.lms.platform.tool.origin)[:2]:
            return self.pages.page("unknown_tool.html", where, self.pages.viewer(where))
        found = self._link(where, request.args.get("assignment_id", ""))
        person = self.pages.viewer(where)
        launch = self.lms.platform.begin_launch(person, where, found)
        launch.address = url
        return self.pages.page("borderless.html", where, person, **self.pages.framed(launch))

    def _link(self, course: Course, assignment: str) -> Activity:
        lost = Activity("retrieved", 0, course.title, kind="retrieved")
        if self.lms.platform.switches.link_lost:
            return lost
        refs = {self.lms.claims.activity_ref(found): found for found in course.activities.values()}
        return refs.get(assignment, lost)

    def _shown(
        self, template: str, course: Course, activity: Activity, student: Person, person: Person
    ) -> str:
        column = self.lms.platform.book.column_of(course, activity)
        attempt = self._last_attempt(column, student)
        inner = ""
        if attempt is not None and attempt.kind in LAUNCHED:
            inner = self._retrieve_address(course, activity, attempt, person)
        return self.pages.page(
            template,
            course,
            person,
            activity=activity,
            student=student,
            attempt=attempt,
            inner=inner,
            allow=self.lms.flavour.frame["allow"],
        )

    def _last_attempt(self, column: Column | None, student: Person) -> Attempt | None:
        grade = self.lms.platform.book.seen(column, student) if column else None
        return grade.attempts[-1] if grade and grade.attempts else None

    def _retrieve_address(
        self, course: Course, activity: Activity, attempt: Attempt, person: Person
    ) -> str:
        query = {
            "url": attempt.data or activity.url or self.lms.platform.tool.launch,
            "assignment_id": self.lms.claims.activity_ref(activity),
            "display": "borderless",
        }
        ref = self.lms.claims.course_ref(course)
        return f"{self.pages.address('retrieve', person, course=ref)}&{urlencode(query)}"

    def _work(
        self, activity: str, student: str, course: str = ""
    ) -> tuple[Course, Activity, Person]:
        where, found = self.pages.activity_of(activity, course)
        return where, found, self.pages.by_ref(student)
