"""Owing: what becomes a message, in which order, and what takes the place of what."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from lti_tool.domain.passback import Kind, State
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import GradeColumn
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person
from lti_tool.services.passback import wake
from lti_tool.services.unit import Rounds
from tests.owing import Clock, Debtor, debtor

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def owing(rounds: Rounds, clock: Clock) -> Debtor:
    return debtor(replace(rounds, clock=clock), NOWHERE)


def set_state(owing: Debtor, id: int, state: State, code: str | None = None) -> None:
    with owing.rounds.work() as unit:
        unit.session.execute(
            update(Passback).where(Passback.id == id).values(state=state, last_code=code)
        )


def test_a_score_is_owed_and_handed_to_the_engine_under_a_name_of_its_own(
    owing: Debtor, jobs: list[tuple[str, str]]
) -> None:
    id = owing.owe("80.2", "Scored by A. Silva")
    assert jobs == [("passback", f"{id}:1")]
    [row] = owing.rows()
    assert row.message["score"] == "80.2"
    assert (row.state, row.due_at) == (State.WAITING, row.stamp)


def test_a_submit_that_is_rolled_back_owes_nothing(owing: Debtor) -> None:
    with pytest.raises(ZeroDivisionError), owing.rounds.work() as unit:
        unit.passbacks.owe_score(
            unit.session.get_one(GradeColumn, owing.column),
            unit.session.get_one(Person, owing.intern),
            *("80", "100", None, unit.now, choose("other")),
        ).id / 0  # type: ignore[union-attr]  # the row is there, and goes with the transaction
    assert owing.rows() == []


def test_the_same_number_and_comment_are_owed_once(owing: Debtor, clock: Clock) -> None:
    first = owing.owe("80.2", "hello")
    clock.move(seconds=10)
    assert owing.owe("80.2", "hello") is None
    set_state(owing, first or 0, State.SENT)
    assert owing.owe("80.2", "hello") is None
    assert owing.owe("80.2") is None
    assert owing.owe("80.2", "good day") is not None
    assert owing.owe("80.3", "good day") is not None


def test_a_refused_number_is_owed_again(owing: Debtor, clock: Clock) -> None:
    set_state(owing, owing.owe("80.2") or 0, State.REFUSED)
    clock.move(seconds=10)
    assert owing.owe("80.2") is not None


def test_a_newer_score_takes_the_place_of_one_that_waits_and_takes_its_comment_along(
    owing: Debtor,
) -> None:
    owing.owe("70", "Standard met.")
    owing.owe("80")
    assert owing.states() == [State.SUPERSEDED, State.WAITING]
    assert owing.rows()[1].message["comment"] == "Standard met."


def test_a_newer_score_leaves_one_that_is_under_way_alone(owing: Debtor) -> None:
    set_state(owing, owing.owe("70") or 0, State.SENDING)
    owing.owe("80")
    assert owing.states() == [State.SENDING, State.WAITING]


def test_a_score_never_takes_the_place_of_a_certificate_and_shares_its_stamps(
    owing: Debtor,
) -> None:
    owing.owe_certificate(owing.certificate(), "90")
    owing.owe("91")
    certificate, score = owing.rows()
    assert (certificate.kind, certificate.state) == (Kind.CERTIFICATE, State.WAITING)
    assert (score.kind, score.state) == (Kind.SCORE, State.WAITING)
    assert score.stamp > certificate.stamp


def test_stamps_rise_though_the_clock_steps_back(owing: Debtor, clock: Clock) -> None:
    owing.owe("70")
    clock.move(minutes=-5)
    owing.owe("80")
    first, second = owing.rows()
    assert second.stamp > first.stamp
    assert second.due_at == second.stamp


def test_only_a_number_that_was_sent_is_cleared(owing: Debtor, clock: Clock) -> None:
    assert owing.owe(None) is None
    refused = owing.owe("70")
    set_state(owing, refused or 0, State.REFUSED)
    assert owing.owe(None) is None
    owing.owe("80")
    assert owing.owe(None) is not None
    assert owing.owe(None) is None


def test_the_table_shows_the_newest_message_of_each_intern(owing: Debtor) -> None:
    set_state(owing, owing.owe("70") or 0, State.SENT)
    owing.owe("80")
    with owing.rounds.reading() as unit:
        [shown] = unit.passbacks.newest_of_all(owing.activity)
        assert unit.passbacks.newest(owing.activity, owing.intern) == [shown]
    assert (shown.score, shown.state, shown.retriable) == ("80", State.WAITING, False)


def test_a_launch_that_tells_the_column_wakes_what_waited_for_it(
    owing: Debtor, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    id = owing.owe("70") or 0
    with owing.rounds.work() as unit:
        column = unit.session.get_one(GradeColumn, owing.column)
        address, column.lineitem_url = column.lineitem_url, None
    with owing.rounds.work() as unit:
        assert unit.deliveries.take(owing.job(id)) is None
    asleep = owing.row(id)
    assert (asleep.state, asleep.last_code) == (State.WAITING, "column-unknown")
    assert asleep.due_at > clock.now
    with owing.rounds.work() as unit:
        column = unit.session.get_one(GradeColumn, owing.column)
        column.lineitem_url = address
        wake(unit.session, unit.now, owing.rounds.enqueue, column)
    assert jobs[-1] == ("passback", f"{id}:2")
    assert owing.row(id).due_at == clock.now
