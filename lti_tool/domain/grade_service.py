"""The grade service of one LMS as a whole: what may be wrong with it, and how long to leave it be.

What an answer says of one message concerns that message alone. What it says of the LMS concerns
every message to it, and none to any other LMS.
"""

from datetime import timedelta
from enum import StrEnum

from lti_tool.domain.passback import back_off


class Trouble(StrEnum):
    """What is wrong with a whole LMS."""

    BUSY = "busy"
    """It asks to be asked less often."""
    AWAY = "away"
    """It does not answer, or not as a grade service does."""
    BARRED = "barred"
    """It does not let Rounds in: somebody has to change a setting first."""


TOLERATED = {Trouble.BUSY: 0, Trouble.AWAY: 2, Trouble.BARRED: 0}
"""Failures in a row that tell nothing of an LMS yet: a single message may upset a server, and a
single answer may be lost."""


def pause(
    trouble: Trouble,
    failures: int,
    retry_after: float | None,
    *,
    jitter: float,
    first: float,
    longest: float,
    longest_asked: float,
) -> timedelta | None:
    """How long nothing is sent to an LMS after `failures` (from 1) in a row; None for no pause.

    As `back_off`, from `first` to `longest` seconds; what the LMS itself asks for is honoured up to
    `longest_asked` seconds.
    """
    failures -= TOLERATED[trouble]
    if failures < 1 and not retry_after:
        return None
    wait = back_off(max(failures, 1), None, jitter=jitter, first=first, longest=longest)
    return max(wait, timedelta(seconds=min(retry_after or 0, longest_asked)))
