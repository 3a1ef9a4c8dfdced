"""The headers that tell browsers what a page may do, who may frame it, and what to remember.

Policies are those of rules for launch and session: a launched page is framed by its own LMS alone,
the fallback pages of the protocol by anyone, all other pages by nobody.
"""

import re

from flask import Flask, Response, g, request

from lti_tool.web.session import rounds

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action {form_action}; frame-ancestors {ancestors}"
)

ORIGIN = re.compile(r"https?://[\w.:\[\]-]+", re.ASCII)
"""What may be put into a policy: nothing that could end a directive and begin another."""

OF_A_LAUNCH = re.compile(r"/s/([0-9a-f]{32})[./]")

HSTS = "max-age=31536000"
"""A year. Subdomains are not ours to speak for."""

SECRET_ADDRESSES = ("/certificates/", "/lti/register")
"""Pages whose address is a secret and that hold no form: it goes nowhere, not even to ourselves."""


def init_app(app: Flask, *, strict_transport: bool) -> None:
    """Put the headers on every answer; a view may have set its own Referrer-Policy or cache."""

    @app.after_request
    def _protect(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = CONTENT_POLICY.format(
            form_action=_form_action(), ancestors=_frame_ancestors(response.status_code)
        )
        headers["X-Content-Type-Options"] = "nosniff"
        # Under no-referrer our own posts would carry `Origin: null`, which is refused.
        secret = request.path.startswith(SECRET_ADDRESSES)
        headers.setdefault("Referrer-Policy", "no-referrer" if secret else "same-origin")
        headers.setdefault("Cache-Control", "no-store")
        if strict_transport:
            headers["Strict-Transport-Security"] = HSTS
        return response


def _form_action() -> str:
    """Ourselves, and on a page whose form goes to an LMS the origin that its view put into `g`."""
    beside = g.get("form_action", "")
    return f"'self' {beside}" if ORIGIN.fullmatch(beside) else "'self'"


def _frame_ancestors(status: int) -> str:
    if request.path.startswith("/s/"):
        unrouted = status in (404, 405) and "frame_origins" not in g
        origins = _origins_by_path() if unrouted else g.get("frame_origins", ())
        return " ".join(origins) or "'none'"
    if request.path.startswith("/lti/"):
        return "*"
    return "'none'"


def _origins_by_path() -> tuple[str, ...]:
    """Who frames a launch, for addresses below it that lead nowhere: else its frame goes blank."""
    found = OF_A_LAUNCH.match(request.path)
    if found is None:
        return ()
    with rounds().reading() as unit:
        return unit.sessions.frame_origins(found[1])
