"""Every fault ends as a page in words, with a code, the time, and a reference into the log."""

import logging
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, make_response, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import RequestRedirect

from lti_tool.domain.errors import (
    Conflict,
    DatabaseAway,
    FormInvalid,
    Invalid,
    NotAllowed,
    NotFound,
    RoundsError,
    TokenNotForUs,
    TooMany,
    Unavailable,
)
from lti_tool.web import journal, metrics
from lti_tool.web.refusals import (
    AWAY_AT_THE_DOOR,
    AWAY_UNSAVED,
    BY_STATUS,
    Words,
    words_for,
)
from lti_tool.web.session import rounds

STATUS: dict[type[RoundsError], int] = {
    FormInvalid: 422,
    Invalid: 400,
    TokenNotForUs: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    TooMany: 429,
    Unavailable: 503,
}
"""A family's status; the nearest family counts. What is in none is our own fault: 500.

For a token of another audience the standard asks for 401 (Security Framework 1.0 §5.1.3).
"""

FRAMEWORK_CODES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
}
"""What the framework refuses by itself; all else it may refuse is a request nobody can read."""

AWAY_SECONDS = 10
"""How long to wait for the database before asking again: a restart takes about as long."""

ANYONE = ("*",)

log = structlog.get_logger("rounds.web")


def status_of(error: RoundsError) -> int:
    """The HTTP status of a refusal."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def init_app(app: Flask) -> None:
    """Answer every refusal and every fault with a page."""
    app.logger.addFilter(_without_address)
    app.register_error_handler(RoundsError, _refusal)
    app.register_error_handler(HTTPException, _http_fault)
    app.before_request(_proper_address)
    app.register_error_handler(InternalServerError, _own_fault)


def _refusal(error: RoundsError) -> Response:
    if isinstance(error, DatabaseAway):
        return _database_away(error)
    status = status_of(error)
    response = _page(status, error.code, str(error), words_for(error, status))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _database_away(error: DatabaseAway) -> Response:
    """A page made of nothing but the request, with a button that repeats it.

    What was typed comes back in hidden fields: behind a submit no page holds it any more. Who may
    frame the page stands in the database; it is about nobody, and its button does nothing without
    the token that a page of the person's own put among the fields.
    """
    if "frame_origins" not in g:
        g.frame_origins = ANYONE
    words = words_for(error, 503)
    again: MultiDict[str, str] | None
    try:
        again = request.form if request.method == "POST" else request.args
    except HTTPException as unreadable:
        return _http_fault(unreadable)
    if request.blueprint == "lti":
        words, again = AWAY_AT_THE_DOOR, None
    elif request.blueprint == "launched" and request.method == "POST":
        words = AWAY_UNSAVED
    response = _page(503, error.code, str(error), words, again)
    response.headers["Retry-After"] = str(AWAY_SECONDS)
    return response


def _http_fault(error: HTTPException) -> Response:
    """What the framework refuses by itself: no such page, wrong method, too large, unreadable."""
    if error.response is not None or error.code is None or error.code < 400:
        return make_response(error.get_response())
    status = error.code if error.code in FRAMEWORK_CODES else 400
    response = _page(status, FRAMEWORK_CODES[status], type(error).__name__, BY_STATUS[status])
    for header, value in error.get_headers():
        if header in ("Allow", "Retry-After"):
            response.headers[header] = value
    return response


def _proper_address() -> Response | None:
    """Lead an address with a slash too many or too few to the page it means, by its path alone.

    The framework would put the host and scheme of the request before it: neither is believed.
    """
    meant = request.routing_exception
    if not isinstance(meant, RequestRedirect):
        return None
    path = urlsplit(meant.new_url)._replace(scheme="", netloc="").geturl()
    return make_response(redirect(path, meant.code))


def _own_fault(error: InternalServerError) -> Response:
    """A fault in Rounds: the log gets the traceback, the page never.

    A fault of the database is none of ours, and ends here as well, whoever asked it something.
    """
    original = error.original_exception or error
    away = rounds().away(original)
    if away is not None:
        return _refusal(away)
    log.error("fault", exc_info=original, endpoint=request.endpoint)
    return _page(500, "internal-fault", type(original).__name__, BY_STATUS[500])


def _without_address(record: logging.LogRecord) -> bool:
    """Leave out the framework's own line of a fault: it names an address, which may be a secret."""
    return not str(record.msg).startswith("Exception on ")


def _page(
    status: int, code: str, reason: str, words: Words, again: MultiDict[str, str] | None = None
) -> Response:
    """The page of a refusal. With `again` it has a button that sends the request once more."""
    reference = journal.refused(code, reason)
    metrics.count_refused(code, status)
    launch = g.get("launch")
    page = render_template(
        "errors/refused.html",
        words=words,
        code=code,
        again=again,
        reference=reference,
        at=rounds().clock(),
        zone=(launch and launch.time_zone) or rounds().settings.time_zone,
        return_url=launch.return_url if launch else None,
    )
    return make_response(page, status)
