"""What the engine lost is found by the passes."""

from dataclasses import replace

from sqlalchemy import Engine, select, text

from lti_tool.domain.passback import State
from lti_tool.models.deliverer import Deliverer
from lti_tool.services.unit import Rounds
from tests.gradebook import Gradebook
from tests.owing import Debtor
from tests.working import run_until, work


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
    take = text(f"UPDATE {schema}workflow_status SET status = 'PENDING', executor_id = :us")
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

    settings = replace(owing.rounds.settings, engine_silence_seconds=0.5)
    run_until(replace(owing.rounds, settings=settings), sent)
    assert gradebook.scores() == [80]
