"""Registering: an LMS that was invited registers Rounds by itself, and Rounds the LMS.

The code is claimed in one transaction and its registration kept in another; none is open while the
LMS is asked. A registration that fails gives the code back.
"""

from dataclasses import dataclass
from typing import Any

from lti_tool.domain.errors import RoundsError
from lti_tool.lms.http import Http
from lti_tool.lms.products.asks import Addresses
from lti_tool.lms.products.choose import PRODUCTS, choose
from lti_tool.lms.registration import Registered, Registrar, Request
from lti_tool.services.registrations import PlatformView
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings

__all__ = ["Addresses", "Outcome", "Request", "pasted", "register"]

KIND = "register"
"""What is counted: registrations of a caller that failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A registration, and what its administrator has still to know.

    `left_to_do` names the steps in the LMS, in their order; `lacking` what cannot be done because
    the LMS did not grant it. Both are words for the web to put into sentences.
    """

    platform: PlatformView
    left_to_do: tuple[str, ...]
    lacking: tuple[str, ...]


def register(
    rounds: Rounds, code: str, request: Request, tool: Addresses, *, caller: str
) -> Outcome:
    """Redeem a one-time code: ask the LMS to register us, and keep what it granted.

    A wrong code counts against `caller`, a failure with a good one against that code alone: nobody
    else can use its tries up. Raises TooMany above the limit, the refusals of Invitations.claim,
    and those of Registrar.register.
    """
    try:
        with rounds.work() as unit:
            invitation = unit.invitations.claim(code)
    except RoundsError:
        _check(rounds, caller)
        _count(rounds, caller)
        raise
    return _redeem(rounds, invitation, request, tool)


def _redeem(rounds: Rounds, invitation: int, request: Request, tool: Addresses) -> Outcome:
    tries = f"invitation {invitation}"
    try:
        _check(rounds, tries)
        registered = _registrar(rounds.settings).register(request, tool)
        with rounds.work() as unit:
            platform = unit.invitations.fulfil(invitation, registered)
    except Exception:
        with rounds.work() as unit:
            unit.invitations.release(invitation)
        _count(rounds, tries)
        raise
    return _outcome(platform, registered)


def _check(rounds: Rounds, who: str) -> None:
    with rounds.reading() as unit:
        unit.limits.check(KIND, who)


def _count(rounds: Rounds, who: str) -> None:
    with rounds.work() as unit:
        unit.limits.count(KIND, who)


def _registrar(settings: Settings) -> Registrar:
    """Somebody waits in front of a frame, and a worker with them: less patience than for a job."""
    return Registrar(Http(settings, read_seconds=settings.http_person_seconds))


def _outcome(platform: PlatformView, registered: Registered) -> Outcome:
    steps = choose(registered.product).asks.left_to_do
    return Outcome(platform, tuple(map(str, steps)), tuple(map(str, registered.lacking)))


def pasted(product: str, tool: Addresses) -> dict[str, Any] | None:
    """What an administrator pastes into an LMS of this product; None where nothing is pasted."""
    return choose(product).asks.pasted(tool) if product in PRODUCTS else None
