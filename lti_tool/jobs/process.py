"""One process at work, from its start to its end."""

import os
import socket
from threading import Event

from sqlalchemy.exc import SQLAlchemyError

from lti_tool.jobs.engine import check_engine
from lti_tool.jobs.faults import tell
from lti_tool.jobs.passes import Passes
from lti_tool.jobs.worker import Worker
from lti_tool.services.unit import Rounds


def run(rounds: Rounds, *, once: bool = False, stop: Event | None = None) -> None:
    """Work until `stop` is set; with `once`, until nothing is due any more.

    Raises SchemaOutdated, DelivererReplaced. A process runs this once at a time.
    """
    check_engine(rounds.engine)
    with rounds.work() as unit:
        executor = unit.deliverers.enter(socket.gethostname(), os.getpid())
        unit.renderings.reconsider()
    worker = Worker(rounds, executor)
    try:
        worker.launch()
        Passes(rounds, executor, worker.running).loop(stop or Event(), once=once)
    finally:
        worker.end(patiently=not once)
        _leave(rounds, executor)


def _leave(rounds: Rounds, executor: str) -> None:
    """Say that this process ends; should the database be away, its silence will say so."""
    try:
        with rounds.work() as unit:
            for count in rounds.gathered.take():
                unit.tallies.add(count)
            unit.deliverers.leave(executor, os.getpid())
    except SQLAlchemyError as fault:
        tell(rounds, "leave-failed", fault)
