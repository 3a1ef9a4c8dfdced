"""The whole of it, running: the tool (web and deliverer) and the sandbox LMS, as processes."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.lms_walker import Browser, LmsWalker
from tests.sandbox_server import SandboxServer, start_sandbox

SECRET = "only-for-tests-Y2x8Jq4Vb6Nw0Zt5Rk3Hs7"
START_SECONDS = 60
ARRIVAL_SECONDS = 30

T = TypeVar("T")


@dataclass
class Stack:
    """A running tool at `origin` and a running sandbox, registered with each other."""

    origin: str
    sandbox: SandboxServer
    environment: dict[str, str]
    _tool: subprocess.Popen[bytes]

    def walker(self, browser: Browser | None = None) -> LmsWalker:
        """Someone at a browser of their own, before the sandbox's first page."""
        return LmsWalker(self.sandbox.base, browser)

    def rounds(self, *arguments: str) -> Any:
        """Run the command line; what it prints as JSON, where it does."""
        return command(self.environment, *arguments)

    def stop(self) -> None:
        """End both."""
        self._tool.terminate()
        self._tool.wait(timeout=30)
        self.sandbox.stop()


@contextlib.contextmanager
def running(folder: Path, database_url: str = "", **settings: str) -> Iterator[Stack]:
    """Start both on free ports over a fresh database, with every flavour registered."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ROUNDS_")},
        "ROUNDS_DATA_DIR": str(folder),
        "ROUNDS_DATABASE_URL": database_url,
        "ROUNDS_BASE_URL": origin,
        "ROUNDS_SECRET_KEY": SECRET,
        "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8,::1/128",
        "ROUNDS_ENGINE_POLL_SECONDS": "0.1",
        "ROUNDS_RETRY_SECONDS": "0.2",
        **settings,
    }
    command(environment, "upgrade")
    sandbox = start_sandbox(origin)
    for about in sandbox.registrations().values():
        command(environment, *registration(about))
    serve = [sys.executable, "-m", "lti_tool.cli", "serve", "--port", str(port)]
    with (folder / "serve.log").open("wb") as log:
        tool = subprocess.Popen(serve, env=environment, stdout=log, stderr=log)
    stack = Stack(origin, sandbox, environment, tool)
    try:
        until(lambda: answers(f"{origin}/readyz"), START_SECONDS)
        yield stack
    finally:
        stack.stop()


def registration(about: dict[str, Any]) -> list[str]:
    """The arguments that register one flavour of the sandbox."""
    arguments = ["platform", "add", "--name", about["name"]]
    for name in ("issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url"):
        arguments += [f"--{name.replace('_', '-')}", about[name]]
    for deployment in about["deployment_ids"]:
        arguments += ["--deployment-id", deployment]
    if about["product"]:
        arguments += ["--product", about["product"]]
    return arguments


def command(environment: dict[str, str], *arguments: str) -> Any:
    """Run `rounds`; fails the test when it fails, and reads its JSON where it prints some."""
    done = subprocess.run(
        [sys.executable, "-m", "lti_tool.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def answers(address: str) -> bool:
    """Whether an address answers well by now."""
    try:
        return requests.get(address, timeout=5).ok
    except requests.ConnectionError:
        return False


def until(ask: Callable[[], T], seconds: float = ARRIVAL_SECONDS) -> T:
    """Ask again and again until the answer is truthy; fails the test after `seconds`."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, f"still {answer!r} after {seconds} seconds"
        time.sleep(0.05)
    return answer
