"""The page of a course: its activities, for who came by a menu and not by a link to one of them."""

from flask import render_template
from werkzeug.wrappers import Response

from lti_tool.web.session import actor, current, enter, launched, rounds
from lti_tool.web.tabs import tabs


@launched.get("/activities")
def activities() -> str:
    """What the course has, each with the state that concerns this person."""
    with rounds().reading() as unit:
        page = unit.course_activities.page(actor())
    return render_template("courses/activities.html", page=page, tabs=tabs("launched.activities"))


@launched.post("/activities/<int:id>")
def open_activity(id: int) -> Response:
    """Open one of them, in a session of its own."""
    with rounds().work() as unit:
        opened = unit.course_activities.open(actor(), current().id, id)
    return enter(opened)
