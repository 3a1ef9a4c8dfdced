"""What tests of several processes share: the tool under gunicorn, as `rounds serve` runs it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.house.checkout import ROOT


@dataclass(frozen=True)
class Workers:
    """Two processes behind one origin, and the file they log to."""

    origin: str
    log: Path


@pytest.fixture
def workers(
    environment: dict[str, str], listening: socket.socket, tmp_path: Path
) -> Iterator[Workers]:
    """The tool under gunicorn with two workers, patient with a stand-in kept busy by the test."""
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "config/gunicorn.conf.py")]
    command += ["--bind", f"fd://{listening.fileno()}", "lti_tool.app:wsgi()"]
    served = Workers(environment["ROUNDS_BASE_URL"], tmp_path / "serve.log")
    with served.log.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={
                **os.environ,
                **environment,
                "ROUNDS_WEB_WORKERS": "2",
                "ROUNDS_HTTP_PERSON_SECONDS": "30",
            },
            pass_fds=[listening.fileno()],
            stdout=log,
            stderr=log,
        )
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(requests.RequestException):
            requests.get(f"{served.origin}/healthz", timeout=1)
            break
    yield served
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)
