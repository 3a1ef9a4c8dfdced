"""When a certificate is issued, what ends one, and where an intern is on the way to one."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lti_tool.domain.certificate import Chart, State
from lti_tool.domain.expiry import days_left, has_expired
from lti_tool.domain.standard import Verdict


class Ending(StrEnum):
    """Why a certificate stopped counting; pages have the words."""

    CHANGED = "assessments-changed"
    BELOW = "below-standard"
    REISSUED = "reissued"
    """A course lead had another one made: a name was corrected, or its time was over."""
    BY_HAND = "revoked-by-course-lead"
    ASKED_ANEW = "asked-anew"
    """The intern asked for a newer transcript."""
    WITHDRAWN = "withdrawn-by-holder"
    """The intern withdrew a transcript."""


class Step(StrEnum):
    """What a change of an intern's result means for their certificate."""

    NOTHING = "nothing"
    STANDS = "stands"
    """It stays as it is, although something it rests on was changed: its time is over."""
    ISSUE = "issue"
    """A new one, in place of the valid one if there is any."""
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Terms:
    """How an activity issues its certificates, from now on."""

    design: str = "standard"
    """The name of the design's folder."""
    chart: Chart = Chart.STRIPS
    sign_off: bool = False
    """Whether a course lead signs each one off; else it goes by itself when the standard is met."""
    months: int | None = None
    """How long one is good for; None: it stays good."""


class Stage(StrEnum):
    """Where an intern is on the way to a certificate of an activity, and after."""

    NONE = "none"
    """Not enough evidence yet."""
    NOT_MET = "not-met"
    NOT_FOR_TESTS = "not-for-tests"
    """Met by the LMS's own test student, who earns none."""
    READY = "ready"
    """Met, and waits for a course lead's sign-off."""
    MAKING = "making"
    """Issued, or about to be; its file is being made."""
    FAILED = "failed"
    """Issued; its file could not be made."""
    ISSUED = "issued"
    ENDING = "ending"
    """Issued, and its last day is near."""
    EXPIRED = "expired"
    REVOKED = "revoked"


VALID = frozenset({Stage.MAKING, Stage.FAILED, Stage.ISSUED, Stage.ENDING, Stage.EXPIRED})
"""The stages with a certificate that was neither superseded nor revoked."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What was made of the newest certificate of an intern and activity."""

    state: State
    reason: str
    expires_on: date | None
    made: bool
    """Its file is there."""
    failed: bool
    """The last try to make it did not work."""


def step_after(
    newest: Issued | None, today: date, *, met: bool, changed: bool, sign_off: bool
) -> Step:
    """What follows for an intern whose result was just computed.

    `changed`: something that counted before is no longer what it was; else there is more of it, or
    the activity asks for something else.

    One whose time is over was good until then, and nothing that came later alters that. It is
    revoked where a change leaves the standard unmet: then it ought not to have been issued.
    """
    by_itself = goes_by_itself(newest, today, sign_off=sign_off)
    if newest is None or newest.state != State.VALID:
        return Step.ISSUE if met and by_itself else Step.NOTHING
    if has_expired(newest.expires_on, today):
        if not changed:
            return Step.NOTHING
        return Step.STANDS if met else Step.REVOKE
    if met and not changed:
        return Step.NOTHING
    return Step.ISSUE if met and by_itself else Step.REVOKE


def goes_by_itself(newest: Issued | None, today: date, *, sign_off: bool) -> bool:
    """Whether one who meets the standard gets a certificate without anybody's word.

    None takes the place of one that a course lead revoked, nor of one whose time is over: the
    standard was met before that.
    """
    if sign_off:
        return False
    if newest is None:
        return True
    return newest.reason != Ending.BY_HAND and not has_expired(newest.expires_on, today)


def waits_for_sign_off(newest: Issued | None, *, sign_off: bool) -> bool:
    """Whether one who meets the standard gets a certificate once a course lead signs it off.

    Not in place of one that a course lead revoked: whoever wants another issues that one again.
    """
    if newest is None:
        return sign_off
    return sign_off and newest.state != State.VALID and newest.reason != Ending.BY_HAND


def stage_of(
    verdict: Verdict | None,
    newest: Issued | None,
    today: date,
    *,
    sign_off: bool,
    test_user: bool,
    reminder_days: int,
) -> Stage:
    """Where an intern is; no `verdict` where nothing was ever computed."""
    if newest is not None and newest.state == State.VALID:
        return _of_valid(newest, today, reminder_days)
    if verdict is Verdict.MET:
        if test_user:
            return Stage.NOT_FOR_TESTS
        if goes_by_itself(newest, today, sign_off=sign_off):
            return Stage.MAKING
        return Stage.READY if waits_for_sign_off(newest, sign_off=sign_off) else Stage.REVOKED
    if newest is not None:
        return Stage.REVOKED
    return Stage.NOT_MET if verdict is Verdict.NOT_MET else Stage.NONE


def _of_valid(newest: Issued, today: date, reminder_days: int) -> Stage:
    if has_expired(newest.expires_on, today):
        return Stage.EXPIRED
    if not newest.made:
        return Stage.FAILED if newest.failed else Stage.MAKING
    near = days_left(newest.expires_on, today, reminder_days) is not None
    return Stage.ENDING if near else Stage.ISSUED
