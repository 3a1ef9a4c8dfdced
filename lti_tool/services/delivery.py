"""Delivery: send one message that is owed, with no transaction open while we talk to the LMS.

The row is taken in one transaction and settled in another (services/deliveries.py). Sending the
same message twice says the same thing twice, with the same stamp. A message whose file the LMS has
still to fetch is not said again: later jobs look how the fetch goes. Nor is a grade taken away that
somebody typed into the gradebook after the last one that was sent: then a course lead decides.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from time import perf_counter, sleep

import structlog

from lti_tool.domain.errors import ColumnGone, PlatformAnswerWrong, RoundsError
from lti_tool.domain.passback import CHANGED, Cell
from lti_tool.lms.grades import FINAL, RESULTS, Grades
from lti_tool.lms.products.base import CELL_UNREADABLE, INTERNAL, Answered, AnswerKind
from lti_tool.services.deliveries import OLDER_STAMP
from lti_tool.services.errands import Errand, Job, Look
from lti_tool.services.tallies import Event
from lti_tool.services.unit import Rounds

AT_ONCE = nullcontext()
"""The turn of a message that waits for no other."""

MOST_STAMPS = 5
"""After how many tries a gradebook that always holds a newer stamp is left alone."""

MOST_READINGS = 3
"""After how many vain tries to read a cell it is written unread: the grade must get there."""

AWAY = (408, 429, 502, 503, 504)
"""Statuses of a reading that concern more than its cell; other faults of it keep no score away."""

SETTLE_SECONDS = 30
"""How long an answer is kept for a database that is away: longer than a restart takes."""

log = structlog.get_logger("rounds.delivery")


def deliver(
    rounds: Rounds, grades: Grades, job: Job, turn: AbstractContextManager[object] = AT_ONCE
) -> None:
    """Send one message or look after its file, unless that is no longer this job's to do.

    The LMS is called within its `turn`, and little else is done there: others may be called
    meanwhile. What must not be said twice is taken only there, so that a process that dies before
    has not begun with it. Safe to run twice.
    """
    errand = _take(rounds, job, its_turn=False)
    if errand is None:
        return
    with turn:
        if isinstance(errand, Errand) and not errand.harmless:
            errand = _take(rounds, job, its_turn=True)
            if errand is None:
                return
        began = perf_counter()
        answered = _ask(rounds, grades, errand)
        took = perf_counter() - began
    rounds.gathered.add(Event.DELIVERY, errand.platform.id, answered.kind, took, answered.code)
    _settle(rounds, job, answered)


def _take(rounds: Rounds, job: Job, *, its_turn: bool) -> Errand | Look | None:
    """Take a message. One that nobody can make sense of waits, and lets others ask in its place
    whether an LMS works again.
    """
    try:
        with rounds.work() as unit:
            return unit.deliveries.take(job, its_turn=its_turn)
    except Exception as fault:
        if rounds.away(fault) is None:
            with rounds.work() as unit:
                unit.deliveries.postpone(job)
        raise


def _ask(rounds: Rounds, grades: Grades, errand: Errand | Look) -> Answered:
    """What the LMS says. A fault of ours is an answer too: one message must neither stop the others
    nor come round at once again.
    """
    try:
        if isinstance(errand, Look):
            return grades.look(errand.platform, errand.progress_url)
        return _send(grades, errand)
    except Exception as fault:
        away = rounds.away(fault)
        if away is not None:
            # A token was asked for: before anything was said, or once the LMS had not taken it.
            return Answered(AnswerKind.TRY_AGAIN, away.code)
        log.exception("delivery-failed", code=INTERNAL)
    if isinstance(errand, Look):
        return Answered(AnswerKind.TRY_AGAIN, INTERNAL)
    return Answered(AnswerKind.TRY_AGAIN if errand.harmless else AnswerKind.UNCERTAIN, INTERNAL)


def _settle(rounds: Rounds, job: Job, answered: Answered) -> None:
    """Record an answer, which is known nowhere else: again, should the database be away.

    Not for ever, for a process must come to its end. The row then says what was going on.
    """
    end = perf_counter() + SETTLE_SECONDS
    while True:
        try:
            with rounds.work() as unit:
                unit.deliveries.settle(job, answered)
                for count in rounds.gathered.due():
                    unit.tallies.add(count)
            return
        except Exception as fault:
            if rounds.away(fault) is None or perf_counter() > end:
                raise
        sleep(rounds.settings.engine_poll_seconds)


def _send(grades: Grades, errand: Errand) -> Answered:
    held = _held_back(grades, errand)
    if held is not None:
        return held
    answered = grades.send(errand.platform, errand.column_url, errand.message, errand.stamp)
    if answered.code == OLDER_STAMP and answered.kind is AnswerKind.UNCERTAIN:
        return _compare(grades, errand, answered)
    return answered


def _held_back(grades: Grades, errand: Errand) -> Answered | None:
    """Why a message is not sent, that would take the place of what somebody typed; else None.

    Only a cell that was written before is read. It may show what was told last, or what was told
    since without an answer, this message itself included; anything else is somebody's own.
    """
    if not errand.told:
        return None
    try:
        shown = grades.result(errand.platform, errand.column_url, errand.message.user)
    except (*FINAL, ColumnGone):
        return None
    except PlatformAnswerWrong as error:
        if errand.unread + 1 >= MOST_READINGS:
            return None
        away = error.status is None or error.status in AWAY
        return Answered(AnswerKind.TRY_AGAIN, error.code if away else CELL_UNREADABLE, error.status)
    except RoundsError as error:
        return Answered(AnswerKind.TRY_AGAIN, error.code)
    told = (*errand.told, errand.message)
    if shown is None or any(shown.cell.says(one.score, one.maximum) for one in told):
        return None
    return Answered(AnswerKind.REFUSED, CHANGED, shown=shown.cell)


def _compare(grades: Grades, errand: Errand, answered: Answered) -> Answered:
    """Whether a gradebook that calls our stamp old shows this message already.

    It does when the message arrived before and only the answer was lost. If not, or if results may
    not be read or do not tell (of a file), something else is newer there: the message is said again
    with a stamp after it.
    """
    again = replace(answered, kind=AnswerKind.TRY_AGAIN, tries=MOST_STAMPS)
    if RESULTS not in errand.granted or not errand.harmless:
        return again
    try:
        shown = grades.result(errand.platform, errand.column_url, errand.message.user)
    except RoundsError:
        return again
    cell = shown.cell if shown else Cell(None, None)
    said = cell.says(errand.message.score, errand.message.maximum)
    return replace(answered, kind=AnswerKind.SENT) if said else again
