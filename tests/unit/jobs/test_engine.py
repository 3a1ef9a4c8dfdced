"""The engine is handed what a committed transaction owes, and nothing else."""

import pytest
from dbos import DBOSClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_tool import jobs
from lti_tool.db import make_engine
from lti_tool.domain.errors import SchemaOutdated


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
