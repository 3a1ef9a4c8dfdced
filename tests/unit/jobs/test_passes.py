"""What the engine lost is found by the passes."""

from dataclasses import replace

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from lti_tool.domain.passback import SendWhen, State
from lti_tool.domain.scoring import GradeMapping
from lti_tool.jobs import enqueue
from lti_tool.models.deliverer import Deliverer
from lti_tool.models.result import Result
from lti_tool.services.activities import Choice
from lti_tool.services.unit import Rounds
from tests.factories import EASY, ward
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


def test_a_job_from_before_there_were_lanes_strands_nothing(
    rounds: Rounds, owing: Debtor, gradebook: Gradebook
) -> None:
    def without_lane(session: Session, kind: str, about: str, lane: int | None = None) -> None:
        enqueue(session, kind, about)

    replace(owing, rounds=replace(rounds, enqueue=without_lane)).owe("80")
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


def test_results_are_computed_whose_job_is_lost(rounds: Rounds, at_work: Rounds) -> None:
    place = ward(rounds, weights={"teamwork": 100})
    place.score(place.helen, place.amara, "teamwork", 3)
    work(at_work, once=True)
    points = Choice({"teamwork": 100}, EASY, GradeMapping.POINTS, SendWhen.AS_SCORED)
    with rounds.work() as unit:
        unit.activities.choose(place.lead, place.activity, points)
    work(at_work, once=True)
    with rounds.reading() as unit:
        assert unit.session.scalars(select(Result.grade)).all() == ["75/1"]
        assert unit.outdated.mark(place.activity) is None
