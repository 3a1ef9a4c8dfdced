"""The messages to the gradebook, one by one, and what a course lead may do about each."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import Schema, fields, validate
from werkzeug.wrappers import Response

from lti_tool.domain.passback import State
from lti_tool.domain.people import Actor
from lti_tool.services.gradebook_overview import MessagesPage
from lti_tool.services.passback import COLUMN_UNKNOWN
from lti_tool.services.passback_lists import Stage
from lti_tool.services.passback_views import Delivery
from lti_tool.services.retrying import Retrying
from lti_tool.services.retrying_all import retry_all
from lti_tool.web.activity import activity_id
from lti_tool.web.forms import NUMBER, read
from lti_tool.web.look import ahead
from lti_tool.web.paging import paged_from, searched
from lti_tool.web.service_words import paused
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.tabs import tabs

LISTED, GRADEBOOK = "messages", "gradebook"
"""The pages with buttons beside a message, beside an intern's own and the table of all."""


class ActSchema(Schema):
    """Where a button stood: on an intern's page, on the gradebook's, in a part of the list."""

    intern = fields.Integer(load_default=None, validate=NUMBER, metadata={"hidden": True})
    at = fields.String(
        load_default=None,
        validate=validate.OneOf([LISTED, GRADEBOOK]),
        metadata={"hidden": True},
    )
    state = fields.String(
        load_default=None, validate=validate.OneOf(list(Stage)), metadata={"hidden": True}
    )
    q = fields.String(load_default=None, metadata={"hidden": True})
    page = fields.Integer(load_default=None, validate=NUMBER, metadata={"hidden": True})


class Line(NamedTuple):
    """A message in the list: when it goes next, in words, and whether it can be hurried."""

    delivery: Delivery
    next: str
    hurried: bool


@launched.get("/gradebook/messages")
def messages() -> str:
    """The messages of the activity, or those at one stage, the newest first."""
    stage, search = _stage(), searched()
    with rounds().reading() as unit:
        found = unit.gradebook_overview.messages(actor(), activity_id(), stage, search)
        page = paged_from(found.listing.total, found.listing.rows, search)
        now = unit.now
    return render_template(
        "gradebook/messages.html",
        found=found,
        stage=stage,
        page=page,
        lines=[_line(one, now, _held_up(one, found)) for one in page.rows],
        trouble=paused(found.service),
        tabs=tabs("launched.gradebook"),
    )


@launched.post("/passbacks/<int:id>/retry")
def retry_passback(id: int) -> Response:
    """Send a grade or certificate again that the gradebook refused, or that may be lost."""
    return _act(lambda retrying, lead: retrying.retry(lead, id))


@launched.post("/passbacks/<int:id>/hurry")
def hurry_passback(id: int) -> Response:
    """Try one now that waits for its next try."""
    return _act(lambda retrying, lead: retrying.hurry(lead, id))


@launched.post("/passbacks/<int:id>/stop")
def stop_looking(id: int) -> Response:
    """No longer wait for the LMS to fetch a certificate."""
    return _act(lambda retrying, lead: retrying.stop_looking(lead, id))


@launched.post("/passbacks/<int:id>/confirm")
def confirm_passback(id: int) -> Response:
    """Note that one is in the gradebook of which Rounds did not know."""
    return _act(lambda retrying, lead: retrying.confirm(lead, id))


@launched.post("/passbacks/<int:id>/insist")
def insist_passback(id: int) -> Response:
    """Tell the gradebook our number once more, where somebody has changed it there."""
    with rounds().work() as unit:
        unit.passbacks.insist(actor(), id)
    return redirect(url_for("launched.gradebook"), HTTPStatus.SEE_OTHER)


@launched.post("/gradebook/messages/retry")
def retry_refused() -> Response:
    """Send all refused messages of the activity again that need no word each."""
    retry_all(rounds(), actor(), activity_id())
    return redirect(url_for("launched.messages"), HTTPStatus.SEE_OTHER)


def _act(act: Callable[[Retrying, Actor], None]) -> Response:
    """Do it, and lead back to where the button stood."""
    came = read(ActSchema(), request.form).or_refuse()
    with rounds().work() as unit:
        act(unit.retrying, actor())
    if came["intern"] is not None:
        back = url_for("launched.intern", person=came["intern"])
    elif came["at"] == LISTED:
        back = url_for("launched.messages", state=came["state"], q=came["q"], page=came["page"])
    else:
        back = url_for("launched.gradebook" if came["at"] == GRADEBOOK else "launched.home")
    return redirect(back, HTTPStatus.SEE_OTHER)


def _stage() -> Stage | None:
    """The stage that the address asks for; all where it names none that there is."""
    named = request.args.get("state")
    return next((stage for stage in Stage if stage == named), None)


def _held_up(one: Delivery, found: MessagesPage) -> str:
    """What a waiting message waits for besides its time; "" for nothing."""
    if one.code == COLUMN_UNKNOWN:
        return str(_("It goes once somebody opens the activity from the course."))
    if not found.sends:
        return str(_("It goes once the course lets Rounds send grades."))
    if found.service.paused_until is not None:
        return str(_("It goes by itself once the gradebook takes grades again."))
    if one.unmade:
        return str(_("It goes once its file is made."))
    if one.behind:
        return str(_("It goes after the message before it."))
    return ""


def _line(one: Delivery, now: datetime, held_up: str) -> Line:
    """When a message goes next; "" for one that does not go by itself."""
    later = ahead(one.due_at, now) if one.due_at > now else ""
    if one.state == State.SENDING:
        return Line(one, _("It is being sent now."), hurried=False)
    if one.state == State.FETCHING and later:
        return Line(one, _("Rounds looks again in about %(time)s.", time=later), hurried=True)
    if one.state != State.WAITING or held_up:
        return Line(one, held_up if one.state == State.WAITING else "", hurried=False)
    if later:
        return Line(one, _("It is tried again in about %(time)s.", time=later), hurried=True)
    return Line(one, _("It goes in a moment."), hurried=False)
