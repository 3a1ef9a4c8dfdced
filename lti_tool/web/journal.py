"""One structured line in the log for each login, launch, registration and refusal.

All that is logged while a request is worked on carries its reference, and in a session the launch,
so that a click can be followed to the gradebook (docs/operate.md). What stands in it is chosen word
by word: codes, our own numbers and durations, never a name, a subject, an address of the LMS or a
token.
"""

import secrets
from time import perf_counter

import structlog
from flask import g, request

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No letters and figures that are taken for one another when read out on the telephone."""

EVENTS = {
    "lti.login": "login",
    "lti.launch": "launch",
    "registration.register": "registration",
    "notices.take": "notices",
}
"""What a line is called by the view it tells of."""

log = structlog.get_logger("rounds.web")


def begin() -> None:
    """Start the clock of a request, name it, and collect the facts its line will tell."""
    g.started = perf_counter()
    g.facts = {}
    g.reference = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(2))
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(reference=g.reference)


def end(_fault: BaseException | None) -> None:
    """Name nothing after this request that is logged outside of any."""
    structlog.contextvars.clear_contextvars()


def of_launch(launch_id: str) -> None:
    """Tell in each line of this request the launch it belongs to: enough to know it again by."""
    structlog.contextvars.bind_contextvars(launch=launch_id[:8])


def passed() -> float:
    """Seconds since this request began."""
    started: float = g.started
    return perf_counter() - started


def note(**facts: str | int | None) -> None:
    """Add facts to the line of this request."""
    g.facts.update(facts)


def accepted(event: str) -> None:
    """Write the line of a login, launch or registration that went well."""
    _write(event, outcome="accepted", code="ok")


def refused(code: str, reason: str) -> str:
    """Write the line of a refusal, and give the reference by which a page points to it."""
    event = EVENTS.get(request.endpoint or "", "request")
    _write(event, outcome="refused", code=code, reason=reason)
    reference: str = g.reference
    return reference


def _write(event: str, **facts: str) -> None:
    log.info(event, **facts, **g.facts, duration_ms=round(passed() * 1000, 1))
