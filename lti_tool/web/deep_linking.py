"""The choice inside the LMS: what to add to the course, and the way back with it or without.

The answer is a form that the browser posts to the LMS: by itself where scripts run, else by a
button. That page alone may send a form to another site, and only to the one that asked.
"""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import g, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import Schema, fields, validate
from werkzeug.wrappers import Response

from lti_tool.domain.certificate import tidy
from lti_tool.domain.errors import FormInvalid, WeightsWrong
from lti_tool.services.deep_links import TITLE_LENGTH, Asking, Placing, Reply
from lti_tool.web import activity_form
from lti_tool.web.activity_form import (
    NO_SUM,
    NOTHING_CHOSEN,
    TOO_LONG,
    UNKNOWN_CHOICE,
    WEIGHTS,
    Offer,
)
from lti_tool.web.forms import Sent, read, typed
from lti_tool.web.session import actor, current, launched, rounds

Answer = str | Response | tuple[str, int]

ONE, EACH = "one", "each"
"""One activity for all that was chosen, or one for each competency."""


@launched.get("/deep-link")
def deep_link() -> Answer:
    """The choice, as the packs recommend it."""
    asking, offer = _load()
    started = {"title": asking.title, "links": ONE}
    return _page(asking, offer, activity_form.filled(offer) | started)


@launched.post("/deep-link")
def add_to_course() -> Answer:
    """Make what was chosen, and take it back to the LMS."""
    asking, offer = _load()
    try:
        placing = _placing(offer, read(_schema(asking, offer), request.form))
        with rounds().work() as unit:
            reply = unit.deep_links.place(
                actor(),
                current().id,
                placing,
                words=_added(placing),
                launch_url=rounds().settings.launch_url,
            )
    except FormInvalid as refused:
        return _come_back(asking, offer, refused.faults)
    except WeightsWrong:
        chosen = placing.choice.weights
        return _come_back(asking, offer, {WEIGHTS: NO_SUM if chosen else NOTHING_CHOSEN})
    return _take_back(reply)


@launched.post("/deep-link/cancel")
def cancel_deep_link() -> Answer:
    """Go back to the LMS with nothing."""
    with rounds().work() as unit:
        reply = unit.deep_links.give_up(
            actor(), current().id, launch_url=rounds().settings.launch_url
        )
    return _take_back(reply)


def _load() -> tuple[Asking, Offer]:
    with rounds().reading() as unit:
        asking = unit.deep_links.asking(actor(), current().id)
        further = unit.columns.offer(actor())
        return asking, replace(activity_form.fresh(unit.activities.offered()), further=further)


def _schema(asking: Asking, offer: Offer) -> Schema:
    title = validate.Length(max=TITLE_LENGTH, error=TOO_LONG)
    more: dict[str, fields.Field[str]] = {"title": fields.String(load_default="", validate=title)}
    if asking.multiple:
        known = validate.OneOf([ONE, EACH], error=UNKNOWN_CHOICE)
        more["links"] = fields.String(load_default=ONE, validate=known)
    return activity_form.schema(offer, more)


def _placing(offer: Offer, sent: Sent) -> Placing:
    choice = activity_form.choice(offer, sent)
    return Placing(choice, tidy(sent.values["title"]), each=sent.values.get("links") == EACH)


def _added(placing: Placing) -> str:
    """What the LMS tells whoever comes back to it."""
    words: str = ngettext("1 activity added", "%(num)s activities added", placing.links)
    return words


def _come_back(asking: Asking, offer: Offer, faults: Mapping[str, str]) -> Answer:
    return _page(asking, offer, typed(request.form), faults), HTTPStatus.UNPROCESSABLE_ENTITY


def _page(
    asking: Asking,
    offer: Offer,
    fields: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
) -> str:
    more = {"title": _("Title")}
    if asking.multiple:
        more["links"] = _("How many activities")
    return render_template(
        "deep_linking/choose.html",
        heading=_("Choose what interns are assessed on"),
        about=current().course_title,
        asking=asking,
        longest=TITLE_LENGTH,
        links=[
            (ONE, _("One for all competencies")),
            (EACH, _("One for each competency")),
        ],
        done=None,
        **activity_form.shown(offer, fields, faults, more),
    )


def _take_back(reply: Reply) -> Response:
    """The page that posts the answer. Under `same-origin` the post would carry `Origin: null`."""
    address = urlsplit(reply.url)
    g.form_action = f"{address.scheme}://{address.netloc}"
    response = make_response(render_template("deep_linking/return.html", reply=reply))
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
