"""Deliverers as processes: killed, gone for good, beside each other, and told to stop."""

import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from threading import Event

from sqlalchemy import Engine

from lti_tool.domain.passback import State
from tests.gradebook import Gradebook, Reply
from tests.owing import Debtor, debtor
from tests.working import run_until, work

Process = subprocess.Popen[bytes]


def test_a_deliverer_killed_in_the_middle_loses_nothing(
    owing: Debtor, gradebook: Gradebook, deliverer: Callable[..., Process]
) -> None:
    stuck = Reply(go=Event())
    gradebook.answer_next(stuck)
    id = owing.owe("80")
    process = deliverer()
    assert stuck.reached.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert stuck.go is not None
    stuck.go.set()
    assert owing.row(id or 0).state == State.SENDING
    work(owing.rounds, once=True)
    assert owing.row(id or 0).state == State.SENT
    first, second = gradebook.posts
    assert first == second


def test_the_jobs_of_a_host_that_never_comes_back_are_adopted(
    owing: Debtor, gradebook: Gradebook, deliverer: Callable[..., Process], engine: Engine
) -> None:
    stuck = Reply(go=Event())
    gradebook.answer_next(stuck)
    id = owing.owe("80")
    process = deliverer()
    assert stuck.reached.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert stuck.go is not None
    stuck.go.set()
    with engine.begin() as connection:
        schema = "dbos." if engine.dialect.name == "postgresql" else ""
        for rename in (
            "UPDATE deliverer SET executor = 'elsewhere-0'",
            f"UPDATE {schema}workflow_status SET executor_id = 'elsewhere-0'",
        ):
            connection.exec_driver_sql(rename)
    settings = replace(owing.rounds.settings, engine_silence_seconds=0.5)
    here = replace(owing.rounds, settings=settings)
    run_until(here, lambda: owing.row(id or 0).state == State.SENT)


def test_two_deliverers_send_each_message_once(
    owing: Debtor, gradebook: Gradebook, deliverer: Callable[..., Process]
) -> None:
    for number in range(6):
        other = debtor(owing.rounds, gradebook.origin)
        other.owe(str(number))
    first, second = deliverer("--once"), deliverer("--once")
    assert (first.wait(60), second.wait(60)) == (0, 0)
    assert sorted(score or 0 for score in gradebook.scores()) == list(range(6))


def test_a_deliverer_ends_in_order_when_told_to(
    owing: Debtor, gradebook: Gradebook, deliverer: Callable[..., Process]
) -> None:
    seen = Reply()
    gradebook.answer_next(seen)
    owing.owe("80")
    process = deliverer()
    assert seen.reached.wait(60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert owing.states() == [State.SENT]
