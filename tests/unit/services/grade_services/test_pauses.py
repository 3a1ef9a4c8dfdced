"""When an LMS is left alone, who asks whether it works again, and what ends the wait."""

import pytest

from lti_tool.domain.passback import State
from lti_tool.lms.products.base import Answered, AnswerKind
from lti_tool.models.passback import Passback
from tests.faults.lms import Fault, FaultyLms
from tests.owing import Clock, Debtor, owe_all
from tests.unit.services.grade_services.conftest import Engine, condition, end_of, owe


def test_three_failures_in_a_row_are_the_lms_and_one_message_asks_for_all(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    ids = owe_all(owing.and_others(9))
    lms.fault = Fault(503)
    engine.turn()
    assert len(lms.calls) == 3
    assert condition(owing).paused_until is not None
    engine.turn()
    assert len(lms.calls) == 3, "nothing is sent during the pause"
    engine.clock.move(seconds=10)
    with owing.rounds.reading() as unit:
        assert len(unit.deliveries.owed(500)) == 1
    engine.turn()
    assert len(lms.calls) == 4
    lms.recover()
    engine.clock.move(seconds=20)
    engine.turn()
    assert len(lms.taken) == 1, "the one that asked"
    engine.turn()
    assert [end_of(owing, id)[0] for id in ids] == [State.SENT] * 10
    assert len(lms.taken) == 10


def test_while_one_message_asks_the_others_wait_for_its_answer(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    first, second = (owe(one) for one in owing.and_others(1))
    lms.fault = Fault(429, headers={"Retry-After": "60"})
    engine.turn()
    engine.clock.move(minutes=1)
    with owing.rounds.work() as unit:
        assert unit.deliveries.take(owing.job(second)) is not None
    with owing.rounds.work() as unit:
        assert unit.deliveries.take(owing.job(first)) is None
    with owing.rounds.reading() as unit:
        assert unit.deliveries.owed(500) == []
    engine.clock.move(minutes=1)
    lms.recover()
    engine.turn()
    engine.turn()
    assert len(lms.taken) == 2, "whoever asked and died holds nobody up for long"


def test_failures_that_were_under_way_when_the_pause_began_count_once(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    ids = owe_all(owing.and_others(4))
    for id in ids:
        with owing.rounds.work() as unit:
            assert unit.deliveries.take(owing.job(id)) is not None
    for id in ids:
        with owing.rounds.work() as unit:
            unit.deliveries.settle(owing.job(id), Answered(AnswerKind.TRY_AGAIN, "throttled", 429))
    assert condition(owing).failures == 1


@pytest.mark.parametrize(
    ("answer", "ends"), [("throttled", False), ("platform-down", True), ("token-refused", True)]
)
def test_a_success_that_was_under_way_ends_a_pause_that_the_lms_did_not_ask_for(
    owing: Debtor, clock: Clock, answer: str, ends: bool
) -> None:
    ids = owe_all(owing.and_others(3))
    for id in ids:
        with owing.rounds.work() as unit:
            assert unit.deliveries.take(owing.job(id)) is not None
    *failing, under_way = ids
    for id in failing:
        with owing.rounds.work() as unit:
            unit.deliveries.settle(owing.job(id), Answered(AnswerKind.TRY_AGAIN, answer, 503))
    assert condition(owing).paused_until is not None
    with owing.rounds.work() as unit:
        unit.deliveries.settle(owing.job(under_way), Answered(AnswerKind.SENT, "sent", 200))
    known = condition(owing)
    assert (known.paused_until is None) is ends
    assert known.ok_at == clock.now


def test_a_file_that_nobody_could_ask_about_ends_no_pause(owing: Debtor) -> None:
    ids = owe_all(owing.and_others(1))
    for id in ids:
        with owing.rounds.work() as unit:
            assert unit.deliveries.take(owing.job(id)) is not None
    refused, taken = ids
    awaited = Answered(AnswerKind.FETCHING, "file-awaited", 200, progress_url="https://lms/1")
    barred = Answered(AnswerKind.TRY_AGAIN, "token-refused", 400)
    unasked = Answered(AnswerKind.SENT, "fetch-unconfirmed")
    for id, answered in ((taken, awaited), (refused, barred), (taken, unasked)):
        with owing.rounds.work() as unit:
            unit.deliveries.settle(owing.job(id), answered)
    assert end_of(owing, taken) == (State.SENT, "fetch-unconfirmed")
    assert condition(owing).paused_until is not None


def test_a_message_that_nobody_can_make_sense_of_keeps_no_pause_from_its_end(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    senseless, sensible, told_in_vain = owe_all(owing.and_others(2))
    lms.fault = Fault(429, headers={"Retry-After": "60"})
    engine.do(owing.job(told_in_vain))
    lms.recover()
    with owing.rounds.work() as unit:
        unit.session.get_one(Passback, senseless).message = {}
    engine.clock.move(minutes=1)
    with pytest.raises(KeyError):
        engine.turn()
    engine.turn()
    assert end_of(owing, senseless) == (State.WAITING, "internal-error")
    assert end_of(owing, sensible) == (State.SENT, None)
    assert condition(owing).paused_until is None


def test_a_person_may_end_a_pause(engine: Engine, lms: FaultyLms, owing: Debtor) -> None:
    ids = owe_all(owing.and_others(3))
    lms.of_tokens = Fault(400, '{"error": "invalid_client"}')
    engine.go_on(hours=1)
    lms.recover()
    with owing.rounds.work() as unit:
        unit.grade_services.resume(owing.platform)
    for _ in range(2):
        engine.turn()
    assert {end_of(owing, id) for id in ids} == {(State.SENT, None)}


def test_two_failures_and_a_success_are_no_pause(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    school = owing.and_others(7)
    for at, one in enumerate(school):
        owe(one)
        lms.fault = None if at % 3 == 2 else Fault(500)
        with owing.rounds.reading() as unit:
            [job] = [job for job in unit.deliveries.owed(500) if job.id == owing.rows()[-1].id]
        engine.do(job)
        engine.clock.move(milliseconds=1)
    assert condition(owing).paused_until is None
    assert engine.states().count(State.SENT) == 2
