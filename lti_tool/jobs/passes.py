"""Passes: time and again a process gives a sign of life, and finds what was left behind."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from threading import Event

import structlog
from dbos import DBOS, WorkflowStatus
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.jobs.engine import enqueue
from lti_tool.jobs.faults import tell
from lti_tool.jobs.queues import VERSION
from lti_tool.jobs.watch import Watch
from lti_tool.jobs.worker import number
from lti_tool.services.errands import Job
from lti_tool.services.unit import Rounds

LIVE = ["ENQUEUED", "PENDING", "DELAYED"]
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

COLUMN_JOBS = ("column-search", "column-removal", "read-back")
"""The kinds of jobs that claim a column while they see to it."""

BATCH = 200
"""How many rows a reconciling pass looks at; the next pass finds the rest."""

KEPT = timedelta(hours=1)
"""How long ended jobs are kept, for an operator to look at."""

PRUNE_EVERY = timedelta(minutes=1)

log = structlog.get_logger("rounds.jobs")


class Passes:
    """What one process does once a poll, under the name by which the engine knows it."""

    def __init__(self, rounds: Rounds, executor: str, running: set[str]) -> None:
        self._rounds = rounds
        self._executor = executor
        self._running = running
        silence = rounds.settings.engine_silence_seconds
        self._others = Watch(silence)
        self._unbegun = Watch(silence)
        self._pruned: datetime | None = None

    def loop(self, stop: Event, *, once: bool) -> None:
        """Give signs of life, adopt, put back and prune, a pass a poll."""
        while not stop.is_set():
            try:
                busy = self._pass() or (once and self._has_jobs())
            except SQLAlchemyError as fault:
                # The database may come back; what is owed is still written there.
                tell(self._rounds, "pass-failed", fault)
                busy = True
            if once and not busy:
                return
            stop.wait(self._rounds.settings.engine_poll_seconds)

    def _pass(self) -> bool:
        """One pass over what is owed; whether anything is."""
        with self._rounds.work() as unit:
            for count in self._rounds.gathered.due():
                unit.tallies.add(count)
            unit.deliverers.seen(self._executor, os.getpid())
            silent = unit.deliverers.adopt(self._others.still(unit.deliverers.beats()))
            now = unit.now
        for executor in silent:
            self._adopt(executor)
        self._take_up()
        messages, others = self._put_back(), self._put_back_others()
        if self._pruned is None or now - self._pruned >= PRUNE_EVERY:
            self._pruned = now
            self._release_columns()
            _prune(now - KEPT)
        return messages or others

    def _adopt(self, executor: str) -> None:
        """Have the jobs of a process that fell silent done by whoever takes them first."""
        stranded = _pending(executor)
        _hand_over(stranded)
        with self._rounds.work() as unit:
            unit.deliverers.forget(executor)
        log.warning("deliverer-silent", executor=executor, adopted=len(stranded))

    def _take_up(self) -> None:
        """Have those jobs done that the engine gave to this process, and that never began.

        They were lost in between. Nobody would ever end them, and each holds a place in its lane.
        """
        pending = {job.workflow_id: job for job in _pending(self._executor)}
        unbegun = {name: 0 for name in pending if name not in self._running}
        _hand_over([pending[name] for name in self._unbegun.still(unbegun)])

    def _put_back(self) -> bool:
        """Hand over again the messages whose job is lost or ended too early."""
        with self._rounds.reading() as unit:
            owed = unit.deliveries.owed(BATCH)
        live = self._live([f"passback:{job}" for job in owed])
        for job in owed:
            if f"passback:{job}" not in live:
                self._put_back_one(job)
        return bool(owed)

    def _put_back_one(self, job: Job) -> None:
        """A row that nobody can make sense of keeps no other from being put back."""
        try:
            with self._rounds.work() as unit:
                unit.deliveries.put_back(job)
        except Exception as fault:
            if self._rounds.away(fault):
                raise
            log.exception("put-back", passback=job.id, code="internal-error")

    def _put_back_others(self) -> bool:
        """Have certificates made and results computed that are not, unless a job is on its way."""
        with self._rounds.reading() as unit:
            now = unit.now
            owed = {
                "certificate": unit.renderings.due(BATCH),
                "results": unit.outdated.owed(BATCH),
            }
        for kind, ids in owed.items():
            live = self._about(kind) if ids else set()
            for id in ids:
                if id not in live:
                    with self._rounds.work() as unit:
                        enqueue(unit.session, kind, f"{id}:{now:%Y%m%dT%H%M%S}")
        return any(owed.values())

    def _release_columns(self) -> None:
        """Have columns looked for again whose job has ended without a word."""
        with self._rounds.reading() as unit:
            doubtful = unit.columns.doubtful()
        live = self._live([f"{kind}:{job}" for job in doubtful for kind in COLUMN_JOBS])
        for job, columns in doubtful.items():
            if live.isdisjoint(f"{kind}:{job}" for kind in COLUMN_JOBS):
                with self._rounds.work() as unit:
                    unit.columns.release(job, columns)

    def _live(self, names: Sequence[str]) -> set[str]:
        """Those of these jobs that wait or are under way."""
        if not names:
            return set()
        found = DBOS.list_workflows(
            workflow_ids=list(names), status=LIVE, load_input=False, load_output=False
        )
        return {job.workflow_id for job in found}

    def _about(self, kind: str) -> set[int]:
        """What the jobs of a kind are about that wait or are under way."""
        found = DBOS.list_workflows(
            queue_name=kind, status=LIVE, load_input=False, load_output=False
        )
        return {number(job.workflow_id.partition(":")[2]) for job in found}

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


def _pending(executor: str) -> Sequence[WorkflowStatus]:
    """The jobs that the engine has given to a process."""
    return DBOS.list_workflows(
        status="PENDING", executor_id=executor, load_input=False, load_output=False
    )


def _hand_over(jobs: Sequence[WorkflowStatus]) -> None:
    """Let jobs wait in their queues once more."""
    by_queue = groupby(
        sorted(jobs, key=lambda job: job.queue_name or ""), key=lambda job: job.queue_name
    )
    for queue, of_queue in by_queue:
        DBOS.resume_workflows([job.workflow_id for job in of_queue], queue_name=queue)


def _prune(before: datetime) -> None:
    """Drop the jobs that ended before, a batch at a time: no batch holds the database up for long,
    and however many there were in a minute, they are gone in the next.
    """
    while ended := DBOS.list_workflows(
        status=ENDED,
        completed_before=before.isoformat(),
        limit=BATCH,
        load_input=False,
        load_output=False,
    ):
        DBOS.delete_workflows([job.workflow_id for job in ended])
