"""Delivery: send one message that is owed, with no transaction open while we talk to the LMS.

The row is taken in one transaction and settled in another (services/deliveries.py). Sending the
same message twice says the same thing twice, with the same stamp. A message whose file the LMS has
still to fetch is not said again: later jobs look how the fetch goes.
"""

from dataclasses import replace
from fractions import Fraction

import structlog

from lti_tool.domain.errors import RoundsError
from lti_tool.domain.passback import Message
from lti_tool.lms.grades import RESULTS, Grades, ShownResult
from lti_tool.lms.products.base import Answered, AnswerKind
from lti_tool.lms.products.choose import choose
from lti_tool.services.deliveries import OLDER_STAMP, Errand, Job, Look
from lti_tool.services.unit import Rounds

INTERNAL = "internal-error"

MOST_STAMPS = 5
"""After how many tries a gradebook that always holds a newer stamp is left alone."""

ROUNDING = Fraction(1, 10_000)
"""Gradebooks keep a few decimals; a tenth of a point of 100 is ten times this."""

log = structlog.get_logger("rounds.delivery")


def deliver(rounds: Rounds, grades: Grades, job: Job) -> None:
    """Send one message or look after its file, unless that is no longer this job's to do.

    Safe to run twice.
    """
    with rounds.work() as unit:
        errand = unit.deliveries.take(job)
    if errand is None:
        return
    answered = _look(grades, errand) if isinstance(errand, Look) else _send(grades, errand)
    with rounds.work() as unit:
        unit.deliveries.settle(job, answered)


def _send(grades: Grades, errand: Errand) -> Answered:
    try:
        answered = grades.send(errand.platform, errand.column_url, errand.message, errand.stamp)
    except Exception:
        # Whatever this is, one message must neither stop the others nor come round at once again.
        log.exception("delivery-failed", code=INTERNAL)
        harmless = choose(errand.platform.product).harmless_to_repeat(errand.message)
        return Answered(AnswerKind.TRY_AGAIN if harmless else AnswerKind.UNCERTAIN, INTERNAL)
    if answered.code == OLDER_STAMP and answered.kind is AnswerKind.UNCERTAIN:
        return _compare(grades, errand, answered)
    return answered


def _look(grades: Grades, look: Look) -> Answered:
    try:
        return grades.look(look.platform, look.progress_url)
    except Exception:
        log.exception("look-failed", code=INTERNAL)
        return Answered(AnswerKind.TRY_AGAIN, INTERNAL)


def _compare(grades: Grades, errand: Errand, answered: Answered) -> Answered:
    """Whether a gradebook that calls our stamp old shows this message already.

    It does when the message arrived before and only the answer was lost. If not, or if results may
    not be read, something else is newer there: the message is said again with a stamp after it.
    """
    again = replace(answered, kind=AnswerKind.TRY_AGAIN, tries=MOST_STAMPS)
    if RESULTS not in errand.granted:
        return again
    try:
        shown = grades.result(errand.platform, errand.column_url, errand.message.user)
    except RoundsError:
        return again
    return replace(answered, kind=AnswerKind.SENT) if shows(shown, errand.message) else again


def shows(shown: ShownResult | None, message: Message) -> bool:
    """Whether a gradebook's cell says what a message says, on whatever scale."""
    if shown is None or shown.score is None or not shown.maximum:
        return message.score is None
    if message.score is None:
        return False
    told = Fraction(message.score) / Fraction(message.maximum)
    return abs(Fraction(shown.score) / Fraction(shown.maximum) - told) < ROUNDING
