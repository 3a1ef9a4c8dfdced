"""Starts the sandbox LMS as a process of its own, on free ports, and asks its control interface."""

import contextlib
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import requests

PORTS = 6
START_TIMEOUT = 30


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
    """The first of `count` ports in a row that nobody listens on."""
    for _ in range(50):
        with contextlib.ExitStack() as held:
            first = held.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            base: int = first.getsockname()[1]
            try:
                for place in range(1, count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", base + place))
            except (OSError, OverflowError):
                continue
            return base
    raise AssertionError("no free ports in a row")


def start_sandbox(tool_url: str) -> SandboxServer:
    """Start it and wait until it answers. Whoever starts it stops it."""
    port_base = free_ports()
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
    raise AssertionError("the sandbox did not start")
