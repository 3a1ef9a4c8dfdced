"""The engine: what a committed transaction owes is run, and nothing else is."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from alembic import command
from dbos import DBOSClient
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from lti_tool import jobs, migrations
from lti_tool.db import make_engine
from lti_tool.domain.errors import SchemaOutdated
from lti_tool.domain.passback import State
from lti_tool.models.certificate import Certificate
from lti_tool.models.deliverer import Deliverer
from lti_tool.services.unit import Rounds
from tests.gradebook import Gradebook, Reply, serving
from tests.owing import Debtor, debtor

Process = subprocess.Popen[bytes]


def work(rounds: Rounds, **options: Any) -> None:
    """Run the engine to its end in a thread of its own: it bears no event loop of anybody else's in
    its thread, and a browser test may have left one in this.
    """
    with ThreadPoolExecutor(1) as threads:
        threads.submit(jobs.run, rounds, **options).result()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """This test's database, the engine's tables included."""
    jobs.upgrade_engine(database_url)
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


def queued(engine: Engine) -> list[str]:
    client = DBOSClient(system_database_engine=engine, lazy=True)
    return [found.workflow_id for found in client.list_workflows()]


def test_a_job_is_there_once_its_transaction_is_and_only_then(engine: Engine) -> None:
    with Session(engine) as session:
        session.execute(select(1))
        jobs.enqueue(session, "passback", "1:0")
        session.commit()
    with Session(engine) as session:
        jobs.enqueue(session, "passback", "2:0")
        session.rollback()
    assert queued(engine) == ["passback:1:0"]


def test_the_same_job_twice_is_one_job(engine: Engine) -> None:
    for about in ("1:0", "1:0", "1:1"):
        with Session(engine) as session:
            jobs.enqueue(session, "passback", about)
            session.commit()
    assert queued(engine) == ["passback:1:0", "passback:1:1"]


def test_tables_of_the_engine_are_checked(database_url: str) -> None:
    engine = make_engine(database_url)
    with pytest.raises(SchemaOutdated):
        jobs.check_engine(engine)
    jobs.upgrade_engine(database_url)
    jobs.upgrade_engine(database_url)
    jobs.check_engine(engine)
    engine.dispose()


# Running ------------------------------------------------------------------------------------------


@pytest.fixture
def gradebook() -> Iterator[Gradebook]:
    with serving() as gradebook:
        yield gradebook


@pytest.fixture
def owing(rounds: Rounds, engine: Engine, gradebook: Gradebook) -> Debtor:
    """Owes to the gradebook through the engine itself."""
    return debtor(replace(rounds, enqueue=jobs.enqueue), gradebook.origin)


@pytest.fixture
def deliverer(environment: dict[str, str], engine: Engine) -> Iterator[Callable[..., Process]]:
    """Starts `rounds deliver` as a process of its own; none outlives the test."""
    with engine.begin() as connection:
        config = migrations.configuration()
        config.attributes["connection"] = connection
        command.stamp(config, "head")
    started: list[Process] = []

    def start(*options: str) -> Process:
        words = [sys.executable, "-m", "lti_tool.cli", "deliver", *options]
        started.append(subprocess.Popen(words, env=os.environ | environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_what_is_owed_is_sent_and_then_it_ends(owing: Debtor, gradebook: Gradebook) -> None:
    owing.owe("70")
    owing.owe("80")
    work(owing.rounds, once=True)
    assert gradebook.scores() == [80]
    assert owing.states() == [State.SUPERSEDED, State.SENT]
    work(owing.rounds, once=True)
    assert gradebook.scores() == [80]


def test_a_failed_sending_is_repeated_once_it_is_due(owing: Debtor, gradebook: Gradebook) -> None:
    gradebook.answer_next(Reply(500), Reply(500))
    id = owing.owe("80")
    run_until(owing.rounds, lambda: owing.row(id or 0).state == State.SENT)
    assert [post["timestamp"] for post in gradebook.posts] == [gradebook.posts[0]["timestamp"]] * 3


def run_until(rounds: Rounds, done: Callable[[], bool]) -> None:
    """Run the engine in this thread; a pass after `done` it is told to stop."""

    class Watched(Event):
        def wait(self, timeout: float | None = None) -> bool:
            if done():
                self.set()
            return super().wait(timeout)

    work(rounds, stop=Watched())


def test_a_job_that_the_engine_lost_is_put_back(
    rounds: Rounds, owing: Debtor, gradebook: Gradebook
) -> None:
    lost = replace(owing, rounds=rounds)
    lost.owe("80")
    work(owing.rounds, once=True)
    assert gradebook.scores() == [80]


def test_a_job_lost_between_being_taken_and_begun_is_put_back(
    owing: Debtor, gradebook: Gradebook, engine: Engine
) -> None:
    schema = "dbos." if engine.dialect.name == "postgresql" else ""
    take = text(
        f"UPDATE {schema}workflow_status SET status = 'PENDING', executor_id = :us, updated_at = 0"
    )
    owed: list[int | None] = []

    def owe_and_lose() -> None:
        with owing.rounds.reading() as unit:
            us = unit.session.scalars(select(Deliverer.executor)).one()
        with owing.rounds.work() as unit:
            owed.append(owing.owe_in(unit, "80"))
            unit.session.execute(take, {"us": us})

    def sent() -> bool:
        if not owed:
            owe_and_lose()
        return owing.row(owed[0] or 0).state == State.SENT

    run_until(owing.rounds, sent)
    assert gradebook.scores() == [80]


def test_a_certificate_that_cannot_be_made_is_set_aside(
    owing: Debtor, gradebook: Gradebook
) -> None:
    owing.owe_certificate(owing.certificate(rendered=False))
    owing.owe("95", "c")
    work(owing.rounds, once=True)
    refused, sent = owing.rows()
    assert refused.state == State.REFUSED
    assert sent.state == State.SENT
    assert gradebook.scores() == [95]


def test_a_certificate_that_could_not_be_made_is_tried_again_at_the_next_start(
    owing: Debtor,
) -> None:
    number = owing.certificate(rendered=False)
    with owing.rounds.work() as unit:
        unit.session.get_one(Certificate, number).problem = "certificates-off"
    work(owing.rounds, once=True)
    with owing.rounds.reading() as unit:
        assert unit.session.get_one(Certificate, number).problem == "certificate-facts-faulty"


def test_a_file_is_looked_after_until_it_is_fetched(
    rounds: Rounds, engine: Engine, gradebook: Gradebook
) -> None:
    owing = debtor(replace(rounds, enqueue=jobs.enqueue), gradebook.origin, "canvas")
    gradebook.answer_next(gradebook.takes_file("queued", "running", "completed"))
    id = owing.owe_certificate(owing.certificate())
    run_until(owing.rounds, lambda: owing.row(id).state == State.SENT)
    assert (len(gradebook.posts), gradebook.looks) == (1, 3)


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
