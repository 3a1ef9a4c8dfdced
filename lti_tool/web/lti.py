"""The protocol's addresses: login, launch, and our public keys.

The browser is proven by a cookie that the login sets and the launch must bring back. Where a frame
gets no cookies, the login step finds out before it goes on to the LMS, whose hint is good for one
launch only. Then the LMS's storage proves the browser, where it has one; else a window is offered.
"""

import hmac
import re
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import marshmallow as ma
from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from marshmallow.fields import String
from marshmallow.validate import Length, Regexp
from werkzeug.wrappers import Response

from lti_tool.domain.errors import (
    LaunchMalformed,
    LaunchNoLongerValid,
    LmsLoginRequired,
    LmsRefused,
    LoginMalformed,
    RoundsError,
    TargetForeign,
)
from lti_tool.services.launches import TARGET, Login, Started
from lti_tool.settings import LAUNCH_PATH
from lti_tool.web import journal, metrics, session, storage
from lti_tool.web.parked import park, resume
from lti_tool.web.proxies import caller
from lti_tool.web.session import rounds
from lti_tool.web.tries import failures_counted

lti = Blueprint("lti", __name__, url_prefix="/lti")

LOGIN_PATH = "/lti/login"
LOOK_COOKIE = "rounds-look"
YEAR = 365 * 24 * 3600
JWKS_SECONDS = 300

Answer = Response | str


class _LoginForm(ma.Schema):
    """A third-party login (Security Framework 1.0 §5.1.1.1). The hints' sizes are what fits into
    an address when the login has to wait in one.
    """

    class Meta:
        unknown = ma.EXCLUDE

    # What a browser could not decode, and what no database stores, was never sent by an LMS.
    _clean = Regexp(re.compile(r"[^\x00\ufffd]*\Z"))

    iss = String(required=True, validate=[Length(1, 255), _clean])
    login_hint = String(required=True, validate=[Length(1, 1000), _clean])
    target_link_uri = String(required=True, validate=[Length(1, 1000), _clean])
    client_id = String(validate=[Length(1, 255), _clean])
    lti_message_hint = String(validate=[Length(0, 4000), _clean])
    lti_storage_target = String()

    @ma.post_load
    def _login(self, data: dict[str, Any], **kwargs: Any) -> Login:
        """A target that is no name of a frame is none: cookies, or a window, may still do."""
        if not TARGET.match(data.get("lti_storage_target", "")):
            data["lti_storage_target"] = None
        return Login(**data)


class _LaunchForm(ma.Schema):
    """The form an LMS posts back (Security Framework 1.0 §5.1.1.3)."""

    class Meta:
        unknown = ma.EXCLUDE

    id_token = String(required=True, validate=Regexp(re.compile(r"[\w.=-]{1,200000}\Z", re.ASCII)))
    state = String(required=True, validate=Regexp(re.compile(r"[\w.-]{1,100}\Z", re.ASCII)))
    proof = String(validate=Regexp(re.compile(r"[\w-]{0,100}\Z", re.ASCII)))


_LOGIN_FORM = _LoginForm()
_LAUNCH_FORM = _LaunchForm()


@lti.route("/login", methods=["GET", "POST"])
@failures_counted("login")
def login() -> Answer:
    """Begin a launch: send the browser on to its LMS, once we know that cookies reach us."""
    settings = rounds().settings
    parked = request.args.get("parked")
    if parked is None:
        begun = _read_login()
        if not _gets_cookies():
            return _look_first(begun)
    else:
        begun = resume(
            parked, settings.secret_key, rounds().clock(), seconds=settings.login_seconds
        )
    started = _start(begun)
    response = redirect(started.url, 302)
    _set_cookie(response, _state_cookie(started.state), started.state, settings.login_seconds)
    journal.accepted("login")
    return response


def _start(begun: Login, target: str | None = None) -> Started:
    redirect_uri = rounds().settings.launch_url
    with rounds().work() as unit:
        started = unit.launches.start(begun, redirect_uri=redirect_uri, target=target)
        unit.limits.spend("logins", f"{started.platform.id} {caller()}")
        metrics.count_accepted(unit, started.platform.id)
    journal.note(platform=started.platform.id, product=started.platform.product)
    return started


def _read_login() -> Login:
    try:
        given: Login = _LOGIN_FORM.load(request.form if request.method == "POST" else request.args)
    except ma.ValidationError as error:
        raise LoginMalformed(f"parameter {min(error.messages_dict)}") from None
    launch = rounds().settings.launch_url
    if given.target_link_uri != launch and not given.target_link_uri.startswith(launch + "?"):
        raise TargetForeign("the target_link_uri is not our launch address")
    return given


def _gets_cookies() -> bool:
    """Whether a cookie set now will come back: in a page of its own, or where one did before."""
    own_page = request.headers.get("Sec-Fetch-Dest") == "document"
    return own_page or request.cookies.get(LOOK_COOKIE) == "1"


def _look_first(begun: Login) -> Answer:
    """Set a cookie and come here again to see it; having come again without it, do without.

    307 repeats a post as it was, so that no parameter of a posted login shows in an address.
    """
    if "looked" not in request.args:
        query = urlencode([*request.args.items(multi=True), ("looked", "1")])
        response = redirect(f"{LOGIN_PATH}?{query}", 307)
        _set_cookie(response, LOOK_COOKIE, "1", YEAR, path=LOGIN_PATH)
        return response
    word = park(begun, rounds().settings.secret_key, rounds().clock())
    window = url_for("lti.login", parked=word)
    if begun.lti_storage_target:
        page = storage.keep(_start(begun, begun.lti_storage_target), window=window)
        journal.note(storage="asked")
    else:
        page = render_template("lti/window.html", address=window)
        journal.note(window="offered")
    journal.accepted("login")
    return page


@lti.post("/launch")
@failures_counted("launch")
def launch() -> Answer:
    """Take the answer of the LMS, prove browser, token and login, and open a session."""
    posted = _read_launch()
    state, proof = posted["state"], posted.get("proof")
    if proof is not None:
        storage.refuse_foreign()
    elif not _brought_cookie(state):
        return _ask_storage(posted)
    with rounds().work() as unit:
        begun, platform = unit.launches.consume(state, proof)
    journal.note(platform=platform.id, product=platform.product)
    arrived = rounds().gate.check(posted["id_token"], begun, platform, rounds().clock())
    with rounds().work() as unit:
        opened = unit.launches.accept(arrived, platform, in_address=proof is not None)
        metrics.count_accepted(unit, platform.id)
    response = session.enter(opened)
    if proof is None:
        _set_cookie(response, _state_cookie(state), "", 0)
    journal.of_launch(opened.launch_id)
    journal.accepted("launch")
    return response


def _brought_cookie(state: str) -> bool:
    brought = request.cookies.get(_state_cookie(state), "")
    return hmac.compare_digest(brought.encode(), state.encode())


def _ask_storage(posted: dict[str, str]) -> Answer:
    """A page that brings the proof of this login, if it has one. Nothing is used up yet.

    Raises BrowserUnproven for a login that a cookie proves, LaunchUsed, LoginExpired.
    """
    with rounds().reading() as unit:
        kept = unit.launches.storage(posted["state"])
    journal.accepted("storage")
    return storage.ask(kept, posted)


@lti.get("/jwks.json")
def jwks() -> Response:
    """The keys by which an LMS knows what we signed; any cache may keep them for a while."""
    with rounds().reading() as unit:
        response = jsonify(unit.launches.published_keys())
    response.cache_control.public = True
    response.cache_control.max_age = JWKS_SECONDS
    return response


def _read_launch() -> dict[str, str]:
    """The posted form. An LMS that will not sign anyone in posts an error instead of a token."""
    if "error" in request.form:
        raise _refusal_of_lms(request.form["error"])
    try:
        posted: dict[str, str] = _LAUNCH_FORM.load(request.form)
    except ma.ValidationError as error:
        raise LaunchMalformed(f"parameter {min(error.messages_dict)}") from None
    return posted


def _refusal_of_lms(error: str) -> RoundsError:
    """OpenID Connect Core 1.0 §3.1.2.6; `launch_no_longer_valid` is an LMS's own word."""
    known = re.fullmatch(r"[a-z_]{1,64}", error)
    word = known[0] if known else "an unknown word"
    if word in ("login_required", "interaction_required"):
        return LmsLoginRequired(word)
    if word == "launch_no_longer_valid":
        return LaunchNoLongerValid(word)
    return LmsRefused(word)


def _state_cookie(state: str) -> str:
    """A name for each login, so that logins in several frames do not overwrite one another."""
    return f"rounds-{sha256(state.encode()).hexdigest()[:12]}"


def _set_cookie(
    response: Response, name: str, value: str, seconds: float, *, path: str = LAUNCH_PATH
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(seconds),
        path=path,
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
    )
