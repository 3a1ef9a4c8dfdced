"""The first page, by role: a supervisor's interns, an intern's result, a course lead's table."""

from http import HTTPStatus

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from lti_tool.domain.people import Right
from lti_tool.services.activities import ActivityView
from lti_tool.services.people import RosterAge
from lti_tool.web.activity import activity_id
from lti_tool.web.cohort import cohort_page
from lti_tool.web.interns import result_page
from lti_tool.web.paging import paged, searched
from lti_tool.web.session import actor, current, launched, rounds
from lti_tool.web.waiting import for_people

Answer = str | Response


@launched.get("/")
def home() -> Answer:
    """What this person needs first."""
    who = actor()
    activity, roster = _load()
    if not any(who.may(right) for right in Right):
        return for_people(render_template("home/nothing.html", roster=roster), roster)
    if activity is None or not activity.ready:
        return _not_ready(activity, roster)
    if who.may(Right.READ_ALL):
        return cohort_page()
    if who.may(Right.SCORE):
        return _supervisor_page()
    return result_page(who.person)


def _load() -> tuple[ActivityView | None, RosterAge]:
    course, found = actor().course, current().activity_id
    with rounds().reading() as unit:
        activity = None if found is None else unit.activities.view(course, found)
        return activity, unit.people.roster_age(course)


def _not_ready(activity: ActivityView | None, roster: RosterAge) -> Answer:
    """Only a course lead can choose competencies; the others learn what the page waits for.

    Someone may turn out to be the course lead as soon as the list of people is here.
    """
    if activity is not None and actor().may(Right.SET_UP):
        return redirect(url_for("launched.activity"), HTTPStatus.SEE_OTHER)
    with rounds().reading() as unit:
        titles = unit.activities.titles(actor().course)
    page = render_template("home/not-ready.html", activity=activity, roster=roster, titles=titles)
    return for_people(page, roster)


def _supervisor_page() -> Answer:
    search = searched()
    with rounds().reading() as unit:
        home = unit.overview.supervisor_home(actor(), activity_id(), search)
    page = render_template("home/supervisor.html", home=home, page=paged(home.interns, search))
    return for_people(page, home.roster)
