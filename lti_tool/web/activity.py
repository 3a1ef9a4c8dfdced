"""The page on which a course lead chooses competencies, weights, the standard and the grade."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lti_tool.domain.errors import ActivityNotReady, FormInvalid, WeightsWrong
from lti_tool.domain.people import Right
from lti_tool.services.activities import ActivityView, choice_of
from lti_tool.web import activity_form
from lti_tool.web.activity_form import NO_SUM, NOTHING_CHOSEN, WEIGHTS, Offer
from lti_tool.web.forms import read, typed
from lti_tool.web.session import actor, current, launched, rounds
from lti_tool.web.tabs import tabs

Answer = str | Response | tuple[str, int]


def activity_id() -> int:
    """The activity that was launched. Raises ActivityNotReady when the launch was of none."""
    found = current().activity_id
    if found is None:
        raise ActivityNotReady("the launch names no activity")
    return found


@launched.get("/activity")
def activity() -> Answer:
    """The choice as it stands, or as the packs recommend it for a new activity."""
    view, offer = _load()
    return _page(view, offer, activity_form.filled(offer))


@launched.post("/activity")
def choose_competencies() -> Answer:
    """Set the activity up, or change it."""
    view, offer = _load()
    try:
        sent = read(activity_form.schema(offer), request.form)
        choice = activity_form.choice(offer, sent)
        with rounds().work() as unit:
            unit.activities.choose(actor(), view.id, choice)
    except FormInvalid as refused:
        return _come_back(view, offer, refused.faults)
    except WeightsWrong:
        return _come_back(view, offer, {WEIGHTS: NO_SUM if choice.weights else NOTHING_CHOSEN})
    if view.ready:
        return redirect(url_for("launched.activity", done="saved"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("launched.home"), HTTPStatus.SEE_OTHER)


def _load() -> tuple[ActivityView, Offer]:
    actor().require(Right.SET_UP)
    with rounds().reading() as unit:
        view = unit.activities.view(actor().course, activity_id())
        offered = unit.activities.offered()
        further = unit.columns.offer(actor())
        live_views = unit.live_views.offered(actor().course)
        designs = unit.activities.designs(actor().course)
    offer = activity_form.fresh(offered)
    if view.ready:
        pinned = {one.competency.id: one.competency for one in view.chosen}
        competencies = {one.id: one for one in offered} | pinned
        offer = Offer(choice_of(view), tuple(competencies.values()))
    return view, replace(
        offer,
        further=further,
        live_views=live_views,
        attempts=view.attempts,
        designs=designs,
    )


def _come_back(view: ActivityView, offer: Offer, faults: Mapping[str, str]) -> Answer:
    return _page(view, offer, typed(request.form), faults), HTTPStatus.UNPROCESSABLE_ENTITY


def _page(
    view: ActivityView,
    offer: Offer,
    fields: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
) -> str:
    with rounds().reading() as unit:
        titles = () if view.ready else unit.activities.titles(actor().course)
    return render_template(
        "activities/choose.html",
        heading=_("Competencies and standard")
        if view.ready
        else _("Choose what interns are assessed on"),
        about=view.title or current().course_title,
        ready=view.ready,
        titles=titles,
        done=request.args.get("done"),
        tabs=tabs("launched.activity"),
        **activity_form.shown(offer, fields, faults),
    )
