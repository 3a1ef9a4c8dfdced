"""The pages where a teacher chooses content in the tool and, where the LMS asks, saves it."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import routes
from lti_tool.sandbox.choice import Choice, Place
from lti_tool.sandbox.pages import Pages
from lti_tool.sandbox.platform import Launch
from lti_tool.sandbox.world import Course, Person


class Choosing:
    """One platform's way from a menu of the course to a new activity in it."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.lms = pages.lms

    def install(self, app: Flask) -> None:
        views: dict[str, tuple[routes.View, str]] = {
            "choose": (self.choose, "GET"),
            "start_choice": (self.start_choice, "GET"),
            "deep_linking_return": (self.receive, "POST"),
            "activity_form": (self.form, "GET"),
            "save_activity": (self.save, "POST"),
            "offer_tool": (self.offer, "POST"),
        }
        for name, (view, method) in views.items():
            if name in self.lms.flavour.paths:
                routes.add(app, name, self.lms.flavour.paths[name], view, method)

    def choose(self, course: str) -> ResponseReturnValue:
        """The tool in a frame, asked to choose."""
        where = self.pages.course_of(course)
        person = self.pages.viewer(where)
        place = self._place(where, person)
        if "start_choice" not in self.lms.flavour.paths:
            launch = self._begin(place, person, where)
            return self.pages.page("choose.html", where, person, **self.pages.framed(launch))
        inner = self.pages.address("start_choice", person, course=course)
        inner += "&" + urlencode(
            {"place": place.name, "title": _arg("title"), "text": _arg("text")}
        )
        return self.pages.page("choose.html", where, person, inner=inner, place=place)

    def start_choice(self, course: str) -> Response:
        """Moodle: mod/lti/contentitem.php; it belongs to this browser's session."""
        where = self.pages.course_of(course)
        person = self.pages.viewer(where)
        return self.pages.post_login(self._begin(self._place(where, person), person, where))

    def receive(self, course: str, deployment: str = "") -> str:
        """Where the tool posts its answer, inside the frame; from here the whole window goes on."""
        choice = self.lms.deep_linking.receive(request.args, request.form)
        address = urlsplit(self._after(choice))
        bare = address._replace(query="").geturl()
        return render_template("chosen.html", address=bare, fields=dict(parse_qsl(address.query)))

    def form(self, course: str) -> str:
        """The activity's form as the item filled it, or the list of all there will be."""
        return self._form(self._waiting())

    def save(self, course: str) -> ResponseReturnValue:
        choice = self._waiting()
        trouble = self.lms.deep_linking.save(choice, request.form)
        if trouble:
            return self._form(choice, trouble)
        return redirect(self._course_address(choice), 303)

    def offer(self, course: str) -> ResponseReturnValue:
        """A teacher brings the tool out.

        Moodle: into the chooser, mod/lti/coursetools.php. Canvas: into the course menu, by the
        course's navigation settings.
        """
        where = self.pages.course_of(course)
        person = self.pages.viewer(where)
        if not self.lms.deep_linking.may_choose(person, where):
            abort(403)
        self.lms.platform.client.show()
        return redirect(self.pages.course_address(where, person), 303)

    def _form(self, choice: Choice, trouble: str = "") -> str:
        ref = self.lms.claims.course_ref(choice.course)
        save = self.pages.address("save_activity", choice.person, course=ref)
        return self.pages.page(
            "activity_form.html",
            choice.course,
            choice.person,
            choice=choice,
            save=save,
            trouble=trouble,
        )

    def _place(self, course: Course, person: Person) -> Place:
        for place in self.lms.deep_linking.places(person, course):
            if place.name == request.args.get("place"):
                return place
        abort(403)

    def _begin(self, place: Place, person: Person, course: Course) -> Launch:
        deep_linking = self.lms.deep_linking
        return deep_linking.begin(place, person, course, _arg("title"), _arg("text"))

    def _after(self, choice: Choice) -> str:
        if not choice.drafts:
            return self._course_address(choice)
        ref = self.lms.claims.course_ref(choice.course)
        address = self.pages.address("activity_form", choice.person, course=ref)
        return f"{address}&{urlencode({'choice': choice.id})}"

    def _course_address(self, choice: Choice) -> str:
        page = self.pages.course_address(choice.course, choice.person)
        return f"{page}&{urlencode({'chosen': choice.id})}"

    def _waiting(self) -> Choice:
        choice = self.lms.deep_linking.choice(request.values.get("choice"))
        if choice is None or not choice.drafts:
            abort(404)
        return choice


def _arg(name: str) -> str:
    return request.args.get(name, "")
