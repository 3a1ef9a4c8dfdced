"""The tool as processes that a test kills, and that are started again as systemd would.

Which processes there are is read from /proc: this runs on Linux.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lti_tool import jobs, migrations
from lti_tool.app import make_rounds
from lti_tool.lms.signing import ensure_key
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.conftest import SECRET
from tests.sandbox_server import free_ports

POLL = 0.05
SOONEST, LATEST = 0.1, 0.6
"""Seconds from a death to the next start."""

END_SECONDS = 60


@contextmanager
def installed(database_url: str, folder: Path) -> Iterator[tuple[Rounds, dict[str, str]]]:
    """A migrated database with a signing key, and the environment of processes over it."""
    port = free_ports(1)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ROUNDS_")},
        "ROUNDS_DATABASE_URL": database_url,
        "ROUNDS_DATA_DIR": str(folder),
        "ROUNDS_BASE_URL": f"http://127.0.0.1:{port}",
        "ROUNDS_SECRET_KEY": SECRET,
        "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8",
        "ROUNDS_ENGINE_POLL_SECONDS": "0.4",
        "ROUNDS_ENGINE_SILENCE_SECONDS": "5",
        "ROUNDS_RETRY_SECONDS": "0.2",
    }
    settings = load_settings(environment)
    migrations.upgrade(settings.database)
    jobs.upgrade_engine(settings.database)
    rounds = make_rounds(settings)
    with rounds.work() as unit:
        ensure_key(unit.session, settings, unit.now)
    yield rounds, environment
    rounds.engine.dispose()


class Victim(StrEnum):
    """What is killed."""

    WORKER = "web worker"
    MASTER = "web master"
    DELIVERER = "deliverer"
    FIRST = "rounds serve"
    """The process that runs both, where there is one."""


@dataclass(frozen=True)
class Member:
    """A process of a unit."""

    pid: int
    parent: int
    group: int
    words: str

    @property
    def is_web(self) -> bool:
        return "gunicorn" in self.words


class Unit:
    """One command that is kept running, in a process group of its own."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._words = [sys.executable, "-m", "lti_tool.cli", *words]
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.wanted = True

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._words,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def is_dead(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None

    def members(self) -> list[Member]:
        """The living processes of this unit."""
        return [one for one in _living() if one.group == self.pid]

    def is_gone(self, seconds: float) -> bool:
        """Whether all of it ends by itself within so many seconds."""
        end = time.monotonic() + seconds
        while self.members() and time.monotonic() < end:
            time.sleep(POLL)
        return not self.members()

    def terminate(self) -> int:
        """End it in good order; its status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=END_SECONDS)

    def kill(self) -> None:
        """End whatever is left of it."""
        if self._process is not None:
            for one in self.members():
                kill(one.pid)
            self._process.wait()


class Processes:
    """Several units, kept running by a thread until told to stop."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.units = units
        self.faults: list[str] = []
        """What should not have happened to processes."""
        self.deaths = 0
        """How many units ended before they were told to."""
        self._over = threading.Event()
        self._keepers = [threading.Thread(target=self._keep, args=(unit,)) for unit in units]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep them running for as long as the block lasts, then end them in good order."""
        for unit in self.units:
            unit.start()
        for keeper in self._keepers:
            keeper.start()
        try:
            yield
            self._stop_keeping()
            for unit in self.units:
                if not unit.is_dead() and (status := unit.terminate()) != 0:
                    self.faults.append(f"a process ended with status {status}")
        finally:
            self._stop_keeping()
            for unit in self.units:
                unit.kill()

    def _stop_keeping(self) -> None:
        self._over.set()
        for keeper in self._keepers:
            keeper.join()

    def pids(self, victim: Victim) -> list[int]:
        """The processes of one kind that live now."""
        return [pid for unit in self.units if not unit.is_dead() for pid in _of(unit, victim)]

    def kill(self, victim: Victim, dice: random.Random) -> bool:
        """Kill one of that kind; whether there was one."""
        living = self.pids(victim)
        return bool(living) and kill(dice.choice(living))

    def kill_for_good(self, pid: int) -> None:
        """Kill a process that is a unit by itself, and never start it again."""
        unit = next(unit for unit in self.units if unit.pid == pid)
        unit.wanted = False
        kill(pid)

    def _keep(self, unit: Unit) -> None:
        while not self._over.wait(POLL):
            if not unit.is_dead():
                continue
            self.deaths += 1
            if not unit.is_gone(END_SECONDS):
                self.faults.append(f"left behind: {unit.members()}")
                unit.kill()
            if not unit.wanted or self._over.wait(random.uniform(SOONEST, LATEST)):
                return
            unit.start()


def _of(unit: Unit, victim: Victim) -> list[int]:
    members = unit.members()
    web = {one.pid for one in members if one.is_web}
    if victim is Victim.WORKER:
        return [one.pid for one in members if one.is_web and one.parent in web]
    if victim is Victim.MASTER:
        return [one.pid for one in members if one.is_web and one.parent not in web]
    command = "deliver" if victim is Victim.DELIVERER else "serve"
    return [one.pid for one in members if f"lti_tool.cli {command}" in one.words]


def _living() -> Iterator[Member]:
    """All processes of this machine."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2]
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it ended meanwhile
                continue
            state, parent, group = stat.split()[:3]
            if state not in "ZX":
                yield Member(int(folder.name), int(parent), int(group), words)


def kill(pid: int) -> bool:
    """SIGKILL; whether there was such a process."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
