"""An LMS that is away for long; and one message or column at fault, while the LMS works."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lti_tool.domain.passback import State
from lti_tool.lms.products.base import Answered, AnswerKind
from tests.faults.lms import ITEM, Fault, FaultyLms, faulty_lms
from tests.owing import Debtor, debtor, owe_all
from tests.unit.services.grade_services.conftest import Engine, condition, end_of, owe

# -- An outage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "interns"),
    [
        (Fault(drops=True), 60),
        (Fault(500), 30),
        (Fault(429), 30),
        (Fault(401), 30),
        (Fault(200, "<h1>Maintenance"), 30),
    ],
)
def test_an_hour_away_costs_few_calls_and_no_grade(
    engine: Engine, lms: FaultyLms, owing: Debtor, fault: Fault, interns: int
) -> None:
    school = owing.and_others(interns - 1)
    first = owe_all(school, "70")
    lms.fault = fault
    engine.turn()
    engine.go_on(minutes=30)
    amended = owe_all(school[:10], "75")
    engine.go_on(minutes=30)
    asked = len(lms.calls) // (2 if fault.status == 401 else 1)
    assert asked <= 25, "one every five minutes in the end; a refused token costs a second call"
    assert lms.tokens <= 1 + asked
    assert lms.taken == []
    lms.recover()
    engine.go_on(minutes=6)
    assert len(lms.taken) == interns, "once each"
    assert lms.rises()
    assert set(lms.shown().values()) == {70, 75}
    assert {end_of(owing, id)[0] for id in first[:10]} == {State.SUPERSEDED}
    assert {end_of(owing, id)[0] for id in (*first[10:], *amended)} == {State.SENT}


def test_an_outage_without_an_answer_keeps_what_is_sent_in_order(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    owe(owing, "70")
    lms.fault = Fault(drops=True, takes=True)
    engine.turn()
    engine.clock.move(seconds=1)
    owe(owing, "75")
    engine.go_on(minutes=30)
    lms.recover()
    engine.go_on(minutes=10)
    stamps = [call.stamp for call in lms.taken]
    assert stamps == sorted(stamps)
    assert [call.score for call in lms.taken][-1] == 75


def test_one_lms_away_holds_no_other(engine: Engine, lms: FaultyLms, owing: Debtor) -> None:
    with faulty_lms() as well:
        lms.fault = Fault(silent=True)
        away = owe_all(owing.and_others(9))
        elsewhere = debtor(engine.rounds, well.origin)
        for one in elsewhere.and_others(9):
            owe(one)
        engine.with_little_patience().turn()
        assert len(well.taken) == 10
        assert len(lms.calls) == 3
        assert {end_of(owing, id)[0] for id in away} == {State.WAITING}


# -- One message, one column -----------------------------------------------------------------------


def test_a_message_that_upsets_a_server_is_its_own_fault(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    poisonous, *school = owing.and_others(2)
    lms.of_user[poisonous.subject] = Fault(500)
    id = owe(poisonous)
    waits: list[timedelta] = []
    for turn in range(15):
        for one in school:
            owe(one, f"{40 + turn}")
        before = poisonous.row(id).attempts
        engine.turn()
        assert condition(owing).paused_until is None
        assert lms.shown()[ITEM, school[0].subject] == 40 + turn
        row = poisonous.row(id)
        if row.attempts > before:
            waits.append(row.due_at - engine.clock.now)
        engine.clock.now = max(engine.clock.now + timedelta(seconds=10), row.due_at)
    assert end_of(poisonous, id) == (State.WAITING, "platform-down")
    assert len(waits) == 15
    assert waits[-1] >= timedelta(hours=12), "in the end once a day"


def test_a_message_alone_that_fails_is_tried_soon_until_the_lms_is_known_to_work(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    id = owe(owing)
    lms.fault = Fault(500)
    engine.go_on(hours=3)
    assert condition(owing).paused_until is None, "one message is not the whole LMS"
    assert len(lms.calls) < 80
    lms.recover()
    engine.go_on(minutes=5)
    assert end_of(owing, id) == (State.SENT, None)


@pytest.mark.parametrize("address", ["http://10.0.0.1/items/2", "https://localhost:1/items/2", ""])
def test_a_column_with_a_wrong_address_keeps_no_other_column_waiting(
    engine: Engine, lms: FaultyLms, owing: Debtor, address: str
) -> None:
    wrong = owing.of_another_activity(address or f"{lms.origin}/items/2")
    lms.of_item["/items/2"] = Fault(500)
    lost = owe_all(wrong.and_others(7))
    engine.turn()
    for number in range(5):
        engine.clock.move(seconds=1)
        owe(owing, f"{60 + number}")
        engine.go_on(minutes=5)
        assert lms.shown()[ITEM, owing.subject] == 60 + number
    assert {wrong.row(id).state for id in lost} == {State.WAITING}


def test_cells_that_cannot_be_read_are_written_and_the_lms_is_not_left_alone(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    school = owing.and_others(7)
    for one in school:
        owe(one, "70")
    engine.turn()
    engine.clock.move(seconds=1)
    lms.of_results = Fault(500)
    for one in school:
        owe(one, "75")
    engine.turn()
    assert condition(owing) == replace(condition(owing), code=None, paused_until=None)
    engine.go_on(minutes=2)
    assert set(lms.shown().values()) == {75}
    assert lms.readings == 3 * len(school)


def test_a_fault_of_ours_tells_nothing_of_the_lms(owing: Debtor) -> None:
    first, second = (owe(one) for one in owing.and_others(1))
    for id, answered in (
        (first, Answered(AnswerKind.TRY_AGAIN, "platform-down", 503)),
        (second, Answered(AnswerKind.TRY_AGAIN, "internal-error")),
    ):
        with owing.rounds.work() as unit:
            assert unit.deliveries.take(owing.job(id)) is not None
        with owing.rounds.work() as unit:
            unit.deliveries.settle(owing.job(id), answered)
    assert condition(owing).code == "platform-down"
