"""The door to the pages of the launched: `/s/<launch id>/…`, opened by the cookie of that path.

Where the LMS's storage proved a browser that takes no cookies, it is `/s/<launch id>.<secret>/…`.
Views register on `launched`. Before each, the launch is loaded as `current()` and a post must show
that a page of this session made it. What names the launch in addresses is filled in by itself.
"""

import hmac
import re
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response

from lti_tool.domain.errors import FormForged, SessionMissing, SessionOver, UnknownThing
from lti_tool.domain.people import Actor
from lti_tool.services.launches import Opened
from lti_tool.services.sessions import LaunchView
from lti_tool.services.unit import Rounds
from lti_tool.web import journal
from lti_tool.web.forms import LARGEST_NUMBER

IN_ADDRESS = re.compile(r"(?P<launch>[0-9a-f]{32})(\.(?P<secret>[\w-]{43}))?", re.ASCII)
COOKIE = "rounds"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

launched = Blueprint("launched", __name__, url_prefix="/s/<launch>")


def rounds() -> Rounds:
    """The Rounds this application was built over."""
    found: Rounds = current_app.extensions["rounds"]
    return found


def current() -> LaunchView:
    """The launch this request belongs to; only inside views of `launched`."""
    found: LaunchView = g.launch
    return found


def actor() -> Actor:
    """Who is asking. Views are only reached in a course, so there is always someone."""
    found = current().actor
    if found is None:
        raise SessionMissing("the launch names no course")
    return found


def csrf_token() -> str:
    """What a form of this session carries in its field `csrf`."""
    return current().csrf


def enter(opened: Opened) -> Response:
    """Lead to the first page of a launch, its secret in the address or in a cookie of that path."""
    if opened.in_address:
        return redirect(f"/s/{opened.launch_id}.{opened.secret}/", 303)
    path = f"/s/{opened.launch_id}/"
    response = redirect(path, 303)
    _set_cookie(response, path, opened.secret)
    return response


def _set_cookie(response: Response, path: str, secret: str) -> None:
    """Give the browser the secret of a launch, for the pages of that launch alone.

    Partitioned, so that it lives inside the frame of an LMS; no end of its own, so that it goes
    with the browser: the server ends sessions (rules of launch and session, §1).
    """
    response.set_cookie(
        COOKIE,
        secret,
        path=path,
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
    )


@launched.url_value_preprocessor
def _take_launch(endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.launch_named = (values or {}).pop("launch", "")


@launched.url_defaults
def _give_launch(endpoint: str, values: dict[str, Any]) -> None:
    if "launch_named" in g:
        values.setdefault("launch", g.launch_named)


@launched.before_request
def _enter() -> str | None:
    """Load the launch, or answer with a page when it has no course."""
    found = IN_ADDRESS.fullmatch(g.launch_named)
    if found is None:
        raise SessionMissing("no launch has such an id")
    g.launch_id, secret = found["launch"], found["secret"]
    try:
        if secret is not None:
            _refuse_copied()
        journal.of_launch(g.launch_id)
        with rounds().reading() as unit:
            g.launch = unit.sessions.enter(
                g.launch_id,
                secret or request.cookies.get(COOKIE),
                in_address=secret is not None,
            )
    except (SessionMissing, SessionOver):
        with rounds().reading() as unit:
            g.frame_origins = unit.sessions.frame_origins(g.launch_id)
        raise
    g.frame_origins = g.launch.frame_origins
    if request.method not in SAFE:
        _refuse_forged()
    if g.launch.stale:
        with rounds().work() as unit:
            unit.sessions.stay(g.launch_id)
    numbers = [value for value in (request.view_args or {}).values() if isinstance(value, int)]
    if any(number > LARGEST_NUMBER for number in numbers):
        raise UnknownThing("no row has so large a number")
    if g.launch.actor is None:
        return render_template("lti/no-course.html")
    return None


def _refuse_copied() -> None:
    """Raise SessionMissing where an address with a secret was opened from outside our own pages.

    Whoever could make others open an address of theirs would have them act in their name.
    """
    if request.headers.get("Sec-Fetch-Site") not in (None, "same-origin"):
        raise SessionMissing("an address with a secret, opened from elsewhere")


def _refuse_forged() -> None:
    """Raise FormForged unless a page of this session, on our own origin, sent the form.

    The cookies of a framed tool go along with posts from any site, so the origin is asked for
    whenever the browser names it, and `null` is nobody's.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin != rounds().settings.origin:
        raise FormForged("sent from another origin")
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not hmac.compare_digest(given.encode(), current().csrf.encode()):
        raise FormForged("without the token of this session")


@launched.post("/stay")
def stay() -> tuple[str, int]:
    """Keep the session open: someone is there, and reads."""
    with rounds().work() as unit:
        unit.sessions.stay(g.launch_id)
    return "", 204
