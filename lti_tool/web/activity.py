"""The page on which a course lead chooses competencies, weights, the standard and the grade."""

from collections import defaultdict
from collections.abc import Mapping
from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.domain.errors import ActivityNotReady, FormInvalid, WeightsWrong
from lti_tool.domain.people import Right
from lti_tool.domain.standard import Standard
from lti_tool.services.activities import FULL_WEIGHT
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
    offer = _load()
    return _page(offer, activity_form.filled(offer))


@launched.post("/activity")
def choose_competencies() -> Answer:
    """Set the activity up, or change it."""
    offer = _load()
    try:
        sent = read(activity_form.schema(offer), request.form)
        choice = activity_form.choice(offer, sent)
        with rounds().work() as unit:
            unit.activities.choose(actor(), offer.view.id, choice)
    except FormInvalid as refused:
        return _come_back(offer, refused.faults)
    except WeightsWrong:
        return _come_back(offer, {WEIGHTS: NO_SUM if choice.weights else NOTHING_CHOSEN})
    if offer.view.ready:
        return redirect(url_for("launched.activity", done="saved"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("launched.home"), HTTPStatus.SEE_OTHER)


def _load() -> Offer:
    actor().require(Right.SET_UP)
    with rounds().reading() as unit:
        view = unit.activities.view(actor().course, activity_id())
        offered = {one.id: one for one in unit.activities.offered()}
        titles = () if view.ready else tuple(unit.activities.titles(actor().course))
    pinned = {one.competency.id: one.competency for one in view.chosen}
    return Offer(view, tuple((offered | pinned).values()), titles)


def _come_back(offer: Offer, faults: Mapping[str, str]) -> Answer:
    return _page(offer, typed(request.form), faults), HTTPStatus.UNPROCESSABLE_ENTITY


def _page(offer: Offer, fields: Mapping[str, str], faults: Mapping[str, str] | None = None) -> str:
    beside = activity_form.beside(faults or {})
    levels = offer.competencies[0].levels
    return render_template(
        "activities/choose.html",
        activity=offer.view,
        competencies=offer.competencies,
        titles=offer.titles,
        fields=defaultdict(str, fields),
        beside=defaultdict(str, beside),
        faults=activity_form.entries(offer, beside),
        labels=activity_form.labels(offer),
        own_bars=activity_form.own_bars(offer),
        together=activity_form.together(offer, fields),
        full_weight=FULL_WEIGHT,
        levels=[(level.value, level.name) for level in levels],
        mappings=activity_form.mappings(levels[Standard().min_mean - 1].name),
        sendings=activity_form.sendings(),
        done=request.args.get("done"),
        tabs=tabs("launched.activity"),
    )
