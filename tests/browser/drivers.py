"""Firefox and WebKitGTK, as Debian packages them, driven by their own protocols.

Playwright drives builds of its own alone, and these are the browsers people have.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import requests

from tests.stack import until

MINI_BROWSER = Path("/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser")
WAIT = 30
TOOL = "iframe[data-tool]"

INSTALLED = {
    "firefox": bool(shutil.which("firefox-esr")),
    "webkit": all(map(shutil.which, ("WebKitWebDriver", "Xvfb", "dbus-run-session")))
    and MINI_BROWSER.exists(),
}


class Driver(Protocol):
    """One window of a browser."""

    def go(self, address: str) -> None:
        """Open a page and wait until it is loaded."""

    def run(self, script: str) -> Any:
        """What a script answers in the frame that the tool is in."""


@contextlib.contextmanager
def firefox(home: Path, **preferences: object) -> Iterator[Driver]:
    """Firefox without a screen, by Marionette."""
    port = free_port()
    chosen = {"marionette.port": port, "app.normandy.enabled": False, **preferences}
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in chosen.items()]
    (home / "user.js").write_text("\n".join(lines))
    command = ["firefox-esr", "--marionette", "--headless", "--no-remote", "--profile", str(home)]
    with process(command, home), connected(port) as connection:
        yield Marionette(connection)


@contextlib.contextmanager
def webkit(home: Path) -> Iterator[Driver]:
    """WebKitGTK's small browser on a screen nobody sees, by WebDriver."""
    port, screen = free_port(), f":{os.getpid() % 1000 + 100}"
    with (
        process(["Xvfb", screen, "-screen", "0", "1280x900x24"], home),
        process(["dbus-run-session", "WebKitWebDriver", "-p", str(port)], home, DISPLAY=screen),
        connected(port),
    ):
        yield WebDriver(f"http://127.0.0.1:{port}/session")


class Marionette:
    """Firefox's protocol: numbered commands as JSON, each with its length before it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._number = connection, 0
        self._read()
        self._ask("NewSession")

    def go(self, address: str) -> None:
        self._ask("SwitchToFrame", id=None)
        self._ask("Navigate", url=address)

    def run(self, script: str) -> Any:
        self._ask("SwitchToFrame", id=None)
        element = self._ask("FindElement", using="css selector", value=TOOL)["value"]
        self._ask("SwitchToFrame", element=next(iter(element.values())))
        return self._ask("ExecuteScript", script=script, args=[])["value"]

    def _ask(self, command: str, **parameters: Any) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, f"WebDriver:{command}", parameters])
        self._connection.sendall(f"{len(message)}:{message}".encode())
        _, _, error, answer = self._read()
        assert error is None, error
        return answer

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._connection.recv(1)
        body = b""
        while len(body) < int(length[:-1]):
            body += self._connection.recv(65_536)
        return json.loads(body)


class WebDriver:
    """W3C WebDriver over HTTP."""

    def __init__(self, sessions: str) -> None:
        options = {"binary": str(MINI_BROWSER), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        opened = self._post(sessions, capabilities=wanted)
        self._session = f"{sessions}/{opened['sessionId']}"

    def go(self, address: str) -> None:
        self._post(f"{self._session}/frame", id=None)
        self._post(f"{self._session}/url", url=address)

    def run(self, script: str) -> Any:
        self._post(f"{self._session}/frame", id=None)
        element = self._post(f"{self._session}/element", using="css selector", value=TOOL)
        self._post(f"{self._session}/frame", id=element)
        return self._post(f"{self._session}/execute/sync", script=script, args=[])

    def _post(self, address: str, **parameters: Any) -> Any:
        answer = requests.post(address, json=parameters, timeout=WAIT).json()["value"]
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer


@contextlib.contextmanager
def process(command: Sequence[str], home: Path, **environment: str) -> Iterator[None]:
    """A process that ends with the block, and all it started with it."""
    started = subprocess.Popen(
        command,
        env={**os.environ, "HOME": str(home), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGTERM)
        try:
            started.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


@contextlib.contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A connection to a port of this machine, once somebody listens there."""

    def connect() -> socket.socket | None:
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=WAIT)
        return None

    with until(connect, WAIT) as connection:
        yield connection


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
