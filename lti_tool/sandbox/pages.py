"""The pages a person sees: the course, the activity in its frame, the gradebook, what passed."""

import re
import secrets
from typing import Any, NoReturn
from urllib.parse import urlencode

from flask import Flask, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import routes, storage
from lti_tool.sandbox.client import domain_of
from lti_tool.sandbox.flavour import Lms
from lti_tool.sandbox.gradebook import Column, Grade
from lti_tool.sandbox.oidc import post_form
from lti_tool.sandbox.platform import Event, Launch
from lti_tool.sandbox.vocabulary import RESOURCE_LINK_REQUEST
from lti_tool.sandbox.world import STAFF, Activity, Course, Person

LOG_SHOWN = 12
PHONE = re.compile(r"Mobi|Android|iPhone|iPad")


class Pages:
    """One platform's pages; who looks stands in the address as `as`."""

    def __init__(self, lms: Lms, start: str, flavours: dict[str, str]) -> None:
        self.lms = lms
        self.start = start
        self.flavours = flavours

    def install(self, app: Flask) -> None:
        paths = self.lms.flavour.paths
        routes.add(app, "course", paths["course"], self.course, "GET")
        routes.add(app, "activity", paths["activity"], self.activity, "GET")
        routes.add(app, "grades", paths["grades"], self.grades, "GET")
        if "start_launch" in paths:
            routes.add(app, "start_launch", paths["start_launch"], self.start_launch, "GET")
        routes.add(app, "copy", paths["copy"], self.copy, "POST")
        app.add_url_rule("/files/<file_id>", "file", self.file)
        app.add_url_rule("/passed", "passed", self.passed)

    # pages

    def course(self, course: str) -> ResponseReturnValue:
        found = self.course_of(course)
        chosen = self.lms.platform.choices.get(request.args.get("chosen", ""))
        return self.page("course.html", found, self.viewer(found), choice=chosen)

    def activity(self, activity: str, course: str = "") -> ResponseReturnValue:
        where, found = self.activity_of(activity, course)
        person = self.viewer(where)
        if not found.published and not self.staff(where, person):
            return self.page("unpublished.html", where, person, activity=found)
        if not self.lms.platform.client.active:
            return self.page("tool_off.html", where, person, activity=found)
        if found.url and domain_of(found.url) != self.lms.platform.client.domain:
            # An address finds its tool by the domain. Canvas and Moodle launch nothing otherwise.
            return self.page("unknown_tool.html", where, person, activity=found)
        if "start_launch" not in self.lms.flavour.paths:
            launch = self.lms.platform.begin_launch(person, where, found)
            return self.page("activity.html", where, person, **self.framed(launch))
        inner = self.address("start_launch", person, activity=activity)
        if request.args.get("action") == "gradeReport":
            inner += f"&{urlencode({'action': 'gradeReport', 'user': request.args.get('user')})}"
        return self._in_frame(inner, found, where)

    def _in_frame(self, inner: str, activity: Activity, course: Course) -> ResponseReturnValue:
        """A page whose frame begins the launch by itself."""
        if on_phone():
            # Moodle: mod/lti/view.php gives phones and tablets the whole window.
            return redirect(inner, 303)
        parts = self._frame_parts(activity)
        return self.page("activity.html", course, self.viewer(course), inner=inner, **parts)

    def framed(self, launch: Launch) -> dict[str, Any]:
        """What frame.html needs to begin a launch in a frame of its page."""
        stores = self.lms.login.storage_target()
        return self._frame_parts(launch.activity) | {
            "fields": self.lms.login.initiation(launch),
            "login": self.lms.platform.client.login,
            "stores": stores,
            "forwarder": storage.frame_address(self.lms),
            "report": storage.report_path(self.lms),
            # A page that stores says so, even where it answers nothing else.
            "messages": self.lms.flavour.messages or (["lti.capabilities"] if stores else []),
        }

    def _frame_parts(self, activity: Activity) -> dict[str, Any]:
        tool = self.lms.platform.tool.origin
        frame = {name: value.format(tool=tool) for name, value in self.lms.flavour.frame.items()}
        return {
            "activity": activity,
            "frame": frame,
            "frame_name": f"tool_content_{activity.number}",
        }

    def start_launch(self, activity: str) -> Response:
        """Moodle: mod/lti/launch.php; the launch belongs to this browser's session."""
        where, found = self.activity_of(activity)
        return self.post_login(self._begin(self.viewer(where), where, found))

    def post_login(self, launch: Launch) -> Response:
        """The form that starts the tool's login, bound to this browser's session."""
        cookie = self.lms.flavour.session_cookie
        session = request.cookies.get(cookie) or secrets.token_urlsafe(18)
        launch.session, launch.phone = session, on_phone()
        fields = self.lms.login.initiation(launch)
        answer = make_response(post_form(self.lms.platform.client.login, fields))
        answer.set_cookie(cookie, session, httponly=True, samesite="Lax")
        return answer

    def _begin(self, person: Person, course: Course, activity: Activity) -> Launch:
        """Moodle: `action=gradeReport` turns it into a review of the `user` it names.

        Nobody checks who asks: a student may name another.
        """
        if request.args.get("action") != "gradeReport" or self.lms.reviews is None:
            return self.lms.platform.begin_launch(person, course, activity)
        about = self.by_ref(request.args.get("user", ""))
        return self.lms.reviews.begin(person, course, activity, about)

    def copy(self, course: str) -> ResponseReturnValue:
        """The button for staff: the whole course again, without its grades."""
        found = self.course_of(course)
        person = self.viewer(found)
        if not self.staff(found, person):
            abort(403)
        copied = self.lms.copies.copy(found)
        return redirect(self.course_address(copied, person), 303)

    def grades(self, course: str) -> ResponseReturnValue:
        found = self.course_of(course)
        person = self.viewer(found)
        students = self.lms.people.students(found)
        if not self.staff(found, person) and not person.administrator:
            students = [student for student in students if student == person]
        with self.lms.platform.lock:
            columns = self.lms.platform.book.of_course(found)
            rows = [(student, self._cells(columns, student)) for student in students]
        return self.page("grades.html", found, person, columns=columns, rows=rows)

    def file(self, file_id: str) -> Response:
        _, file = self.lms.platform.book.files.get(file_id, ("", None))
        if file is None or file.state != "completed":
            abort(404)
        answer = make_response(file.content)
        answer.headers["Content-Type"] = file.media_type or "application/octet-stream"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        # A viewer shows a PDF in the page; whatever else it may be is only handed out.
        shown = "inline" in request.args and file.media_type == "application/pdf"
        place = "inline" if shown else "attachment"
        answer.headers.set("Content-Disposition", place, filename=file.title)
        return answer

    def passed(self) -> str:
        return render_template("log.html", log=self.log())

    # what they are made of

    def log(self) -> list[Event]:
        """The last lines of "What passed between the two", oldest first."""
        return self.lms.platform.log[-LOG_SHOWN:]

    def address(self, endpoint: str, person: Person, **parts: object) -> str:
        """A page of this platform as this person sees it."""
        address = self.lms.platform.address(endpoint, **parts)
        return f"{address}{'&' if '?' in address else '?'}as={person.key}"

    def course_address(self, course: Course, person: Person) -> str:
        return self.address("course", person, course=self.lms.claims.course_ref(course))

    def grades_address(self, course: Course, person: Person) -> str:
        return self.address("grades", person, course=self.lms.claims.course_ref(course))

    def activity_address(self, course: Course, activity: Activity, person: Person) -> str:
        return self.address(
            "activity",
            person,
            course=self.lms.claims.course_ref(course),
            activity=self.lms.claims.activity_ref(activity),
        )

    def work_link(
        self, course: Course, column: Column, student: Person, person: Person
    ) -> tuple[str, str] | None:
        """What the way to a student's work is called in this gradebook, and where it leads."""
        activity = self.lms.columns.activity(course, column)
        reviews = self.lms.reviews
        if activity is None:
            return None
        if "speedgrader" in self.lms.flavour.paths:
            grader = self.staff(course, person)
            name, words = ("speedgrader", "SpeedGrader") if grader else ("submission", "Submission")
        elif reviews is not None and reviews.offered(course, activity):
            name, words = reviews.page, reviews.link_words
        else:
            return None
        return words, self.work_address(name, course, activity, student, person)

    def work_address(
        self, name: str, course: Course, activity: Activity, student: Person, person: Person
    ) -> str:
        """A page about one student's work: `review`, `speedgrader`, `submission` or Moodle's."""
        return self.address(
            name,
            person,
            course=self.lms.claims.course_ref(course),
            activity=self.lms.claims.activity_ref(activity),
            student=self.lms.people.ref(student),
        )

    def staff(self, course: Course, person: Person) -> bool:
        return bool(set(STAFF) & set(course.kinds(person)))

    def first_person(self, course: Course) -> Person:
        return self.lms.platform.world.people[next(iter(course.enrolments))]

    def activities_of(self, course: Course) -> list[Activity]:
        """What the course lists; a link of its menu only while the tool has that placement."""
        client = self.lms.platform.client
        menu = client.placement("course_navigation", RESOURCE_LINK_REQUEST)
        found = course.activities.values()
        shown = menu is not None and menu.shown
        return [activity for activity in found if activity.kind != "navigation" or shown]

    def people_of(self, course: Course) -> list[Person]:
        """Who can be tried here: the enrolled, and those who belong to no course at all."""
        world = self.lms.platform.world
        elsewhere = {key for other in world.courses.values() for key in other.enrolments}
        return [
            person
            for person in world.people.values()
            if person.key in course.enrolments or person.key not in elsewhere
        ]

    def _cells(self, columns: list[Column], student: Person) -> list[tuple[Column, Grade | None]]:
        return [(column, self.lms.platform.book.seen(column, student)) for column in columns]

    def page(self, template: str, course: Course, person: Person, **more: Any) -> str:
        return render_template(
            template,
            pages=self,
            lms=self.lms,
            course=course,
            person=person,
            start=self.start,
            log=self.log(),
            **more,
        )

    def course_of(self, ref: str) -> Course:
        found = self.lms.claims.find_course(ref)
        return found if found is not None else _not_found()

    def activity_of(self, ref: str, course: str = "") -> tuple[Course, Activity]:
        for where in self.lms.platform.world.courses.values():
            for activity in where.activities.values():
                there = self.lms.claims.activity_ref(activity) == ref
                if there and course in ("", self.lms.claims.course_ref(where)):
                    return where, activity
        _not_found()

    def by_ref(self, ref: str) -> Person:
        """Whom an address of this LMS names."""
        people = self.lms.platform.world.people.values()
        return next((p for p in people if self.lms.people.ref(p) == ref), None) or _not_found()

    def viewer(self, course: Course) -> Person:
        key = request.args.get("as", "")
        if not key:
            return self.first_person(course)
        return self.lms.platform.world.people.get(key) or _not_found()


def on_phone() -> bool:
    return bool(PHONE.search(request.headers.get("User-Agent", "")))


def _not_found() -> NoReturn:
    abort(404)
