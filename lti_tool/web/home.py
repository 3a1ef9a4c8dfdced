"""The first page, by role: a supervisor's interns, an intern's result, a course lead's table."""

from http import HTTPStatus

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from lti_tool.domain.people import Right
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
    if current().choosing:
        return redirect(url_for("launched.deep_link"), HTTPStatus.SEE_OTHER)
    who = actor()
    if not any(who.may(right) for right in Right):
        return _nothing()
    if current().activity_id is None:
        return redirect(url_for("launched.activities"), HTTPStatus.SEE_OTHER)
    if not current().activity_ready:
        return _not_ready()
    if not who.may(Right.SCORE):
        return result_page(who.person)
    about = current().about
    if about is not None:
        return redirect(url_for("launched.intern", person=about), HTTPStatus.SEE_OTHER)
    return interns()


@launched.get("/interns/")
def interns() -> Answer:
    """All interns: the first page of those who score, unless the LMS asked for one person's."""
    return cohort_page() if actor().may(Right.READ_ALL) else _supervisor_page()


def _nothing() -> Answer:
    """For a role that sees nothing here, which another list of people may change."""
    with rounds().reading() as unit:
        roster = unit.people.roster_age(actor().course)
    return for_people(render_template("home/nothing.html", roster=roster), roster)


def _not_ready() -> Answer:
    """Only a course lead can choose competencies; the others learn what the page waits for.

    Someone may turn out to be the course lead as soon as the list of people is here.
    """
    course = actor().course
    if actor().may(Right.SET_UP):
        return redirect(url_for("launched.activity"), HTTPStatus.SEE_OTHER)
    with rounds().reading() as unit:
        roster = unit.people.roster_age(course)
        page = render_template(
            "home/not-ready.html",
            roster=roster,
            titles=unit.activities.titles(course),
        )
    return for_people(page, roster)


def _supervisor_page() -> Answer:
    search = searched()
    with rounds().reading() as unit:
        home = unit.overview.supervisor_home(actor(), activity_id(), search)
    page = render_template("home/supervisor.html", home=home, page=paged(home.interns, search))
    return for_people(page, home.roster)
