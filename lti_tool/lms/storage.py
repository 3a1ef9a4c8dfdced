"""Platform storage: a frame of the LMS that keeps the proof of a login where cookies are refused.

Sources: 1EdTech LTI Client Side postMessages 0.1, LTI Platform Storage 0.1, and LTI OIDC Login with
LTI Client Side postMessages 0.1. The talking is done in the browser, by web/static/storage.js.
"""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256

TARGET = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
"""Names of frames we speak to. `_parent` is the page around ours."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Which frame keeps the proof of one login, and under which key."""

    address: str
    """The LMS's sign-in address: only the frame of its origin is told anything, or believed."""
    target: str
    key: str
    """Of this login alone, so that launches side by side do not overwrite one another."""


def new_state(target: str | None) -> str:
    """A state nobody can guess; it tells the launch which frame the login spoke to."""
    state = secrets.token_urlsafe(16)
    return f"{state}.{target}" if target else state


def storage_of(state: str, auth_login_url: str) -> Storage:
    """Where the proof of the login lies whose state `new_state` made for a frame."""
    _, _, target = state.partition(".")
    return Storage(auth_login_url, target, f"rounds-{sha256(state.encode()).hexdigest()[:24]}")
