"""The headers that tell browsers what a page may do, who may frame it, and what to remember.

Policies are those of rules for launch and session: a launched page is framed by its own LMS alone,
the fallback pages of the protocol by anyone, all other pages by nobody.
"""

from flask import Flask, Response, g, request

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)

HSTS = "max-age=31536000"
"""A year. Subdomains are not ours to speak for."""

SECRET_ADDRESSES = ("/certificates/",)
"""Pages whose address is a secret and that hold no form: it goes nowhere, not even to ourselves."""


def init_app(app: Flask, *, strict_transport: bool) -> None:
    """Put the headers on every answer; a view may have set its own Referrer-Policy or cache."""

    @app.after_request
    def _protect(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = CONTENT_POLICY + _frame_ancestors()
        headers["X-Content-Type-Options"] = "nosniff"
        # Under no-referrer our own posts would carry `Origin: null`, which is refused.
        secret = request.path.startswith(SECRET_ADDRESSES)
        headers.setdefault("Referrer-Policy", "no-referrer" if secret else "same-origin")
        headers.setdefault("Cache-Control", "no-store")
        if strict_transport:
            headers["Strict-Transport-Security"] = HSTS
        return response


def _frame_ancestors() -> str:
    if request.path.startswith("/s/"):
        return " ".join(g.get("frame_origins", ())) or "'none'"
    if request.path.startswith("/lti/"):
        return "*"
    return "'none'"
