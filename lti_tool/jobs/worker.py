"""A worker: the engine's threads in this process, and what each kind of job does."""

from collections.abc import Callable
from math import ceil
from threading import Event, Lock

import structlog
from dbos import DBOS, DBOSConfig

from lti_tool.db import waits
from lti_tool.jobs.faults import tell
from lti_tool.jobs.lanes import PLACES, Lanes
from lti_tool.jobs.queues import APPLICATION, VERSION, WITHOUT_LANES, WORKFLOW, register_queues
from lti_tool.lms.columns import LineItems
from lti_tool.lms.grades import Grades
from lti_tool.lms.http import Http
from lti_tool.lms.notices import NoticeService
from lti_tool.lms.roster import RosterReader
from lti_tool.lms.tokens import Tokens
from lti_tool.services.column_jobs import find_columns, read_column, remove_columns
from lti_tool.services.delivery import deliver
from lti_tool.services.errands import Job
from lti_tool.services.reading_back import read_back
from lti_tool.services.recomputing import recompute
from lti_tool.services.rendering import render
from lti_tool.services.roster_refresh import refresh_roster
from lti_tool.services.subscribing import subscribe
from lti_tool.services.unit import Rounds


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
        self._lanes = Lanes(settings.engine_workers)
        self._turns = {kind: Lock() for kind in WITHOUT_LANES}
        self._ending = Event()
        self.running: set[str] = set()
        self._kinds: dict[str, Callable[[str], None]] = {
            "certificate": lambda about: render(rounds, number(about)),
            "roster": lambda about: refresh_roster(rounds, roster, number(about)),
            "results": lambda about: recompute(rounds, number(about)),
            "column": lambda about: read_column(rounds, items, number(about)),
            "column-search": lambda about: find_columns(rounds, items, about),
            "column-removal": lambda about: remove_columns(rounds, items, about),
            "read-back": lambda about: read_back(rounds, self._grades, about),
            "notices": lambda about: subscribe(rounds, notices, number(about)),
        }

    def launch(self) -> None:
        """Start the engine's threads. It looks after its own tables, and calls nobody else."""
        settings = self._rounds.settings
        register_queues(settings)
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": settings.database,
            "sys_db_pool_size": settings.engine_pool,
            "db_engine_kwargs": {"connect_args": waits(settings.database)},
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

        Messages that wait for a place are left to others, who find them by their rows. One that is
        cut off is found so too, or by the engine at the next start.
        """
        settings = self._rounds.settings
        longest = ceil(PLACES * (settings.http_connect_seconds + settings.http_read_seconds)) + 1
        self._ending.set()
        DBOS.destroy(
            destroy_registry=True, workflow_completion_timeout_sec=longest if patiently else 0
        )

    # Jobs -----------------------------------------------------------------------------------------

    def _perform(self, kind: str, about: str, lane: int | None) -> None:
        job = f"{kind}:{about}"
        self.running.add(job)
        with structlog.contextvars.bound_contextvars(job=job):
            try:
                if kind == "passback":
                    self._deliver(about, lane)
                elif kind in self._turns:
                    self._do_in_turn(kind, about)
                else:
                    self._kinds[kind](about)
            except Exception as fault:
                tell(self._rounds, "job-failed", fault)
                raise
            finally:
                self.running.discard(job)

    def _deliver(self, about: str, lane: int | None) -> None:
        own = self._lanes.of(lane)
        with own.places:
            if not self._ending.is_set():
                deliver(self._rounds, self._grades, Job.of(about), own.calls)

    def _do_in_turn(self, kind: str, about: str) -> None:
        """One at a time: several are held ready, since the engine looks for jobs once a poll only.

        Those that wait when the process ends are left to others, who find them by their rows.
        """
        with self._turns[kind]:
            if not self._ending.is_set():
                self._kinds[kind](about)


def number(about: str) -> int:
    """The id in front of what makes a job's name new."""
    return int(about.partition(":")[0])
