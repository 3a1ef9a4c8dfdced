"""Where an intern is on the way to a certificate, and what a change means for the one they have."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lti_tool.domain.certificate import State
from lti_tool.domain.issuing import (
    Ending,
    Issued,
    Stage,
    Step,
    goes_by_itself,
    stage_of,
    step_after,
)
from lti_tool.domain.standard import Verdict

TODAY = date(2026, 11, 23)
MADE = Issued(State.VALID, "", None, made=True, failed=False)
REVOKED = replace(MADE, state=State.REVOKED, reason=Ending.CHANGED)
BY_HAND = replace(REVOKED, reason=Ending.BY_HAND)
MET, NOT_MET, THIN = Verdict.MET, Verdict.NOT_MET, Verdict.NOT_ENOUGH


def until(days: int) -> Issued:
    return replace(MADE, expires_on=TODAY + timedelta(days=days))


@pytest.mark.parametrize(
    ("verdict", "newest", "by_itself", "signed_off"),
    [
        (None, None, Stage.NONE, Stage.NONE),
        (THIN, None, Stage.NONE, Stage.NONE),
        (NOT_MET, None, Stage.NOT_MET, Stage.NOT_MET),
        (MET, None, Stage.MAKING, Stage.READY),
        (MET, MADE, Stage.ISSUED, Stage.ISSUED),
        (MET, replace(MADE, made=False), Stage.MAKING, Stage.MAKING),
        (MET, replace(MADE, made=False, failed=True), Stage.FAILED, Stage.FAILED),
        (MET, REVOKED, Stage.MAKING, Stage.READY),
        (MET, BY_HAND, Stage.REVOKED, Stage.REVOKED),
        (NOT_MET, REVOKED, Stage.REVOKED, Stage.REVOKED),
        (MET, until(61), Stage.ISSUED, Stage.ISSUED),
        (MET, until(60), Stage.ENDING, Stage.ENDING),
        (MET, until(0), Stage.ENDING, Stage.ENDING),
        (MET, until(-1), Stage.EXPIRED, Stage.EXPIRED),
        (MET, replace(until(-1), state=State.REVOKED), Stage.REVOKED, Stage.READY),
    ],
)
def test_each_stage(
    verdict: Verdict | None, newest: Issued | None, by_itself: Stage, signed_off: Stage
) -> None:
    found = [
        stage_of(verdict, newest, TODAY, sign_off=sign_off, test_user=False, reminder_days=60)
        for sign_off in (False, True)
    ]
    assert found == [by_itself, signed_off]


def test_a_test_student_waits_for_nothing() -> None:
    for sign_off in (False, True):
        found = stage_of(MET, None, TODAY, sign_off=sign_off, test_user=True, reminder_days=60)
        assert found is Stage.NOT_FOR_TESTS


def test_none_comes_by_itself_after_a_course_leads_word_or_the_last_day() -> None:
    assert goes_by_itself(None, TODAY, sign_off=False)
    assert goes_by_itself(REVOKED, TODAY, sign_off=False)
    assert goes_by_itself(until(0), TODAY, sign_off=False)
    for newest in (BY_HAND, until(-1), replace(until(-1), state=State.REVOKED)):
        assert not goes_by_itself(newest, TODAY, sign_off=False)
    assert not goes_by_itself(None, TODAY, sign_off=True)


@pytest.mark.parametrize(
    ("newest", "met", "changed", "by_itself", "signed_off"),
    [
        (None, False, True, Step.NOTHING, Step.NOTHING),
        (None, True, False, Step.ISSUE, Step.NOTHING),
        (REVOKED, True, True, Step.ISSUE, Step.NOTHING),
        (BY_HAND, True, True, Step.NOTHING, Step.NOTHING),
        (MADE, True, False, Step.NOTHING, Step.NOTHING),
        (MADE, True, True, Step.ISSUE, Step.REVOKE),
        (MADE, False, False, Step.REVOKE, Step.REVOKE),
        (MADE, False, True, Step.REVOKE, Step.REVOKE),
        (until(0), True, True, Step.ISSUE, Step.REVOKE),
        (until(-1), True, False, Step.NOTHING, Step.NOTHING),
        (until(-1), False, False, Step.NOTHING, Step.NOTHING),
        (until(-1), True, True, Step.STANDS, Step.STANDS),
        (until(-1), False, True, Step.REVOKE, Step.REVOKE),
    ],
)
def test_what_a_change_means(
    newest: Issued | None, met: bool, changed: bool, by_itself: Step, signed_off: Step
) -> None:
    found = [
        step_after(newest, TODAY, met=met, changed=changed, sign_off=sign_off)
        for sign_off in (False, True)
    ]
    assert found == [by_itself, signed_off]
