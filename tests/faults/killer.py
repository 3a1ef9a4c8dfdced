"""Kills processes of the tool at moments that the dice of a seed choose."""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping

from dbos import DBOSClient
from sqlalchemy import select

from lti_tool.models.deliverer import Deliverer
from lti_tool.services.unit import Rounds
from tests.faults.ledger import Ledger
from tests.faults.processes import Processes, Victim
from tests.stack import START_SECONDS, until

LATEST_KILL = 0.06
"""Seconds from when a posted score came."""

ANSWERED = 0.5
"""How many kills come when scores may be answered and noted already, not just on their way."""

FIRST, LAST = 0.05, 0.85
"""When the first and the last kill may be, as parts of all that is submitted."""


class Killer:
    """Sends SIGKILL, and remembers to whom."""

    def __init__(self, processes: Processes, ledger: Ledger, rounds: Rounds, seed: int) -> None:
        self.done: Counter[Victim] = Counter()
        self._processes = processes
        self._ledger = ledger
        self._rounds = rounds
        self._dice = random.Random(seed)

    @property
    def ended(self) -> int:
        """How many units that was the end of, at most: a web worker has a master to replace it."""
        return self.done.total() - self.done[Victim.WORKER]

    def go(self, kills: Mapping[Victim, int], progress: Callable[[], float]) -> None:
        """Kill so many of each kind in any order, as what is done rises from 0 to 1."""
        victims = [victim for victim, times in kills.items() for _ in range(times)]
        self._dice.shuffle(victims)
        moments = sorted(self._dice.uniform(FIRST, LAST) for _ in victims)
        for moment, victim in zip(moments, victims, strict=True):
            while progress() < moment:
                time.sleep(0.01)
            self._ledger.hold()
            self._ledger.wait_for_post()
            if self._dice.random() < ANSWERED:
                self._ledger.release()
            time.sleep(self._dice.uniform(0, LATEST_KILL))
            self._kill(victim)
            self._ledger.release()

    def _kill(self, victim: Victim) -> None:
        until(lambda: self._processes.kill(victim, self._dice), START_SECONDS)
        self.done[victim] += 1

    def kill_for_good(self) -> None:
        """Kill a deliverer that has jobs at hand, and have it never come back."""
        self._ledger.hold()
        pid = until(self._busy_deliverer, START_SECONDS)
        self._processes.kill_for_good(pid)
        self._ledger.release()
        self.done[Victim.DELIVERER] += 1

    def _busy_deliverer(self) -> int | None:
        client = DBOSClient(system_database_engine=self._rounds.engine, lazy=True)
        busy = {job.executor_id for job in client.list_workflows(status="PENDING")}
        with self._rounds.reading() as unit:
            living = unit.session.execute(select(Deliverer.executor, Deliverer.process)).all()
        at_work = set(self._processes.pids(Victim.DELIVERER))
        return next((pid for name, pid in living if name in busy and pid in at_work), None)
