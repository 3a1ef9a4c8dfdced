"""One structured line in the log for each login, launch, registration and refusal.

What stands in it is chosen word by word: codes, our own numbers and durations, never a name, a
subject, an address of the LMS or a token.
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
}
"""What a line is called by the view it tells of."""

log = structlog.get_logger("rounds.web")


def begin() -> None:
    """Start the clock of a request, and the facts its line will tell."""
    g.started = perf_counter()
    g.facts = {}


def note(**facts: str | int | None) -> None:
    """Add facts to the line of this request."""
    g.facts.update(facts)


def accepted(event: str) -> None:
    """Write the line of a login, launch or registration that went well."""
    _write(event, outcome="accepted", code="ok")


def refused(code: str, reason: str) -> str:
    """Write the line of a refusal, and give the reference by which a page points to it."""
    reference = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(2))
    _write(
        EVENTS.get(request.endpoint or "", "request"),
        outcome="refused",
        code=code,
        reason=reason,
        reference=reference,
    )
    return reference


def _write(event: str, **facts: str) -> None:
    passed = round((perf_counter() - g.started) * 1000, 1)
    log.info(event, **facts, **g.facts, duration_ms=passed)
