"""Starts the sandbox LMS as a process of its own, on free ports, and asks its control interface."""

import contextlib
import random
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import requests

PORTS = 6
START_TIMEOUT = 30
ATTEMPTS = 3


@dataclass
class SandboxServer:
    """A running sandbox. `base` is the start page's origin and the control interface's."""

    base: str
    port_base: int
    tool: str
    _process: subprocess.Popen[bytes]

    def origin(self, place: int) -> str:
        return f"http://localhost:{self.port_base + place}"

    def registrations(self) -> dict[str, Any]:
        """What `rounds platform add` needs, by flavour."""
        return self._get("registrations.json")

    def state(self, flavour: str) -> dict[str, Any]:
        found: dict[str, Any] = self._get("control/state.json")[flavour]
        return found

    def grade(self, flavour: str, activity: str, person: str) -> dict[str, Any] | None:
        """A person's cell in an activity's own column, or None while nothing arrived."""
        for column in self.state(flavour)["columns"]:
            if column["coupled"] and column["activity"] == activity:
                cell: dict[str, Any] | None = column["grades"].get(person)
                return cell
        raise KeyError(activity)

    def control(self, flavour: str, action: str, **body: Any) -> Any:
        """One order to the sandbox; docs/sandbox.md lists them."""
        answer = requests.post(f"{self.base}/control/{flavour}/{action}", json=body, timeout=20)
        assert answer.ok, f"{action}: {answer.status_code} {answer.text}"
        return answer.json()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def _get(self, path: str) -> Any:
        answer = requests.get(f"{self.base}/{path}", timeout=20)
        answer.raise_for_status()
        return answer.json()


def free_ports(count: int = PORTS) -> int:
    """The first of `count` ports in a row that nobody listens on.

    Below 32768, so that no connection of somebody's happens to start from one of them.
    """
    for _ in range(200):
        base = random.randrange(20000, 32000)
        if all(_is_free(base + place) for place in range(count)):
            return base
    raise AssertionError("no free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server will: a connection that lingers after its end is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def start_sandbox(tool_url: str) -> SandboxServer:
    """Start it and wait until it answers. Whoever starts it stops it."""
    for _ in range(ATTEMPTS):
        server = _start(tool_url, free_ports())
        if server is not None:
            return server
    raise AssertionError("the sandbox did not start")


def _start(tool_url: str, port_base: int) -> SandboxServer | None:
    """A running sandbox, or None when another took its ports meanwhile."""
    command = [sys.executable, "-m", "lti_tool.sandbox", "--port-base", str(port_base)]
    process = subprocess.Popen([*command, "--tool", tool_url], stdout=subprocess.DEVNULL)
    server = SandboxServer(f"http://localhost:{port_base}", port_base, tool_url, process)
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(requests.RequestException):
            server.registrations()
            return server
        time.sleep(0.05)
    process.kill()
    process.wait()
    return None
