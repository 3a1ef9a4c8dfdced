"""Retrying all that was refused: a few messages in a transaction, so that nobody who writes at the
same time waits for long. What is left where that breaks off is refused still.
"""

from lti_tool.domain.people import Actor
from lti_tool.services.unit import Rounds

BATCH = 50


def retry_all(rounds: Rounds, actor: Actor, activity_id: int) -> int:
    """Send all refused messages of an activity again that need no word each; how many that were.

    Raises NotAllowed.
    """
    with rounds.reading() as unit:
        ids = unit.retrying.refused(actor, activity_id)
    return _retry(rounds, actor, ids)


def retry_all_of_any_course(rounds: Rounds, platform_id: int | None = None) -> int:
    """The same at an operator's word, of one platform or of all."""
    with rounds.reading() as unit:
        ids = unit.retrying.refused_of_any_course(platform_id)
    return _retry(rounds, None, ids)


def _retry(rounds: Rounds, actor: Actor | None, ids: list[int]) -> int:
    again = 0
    for start in range(0, len(ids), BATCH):
        with rounds.work() as unit:
            again += unit.retrying.retry_each(actor, ids[start : start + BATCH])
    return again
