"""The whole of it, running: the tool (web and deliverer) and the sandbox LMS, as processes."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import requests
from sqlalchemy import create_engine, make_url, text

from lti_tool.app import make_rounds
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.lms_walker import Browser, LmsWalker
from tests.sandbox_server import SandboxServer, free_ports, start_sandbox

SECRET = "only-for-tests-Y2x8Jq4Vb6Nw0Zt5Rk3Hs7"
START_SECONDS = 60
ARRIVAL_SECONDS = 90
SERVE_LOG = "serve.log"

T = TypeVar("T")


@dataclass
class Stack:
    """A running tool at `origin` and a running sandbox, registered with each other."""

    origin: str
    sandbox: SandboxServer
    environment: dict[str, str]

    def walker(self, browser: Browser | None = None) -> LmsWalker:
        """Someone at a browser of their own, before the sandbox's first page."""
        return LmsWalker(self.sandbox.base, browser)

    def log(self, lines: int = 60) -> str:
        """The end of what the tool logged, for the message of a test that failed."""
        file = Path(self.environment["ROUNDS_DATA_DIR"]) / SERVE_LOG
        return "\n".join(file.read_text(errors="replace").splitlines()[-lines:])

    @cached_property
    def rounds(self) -> Rounds:
        """The services over the tool's own database, for what a test sets up or looks at."""
        return make_rounds(load_settings(self.environment))


@contextlib.contextmanager
def running(folder: Path, database_url: str = "", **settings: str) -> Iterator[Stack]:
    """Start both on free ports over a fresh database, with every flavour registered."""
    port = free_ports(1)
    origin = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ROUNDS_")},
        "ROUNDS_DATA_DIR": str(folder),
        "ROUNDS_DATABASE_URL": database_url,
        "ROUNDS_BASE_URL": origin,
        "ROUNDS_SECRET_KEY": SECRET,
        "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8,::1/128",
        "ROUNDS_ENGINE_POLL_SECONDS": "0.4",
        "ROUNDS_RETRY_SECONDS": "0.2",
        "ROUNDS_ENGINE_SILENCE_SECONDS": "10",
        "ROUNDS_STORAGE_SECONDS": "4",
        **settings,
    }
    with contextlib.ExitStack() as started:
        upgrading = subprocess.Popen(_rounds("upgrade"), env=environment)
        sandbox = start_sandbox(origin)
        started.callback(sandbox.stop)
        assert upgrading.wait(timeout=START_SECONDS) == 0
        log = started.enter_context((folder / SERVE_LOG).open("wb"))
        tool = subprocess.Popen(
            _rounds("serve", "--port", str(port)), env=environment, stdout=log, stderr=log
        )
        started.callback(tool.wait, timeout=START_SECONDS)
        started.callback(tool.terminate)
        stack = Stack(origin, sandbox, environment)
        started.callback(lambda: stack.rounds.engine.dispose())
        register(stack)
        until(lambda: answers(f"{origin}/readyz"), START_SECONDS)
        yield stack


@contextlib.contextmanager
def empty_database(server: str, name: str) -> Iterator[str]:
    """A PostgreSQL database of this name without any table, dropped in the end; its URL."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _rounds(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "lti_tool.cli", *arguments]


def register(stack: Stack) -> None:
    """Tell the tool of every flavour; the command line that does it has tests of its own."""
    for about in stack.sandbox.registrations().values():
        with stack.rounds.work() as unit:
            unit.registrations.add({**about, "product": about["product"] or "other"})


def answers(address: str) -> bool:
    """Whether an address answers well by now."""
    try:
        return requests.get(address, timeout=5).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


def until(ask: Callable[[], T | None], seconds: float = ARRIVAL_SECONDS) -> T:
    """Ask again and again until the answer is truthy; fails the test after `seconds`."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, f"still {answer!r} after {seconds} seconds"
        time.sleep(0.05)
    return answer
