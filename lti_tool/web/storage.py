"""Pages that prove a browser without cookies: its LMS keeps a proof at the login, to give it back.

The LMS answers only a page of ours, and only in the window that asked; static/storage.js believes
only the frame it asked. So whoever brings the proof is the browser that the login began in. The
form that brings it must come from our own page, or else a stranger's could bring their own proof.
"""

from flask import render_template, request

from lti_tool.domain.errors import BrowserUnproven
from lti_tool.services.launches import Started, Storage
from lti_tool.web.session import rounds


def keep(started: Started, *, window: str) -> str:
    """The page that hands the proof of a login to the LMS and goes on to sign in there.

    `window` is the address of the same login in a window of its own, offered where that fails.
    """
    return render_template(
        "lti/keep.html",
        storage=started.storage,
        proof=started.proof,
        onward=started.url,
        wait=_milliseconds(),
        window=window,
    )


def ask(storage: Storage, posted: dict[str, str]) -> str:
    """The page that has the LMS give the proof back, and posts the launch again together with it.

    Without an answer in time it posts it without one, and gets a refusal in words.
    """
    return render_template("lti/ask.html", storage=storage, posted=posted, wait=_milliseconds())


def refuse_foreign() -> None:
    """Raise BrowserUnproven unless the proof comes from a page of ours, as the browser tells."""
    if request.headers.get("Origin") != rounds().settings.origin:
        raise BrowserUnproven("a proof that no page of ours sent")


def _milliseconds() -> int:
    return int(rounds().settings.storage_seconds * 1000)
