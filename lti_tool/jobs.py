"""The engine: hand over a job in the caller's own transaction, and run what was handed over.

DBOS does the queueing, in the tool's own database: a job exists if and only if the rows it is about
were committed with it. What is owed stands in our rows and is the truth; the engine only runs it,
and what it lost is put back. No other room knows DBOS.
"""

import logging
import os
import socket
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from math import ceil
from threading import BoundedSemaphore, Event

import structlog
from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    EnqueueOptions,
    WorkflowSerializationFormat,
    WorkflowStatus,
    error,
    run_dbos_database_migrations,
)
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lti_tool.db import READ_ONLY
from lti_tool.domain.errors import SchemaOutdated
from lti_tool.lms.columns import LineItems
from lti_tool.lms.grades import Grades
from lti_tool.lms.http import Http
from lti_tool.lms.notices import NoticeService
from lti_tool.lms.roster import RosterReader
from lti_tool.lms.tokens import Tokens
from lti_tool.services.column_jobs import find_columns, read_column, remove_columns
from lti_tool.services.deliveries import Job
from lti_tool.services.delivery import deliver
from lti_tool.services.reading_back import read_back
from lti_tool.services.recomputing import recompute
from lti_tool.services.rendering import render
from lti_tool.services.roster_refresh import refresh_roster
from lti_tool.services.subscribing import subscribe
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings

QUEUES = (
    "passback",
    "certificate",
    "roster",
    "results",
    "column",
    "column-search",
    "column-removal",
    "read-back",
    "notices",
)
"""A kind of job is the queue it waits in: a thousand certificates never delay a grade."""

WITHOUT_LANES = ("certificate", "results")
"""The kinds that talk to no LMS. In the other queues each LMS has a lane of its own."""

WORKFLOW = "rounds"
APPLICATION = "rounds"

VERSION = "1"
"""Pinned: the engine runs only jobs of its own version, and no deployment may strand any."""

LIVE = ["ENQUEUED", "PENDING", "DELAYED"]
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

AHEAD = 8
"""How many jobs a thread may hold ready: the engine looks for new ones once a poll only."""

LANES = 8
"""How many LMSs may fill their lanes in one process: beyond that they wait for each other."""

BATCH = 200
"""How many rows a reconciling pass looks at; the next pass finds the rest."""

KEPT = timedelta(hours=1)
"""How long ended jobs are kept, for an operator to look at."""

PRUNE_EVERY = timedelta(minutes=1)

# The engine tells of each step it takes, and would add a handler of its own if it found none.
_quiet = logging.getLogger("dbos")
_quiet.setLevel(logging.WARNING)
_quiet.addHandler(logging.NullHandler())

log = structlog.get_logger("rounds.jobs")


def enqueue(session: Session, kind: str, about: str, lane: int | None = None) -> None:
    """Hand a job to the engine in the session's transaction (see services.enqueue).

    `kind` is one of QUEUES. The same kind and name is taken once only, also after it has ended.
    """
    options: EnqueueOptions = {
        "workflow_name": WORKFLOW,
        "queue_name": kind,
        "workflow_id": f"{kind}:{about}",
        "app_version": VERSION,
        "serialization_type": WorkflowSerializationFormat.PORTABLE,
    }
    if lane is not None:
        options["queue_partition_key"] = str(lane)
    _client(session.get_bind().engine).enqueue_in_transaction(session, options, kind, about, lane)


@lru_cache(maxsize=1)
def _client(engine: Engine) -> DBOSClient:
    """A client that composes statements for this database; it never connects by itself."""
    return DBOSClient(system_database_engine=engine, application_name=APPLICATION, lazy=True)


def upgrade_engine(url: str) -> None:
    """Bring the engine's tables to this version. `url` as Settings.database gives it."""
    run_dbos_database_migrations(url)


def check_engine(engine: Engine) -> None:
    """Raise SchemaOutdated unless the engine's tables are those this version needs."""
    client = _client(engine.execution_options(**{READ_ONLY: True}))
    try:
        # The pinned release offers this check to its own start only.
        client._sys_db.verify_migrations()
    except error.DBOSInitializationError:
        raise SchemaOutdated(
            "the engine's tables are missing or old; run: rounds upgrade"
        ) from None


# Running ------------------------------------------------------------------------------------------


def run(rounds: Rounds, *, once: bool = False, stop: Event | None = None) -> None:
    """Work until `stop` is set; with `once`, until nothing is due any more.

    Raises SchemaOutdated. A process runs this once at a time.
    """
    check_engine(rounds.engine)
    with rounds.work() as unit:
        executor = unit.deliverers.enter(socket.gethostname(), os.getpid())
        unit.deliveries.forgive_renderings()
    worker = Worker(rounds, executor)
    try:
        worker.launch()
        worker.loop(stop or Event(), once=once)
    finally:
        worker.end(patiently=not once)
        with rounds.work() as unit:
            unit.deliverers.leave(executor)


class Worker:
    """One process at work under the name by which the engine knows it."""

    def __init__(self, rounds: Rounds, executor: str) -> None:
        settings = rounds.settings
        http = Http(settings)
        tokens = Tokens(rounds, http)
        roster, notices = RosterReader(http, tokens), NoticeService(http, tokens)
        items = LineItems(http, tokens)
        self._rounds = rounds
        self._executor = executor
        self._grades = Grades(http, tokens)
        self._sending = defaultdict[int | None, BoundedSemaphore](
            lambda: BoundedSemaphore(settings.engine_workers)
        )
        self._running: set[str] = set()
        self._pruned: datetime | None = None
        self._kinds: dict[str, Callable[[str], None]] = {
            "certificate": self._render,
            "roster": lambda about: refresh_roster(rounds, roster, _number(about)),
            "results": lambda about: recompute(rounds, _number(about)),
            "column": lambda about: read_column(rounds, items, _number(about)),
            "column-search": lambda about: find_columns(rounds, items, about),
            "column-removal": lambda about: remove_columns(rounds, items, about),
            "read-back": lambda about: read_back(rounds, self._grades, about),
            "notices": lambda about: subscribe(rounds, notices, _number(about)),
        }

    def launch(self) -> None:
        """Start the engine's threads. It looks after its own tables, and calls nobody else."""
        settings = self._rounds.settings
        _register_queues(settings)
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": settings.database,
            "sys_db_pool_size": settings.engine_pool,
            "executor_id": self._executor,
            "application_version": VERSION,
            "run_migrations": False,
            "enable_otlp": False,
            "log_level": "WARNING",
            "notification_listener_polling_interval_sec": settings.engine_poll_seconds,
        }
        DBOS(config=config)

        @DBOS.workflow(name=WORKFLOW)
        def perform(kind: str, about: str, lane: int | None = None) -> None:
            self._perform(kind, about, lane)

        DBOS.launch()

    def end(self, *, patiently: bool) -> None:
        """Take no more jobs, and let those under way come to their end where `patiently`.

        One that is cut off is found by its row, or by the engine at the next start.
        """
        settings = self._rounds.settings
        longest = ceil(settings.http_connect_seconds + settings.http_read_seconds) + 1
        DBOS.destroy(
            destroy_registry=True, workflow_completion_timeout_sec=longest if patiently else 0
        )

    # Jobs -----------------------------------------------------------------------------------------

    def _perform(self, kind: str, about: str, lane: int | None) -> None:
        job = f"{kind}:{about}"
        self._running.add(job)
        with structlog.contextvars.bound_contextvars(job=job):
            try:
                if kind == "passback":
                    self._deliver(about, lane)
                else:
                    self._kinds[kind](about)
            except Exception:
                log.exception("job-failed", code="internal-error")
                raise
            finally:
                self._running.discard(job)

    def _deliver(self, about: str, lane: int | None) -> None:
        with self._sending[lane]:
            deliver(self._rounds, self._grades, Job.of(about))

    def _render(self, about: str) -> None:
        render(self._rounds, _number(about))
        with self._rounds.work() as unit:
            unit.deliveries.rendered(_number(about))

    # Passes ---------------------------------------------------------------------------------------

    def loop(self, stop: Event, *, once: bool) -> None:
        """Give signs of life, adopt, put back and prune, a pass a poll."""
        while not stop.is_set():
            try:
                busy = self._pass()
            except SQLAlchemyError:
                # The database may come back; what is owed is still written there.
                log.exception("pass-failed", code="database-away")
                busy = True
            if once and not busy:
                return
            stop.wait(self._rounds.settings.engine_poll_seconds)

    def _pass(self) -> bool:
        """One pass over what is owed; whether anything is still to be done."""
        with self._rounds.work() as unit:
            unit.deliverers.seen(self._executor, os.getpid())
            silent = unit.deliverers.adopt()
            now = unit.now
        for executor in silent:
            self._adopt(executor)
        owed = self._put_back() or self._put_back_certificates()
        if self._pruned is None or now - self._pruned >= PRUNE_EVERY:
            self._pruned = now
            _prune(now - KEPT)
        return owed or self._has_jobs()

    def _adopt(self, executor: str) -> None:
        """Have the jobs of a process that fell silent done by whoever takes them first."""
        stranded = DBOS.list_workflows(
            status="PENDING", executor_id=executor, load_input=False, load_output=False
        )
        by_queue = groupby(
            sorted(stranded, key=lambda job: job.queue_name or ""), key=lambda job: job.queue_name
        )
        for queue, jobs in by_queue:
            DBOS.resume_workflows([job.workflow_id for job in jobs], queue_name=queue)
        with self._rounds.work() as unit:
            unit.deliverers.forget(executor)
        log.warning("deliverer-silent", executor=executor, adopted=len(stranded))

    def _put_back(self) -> bool:
        """Hand over again the messages whose job is lost or ended too early."""
        with self._rounds.reading() as unit:
            owed, now = unit.deliveries.owed(BATCH), unit.now
        live = self._live("passback", now, [f"passback:{job}" for job in owed])
        for job in owed:
            if f"passback:{job}" not in live:
                with self._rounds.work() as unit:
                    unit.deliveries.put_back(job)
        return bool(owed)

    def _put_back_certificates(self) -> bool:
        """Have each certificate rendered that is not, unless a job for it is on its way."""
        with self._rounds.reading() as unit:
            unrendered, now = unit.deliveries.unrendered(BATCH), unit.now
        jobs = self._live("certificate", now) if unrendered else ()
        live = {_number(job.split(":", 1)[1]) for job in jobs}
        for id in unrendered:
            if id not in live:
                with self._rounds.work() as unit:
                    enqueue(unit.session, "certificate", f"{id}:{now:%Y%m%dT%H%M%S}")
        return bool(unrendered)

    def _live(self, queue: str, now: datetime, ids: Sequence[str] | None = None) -> set[str]:
        """The jobs of a queue that wait or are under way, only of these ids where given.

        Left out are those that the engine counts as ours, and that this process does not know:
        they were lost between being taken and being begun, and nobody would ever end them.
        """
        if ids is not None and not ids:
            return set()
        found = DBOS.list_workflows(
            queue_name=queue,
            workflow_ids=list(ids) if ids else None,
            status=LIVE,
            load_input=False,
            load_output=False,
        )
        return {job.workflow_id for job in found if not self._is_lost(job, now)}

    def _is_lost(self, job: WorkflowStatus, now: datetime) -> bool:
        ours = job.status == "PENDING" and job.executor_id == self._executor
        if not ours or job.workflow_id in self._running or job.updated_at is None:
            return False
        silence = self._rounds.settings.engine_silence_seconds
        return now.timestamp() - job.updated_at / 1000 > silence

    def _has_jobs(self) -> bool:
        """Whether jobs wait, or are under way in this process.

        Asked in one statement: between two, a job may end that has just made another wait.
        """
        found = DBOS.list_workflows(
            status=["ENQUEUED", "PENDING"],
            app_version=VERSION,
            limit=BATCH,
            load_input=False,
            load_output=False,
        )
        return any(job.status == "ENQUEUED" or job.executor_id == self._executor for job in found)


def _number(about: str) -> int:
    """The id in front of what makes a job's name new."""
    return int(about.partition(":")[0])


def _prune(before: datetime) -> None:
    ended = DBOS.list_workflows(
        status=ENDED,
        completed_before=before.isoformat(),
        limit=BATCH,
        load_input=False,
        load_output=False,
    )
    if ended:
        DBOS.delete_workflows([job.workflow_id for job in ended])


def _register_queues(settings: Settings) -> None:
    """Write down the queues before the engine starts, so that it listens to them at once."""
    client = DBOSClient(system_database_url=settings.database, application_name=APPLICATION)
    for name in QUEUES:
        at_once = settings.engine_workers * AHEAD if name == "passback" else 1
        laned = name not in WITHOUT_LANES
        client.register_queue(
            name,
            worker_concurrency=at_once * LANES if laned else at_once,
            partition_worker_concurrency=at_once if laned else None,
            polling_interval_sec=settings.engine_poll_seconds,
        )
    _drop_jobs_without_lane(client)
    client.destroy()


def _drop_jobs_without_lane(client: DBOSClient) -> None:
    """Drop jobs that were handed over before there were lanes: no queue would ever take them.

    Grades are put back by their rows; what else was asked for is asked for again by a launch.
    """
    laned = [name for name in QUEUES if name not in WITHOUT_LANES]
    old = client.list_workflows(
        queue_name=laned, status="ENQUEUED", load_input=False, load_output=False
    )
    stranded = [job.workflow_id for job in old if job.queue_partition_key is None]
    if stranded:
        client.cancel_workflows(stranded)
