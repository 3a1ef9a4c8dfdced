"""Signing off many certificates: one transaction each, so that a class keeps nobody waiting."""

from collections.abc import Sequence

from lti_tool.domain.errors import CertificateNotEarned, UnknownThing
from lti_tool.domain.people import Actor, Right
from lti_tool.services.unit import Rounds


def sign_off_each(
    rounds: Rounds, actor: Actor, activity_id: int, interns: Sequence[int] | None = None
) -> int:
    """Issue certificates in the actor's name to these interns, or to all who wait for it; how many
    that were.

    Who is no intern any more, no longer meets the standard, or was signed off by somebody else
    meanwhile, is passed over. Raises NotAllowed.
    """
    actor.require(Right.ISSUE)
    if interns is None:
        with rounds.reading() as unit:
            interns = unit.class_certificates.ready(actor, activity_id)
    return sum(_is_signed_off(rounds, actor, activity_id, intern) for intern in interns)


def _is_signed_off(rounds: Rounds, actor: Actor, activity_id: int, intern: int) -> bool:
    try:
        with rounds.work() as unit:
            unit.issuing_by_hand.sign_off(actor, activity_id, intern)
    except (CertificateNotEarned, UnknownThing):
        return False
    return True
