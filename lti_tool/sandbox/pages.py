"""The pages a person sees: the course, the activity in its frame, the gradebook, what passed."""

import re
import secrets
from typing import Any, NoReturn

from flask import Flask, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import routes, storage
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
        app.add_url_rule("/files/<file_id>", "file", self.file)
        app.add_url_rule("/passed", "passed", self.passed)

    # pages

    def course(self, course: str) -> ResponseReturnValue:
        found = self._course(course)
        return self._page("course.html", found, self._person(found))

    def activity(self, activity: str, course: str = "") -> ResponseReturnValue:
        where, found = self._activity(activity, course)
        person = self._person(where)
        if not found.published and not set(STAFF) & set(where.kinds(person)):
            return self._page("unpublished.html", where, person, activity=found)
        if not self.lms.platform.client.active:
            return self._page("tool_off.html", where, person, activity=found)
        if "start_launch" not in self.lms.flavour.paths:
            launch = self.lms.platform.begin_launch(person, where, found)
            return self._page("activity.html", where, person, **self.framed(launch))
        return self._in_frame(self.address("start_launch", person, activity=activity), found, where)

    def _in_frame(self, inner: str, activity: Activity, course: Course) -> ResponseReturnValue:
        """A page whose frame begins the launch by itself."""
        if on_phone():
            # Moodle: mod/lti/view.php gives phones and tablets the whole window.
            return redirect(inner, 303)
        parts = self._frame_parts(activity)
        return self._page("activity.html", course, self._person(course), inner=inner, **parts)

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
        where, found = self._activity(activity)
        cookie = self.lms.flavour.session_cookie
        session = request.cookies.get(cookie) or secrets.token_urlsafe(18)
        launch = self.lms.platform.begin_launch(self._person(where), where, found)
        launch.session, launch.phone = session, on_phone()
        fields = self.lms.login.initiation(launch)
        answer = make_response(post_form(self.lms.platform.client.login, fields))
        answer.set_cookie(cookie, session, httponly=True, samesite="Lax")
        return answer

    def grades(self, course: str) -> ResponseReturnValue:
        found = self._course(course)
        person = self._person(found)
        students = self.lms.people.students(found)
        if not set(STAFF) & set(found.kinds(person)) and not person.administrator:
            students = [student for student in students if student == person]
        with self.lms.platform.lock:
            columns = self.lms.platform.book.of_course(found)
            rows = [(student, self._cells(columns, student)) for student in students]
        return self._page("grades.html", found, person, columns=columns, rows=rows)

    def file(self, file_id: str) -> Response:
        _, file = self.lms.platform.book.files.get(file_id, ("", None))
        if file is None or file.state != "completed":
            abort(404)
        answer = make_response(file.content)
        answer.headers["Content-Type"] = file.media_type or "application/octet-stream"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers.set("Content-Disposition", "attachment", filename=file.title)
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

    def first_person(self, course: Course) -> Person:
        return self.lms.platform.world.people[next(iter(course.enrolments))]

    def activities_of(self, course: Course) -> list[Activity]:
        """What the course lists; a link of its menu only while the tool has that placement."""
        client = self.lms.platform.client
        menu = client.placement("course_navigation", RESOURCE_LINK_REQUEST)
        found = course.activities.values()
        return [activity for activity in found if activity.kind != "navigation" or menu]

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

    def _page(self, template: str, course: Course, person: Person, **more: Any) -> str:
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

    def _course(self, ref: str) -> Course:
        found = self.lms.claims.find_course(ref)
        return found if found is not None else _not_found()

    def _activity(self, ref: str, course: str = "") -> tuple[Course, Activity]:
        for where in self.lms.platform.world.courses.values():
            for activity in where.activities.values():
                there = self.lms.claims.activity_ref(activity) == ref
                if there and course in ("", self.lms.claims.course_ref(where)):
                    return where, activity
        _not_found()

    def _person(self, course: Course) -> Person:
        key = request.args.get("as", "")
        if not key:
            return self.first_person(course)
        return self.lms.platform.world.people.get(key) or _not_found()


def on_phone() -> bool:
    return bool(PHONE.search(request.headers.get("User-Agent", "")))


def _not_found() -> NoReturn:
    abort(404)
