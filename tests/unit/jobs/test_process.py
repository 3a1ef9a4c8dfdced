"""Deliverers as processes: killed, gone for good, beside each other, and told to stop."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event

from sqlalchemy import Engine

from lti_tool.domain.passback import State
from lti_tool.domain.people import Role
from lti_tool.jobs.lanes import PLACES
from lti_tool.models.activity import Activity
from lti_tool.models.grade_service import GradeService
from lti_tool.models.passback import Passback
from lti_tool.services.unit import Rounds
from tests import factories
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


def test_told_to_stop_it_ends_what_is_on_the_wire_and_leaves_the_rest_to_others(
    owing: Debtor,
    gradebook: Gradebook,
    deliverer: Callable[..., Process],
    environment: dict[str, str],
) -> None:
    environment["ROUNDS_HTTP_READ_SECONDS"] = "60"
    on_the_wire = [Reply(go=Event()) for _ in range(owing.rounds.settings.engine_workers)]
    gradebook.answer_next(*on_the_wire)
    owe_to_many(owing, 30)
    process = deliverer()
    assert all(reply.reached.wait(60) for reply in on_the_wire)
    for _ in range(2):
        process.send_signal(signal.SIGTERM)
    wait_for_the_last_sign_of_life(owing.rounds)
    for reply in on_the_wire:
        assert reply.go is not None
        reply.go.set()
    assert process.wait(60) == 0
    sent = len(gradebook.posts)
    assert sent <= PLACES * len(on_the_wire), "those made ready go too, and no others"
    assert Counter(owing.states()) == {State.SENT: sent, State.WAITING: 30 - sent}
    work(owing.rounds, once=True)
    assert Counter(owing.states()) == {State.SENT: 30}
    assert len({post["userId"] for post in gradebook.posts}) == len(gradebook.posts) == 30


def owe_to_many(owing: Debtor, number: int) -> None:
    """Owe a score to each of so many interns, in one column."""
    with owing.rounds.work() as unit:
        course = unit.session.get_one(Activity, owing.activity).course
        for one in range(number):
            intern = factories.member(unit.session, course, f"Intern {one}", Role.INTERN)
            replace(owing, intern=intern.person).owe_in(unit, "80")


def wait_for_the_last_sign_of_life(rounds: Rounds) -> None:
    before: dict[str, int] = {}
    while True:
        with rounds.reading() as unit:
            now = unit.deliverers.beats()
        if now == before:
            return
        before = now
        time.sleep(60 * rounds.settings.engine_poll_seconds)


def test_with_once_it_does_not_wait_for_an_lms_that_is_left_alone(
    owing: Debtor, gradebook: Gradebook, deliverer: Callable[..., Process]
) -> None:
    id = owing.owe("80") or 0
    with owing.rounds.work() as unit:
        platform = unit.session.get_one(Passback, id).platform_id
        until = unit.now + timedelta(hours=1)
        row = GradeService(platform_id=platform, code="platform-down", failures=3)
        row.paused_until = until
        unit.session.add(row)
    assert deliverer("--once").wait(60) == 0
    assert (gradebook.posts, owing.states()) == ([], [State.WAITING])
