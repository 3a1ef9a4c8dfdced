"""Pages of one intern: where they stand, and all that was said to them."""

from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.domain.issuing import Stage
from lti_tool.domain.people import Right
from lti_tool.domain.result import CompetencyOutcome
from lti_tool.domain.scoring import shown_average, shown_grade
from lti_tool.domain.standard import Verdict
from lti_tool.services.flags import OpenFlag
from lti_tool.services.overview import Feedback, InternPage
from lti_tool.web.activity import activity_id
from lti_tool.web.assessment_words import STATEMENTS
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.standings import is_shown, standing, strips
from lti_tool.web.tabs import tabs
from lti_tool.web.waiting import looks_again

Answer = str | Response

QUOTED = 2
"""How much feedback stands beside a result; all of it has a page of its own."""

launched.add_app_template_filter(shown_average, "average")
launched.add_app_template_filter(shown_grade, "grade")


@launched.get("/interns/<int:person>/")
def intern(person: int) -> Answer:
    """A course lead reads an intern's result here; the others are led to their own page of it."""
    if actor().may(Right.READ_ALL):
        return result_page(person)
    if actor().may(Right.SCORE):
        return redirect(url_for("launched.score", person=person), HTTPStatus.SEE_OTHER)
    if actor().person == person:
        return redirect(url_for("launched.home"), HTTPStatus.SEE_OTHER)
    return result_page(person)


@launched.get("/interns/<int:person>/feedback")
def feedback(person: int) -> Answer:
    """All assessments of an intern with what was said, newest first."""
    page = _load(person)
    return render_template(
        "interns/feedback.html", page=page, own=_own(person), statements=STATEMENTS, tabs=tabs()
    )


def result_page(person: int) -> Answer:
    """Where an intern stands: for themselves, or for a course lead."""
    page, own = _load(person), _own(person)
    told = [one for one in page.outcome.competencies if is_shown(one, page.outcome)]
    deliveries = {one.competency_id: one for one in page.deliveries}
    shown = _shown(page)
    html = render_template(
        "interns/result.html",
        page=page,
        own=own,
        delivery=deliveries.get(""),
        provisional=_provisional(page),
        flags=_open_flags(person),
        standings=[standing(one, deliveries.get(one.competency.id), own=own) for one in told],
        unseen=[one.competency.title for one in page.outcome.competencies if one not in told],
        shown=shown,
        strips=strips(shown, page.activity.standard),
        helped=_helped(page, shown.competency.id),
        quoted=[one for one in page.feedback if one.worked or one.next_time][:QUOTED],
        met=sum(one.verdict is Verdict.MET for one in page.outcome.counting),
        statements=STATEMENTS,
        tabs=tabs(),
    )
    return looks_again(html) if page.way.stage is Stage.MAKING else html


def _load(person: int) -> InternPage:
    with rounds().reading() as unit:
        return unit.overview.intern_page(actor(), activity_id(), person)


def _open_flags(person: int) -> list[OpenFlag]:
    """What is open about an intern, for those who may know of it."""
    if not actor().may(Right.READ_FLAGS):
        return []
    with rounds().reading() as unit:
        found = unit.flags.open(actor(), activity_id())
    return [one for one in found if one.intern_id == person]


def _own(person: int) -> bool:
    return actor().person == person and actor().may(Right.READ_OWN_RESULT)


def _provisional(page: InternPage) -> list[str]:
    """The competencies that keep a grade provisional, once there is one."""
    thin = [one for one in page.outcome.counting if one.verdict is Verdict.NOT_ENOUGH]
    given = page.outcome.provisional and page.feedback
    return [one.competency.title for one in thin] if given else []


def _shown(page: InternPage) -> CompetencyOutcome:
    """The competency the address asks for, else the first one with anything to show."""
    found = page.outcome.competencies
    asked = request.args.get("competency")
    scored = [one for one in found if one.result.mean is not None]
    return next((one for one in found if one.competency.id == asked), [*scored, *found][0])


def _helped(page: InternPage, competency_id: str) -> Feedback | None:
    """The newest assessment of a competency that says how much help was needed."""
    of_it = (one for one in page.feedback if one.competency_id == competency_id)
    return next((one for one in of_it if one.support), None)
