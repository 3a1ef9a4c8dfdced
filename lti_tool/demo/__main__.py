"""`./dev demo`: start the tool and the sandbox LMS, fill a course, say where they are, wait."""

import argparse
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests
import structlog

from lti_tool.app import make_rounds
from lti_tool.demo.history import Place, choose, find_place, live
from lti_tool.demo.visits import Visits
from lti_tool.domain.errors import RoundsError
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings, load_settings

COURSE_ACTIVITY = "Clinical competencies"
ACTIVITY_KEY = "competencies"
TEACHERS = ("ingrid", "helen", "ruth", "peter", "lucia")
READY_SECONDS = 60
ROSTER_SECONDS = 60
SANDBOX_PORTS = 6


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo until it is interrupted. Exit status 0 ended in order, 1 it could not start."""
    # Whoever ends it otherwise than by Ctrl-C is not left with its children.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = _options(argv)
    environment = _environment(chosen.port)
    try:
        _check_ports(chosen.port, chosen.sandbox_port)
        settings = load_settings(environment)
        # What is filled in here is history: the terminal is for where to look, not for its log.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        with _running(settings, environment, chosen) as visits:
            _fill(settings, visits)
            _invite(visits, settings)
            signal.pause()
    except KeyboardInterrupt:
        print("\nEnded.")
        return 0
    except (RoundsError, OSError, requests.RequestException) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="the tool's port on 127.0.0.1")
    parser.add_argument(
        "--sandbox-port", type=int, default=9000, help=f"the sandbox's first of {SANDBOX_PORTS}"
    )
    return parser.parse_args(argv)


def _environment(port: int) -> dict[str, str]:
    """The children's environment: a database of the demo's own, new with every start.

    The sandbox forgets everything when it ends, so a course kept from last time would speak of
    grades that no gradebook holds.
    """
    folder = Path(os.environ.get("ROUNDS_DATA_DIR", "var")) / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {
        **os.environ,
        "ROUNDS_DATA_DIR": str(folder.resolve()),
        "ROUNDS_DATABASE_URL": "",
        "ROUNDS_BASE_URL": f"http://127.0.0.1:{port}",
    }


def _check_ports(port: int, sandbox_port: int) -> None:
    for wanted in (port, *range(sandbox_port, sandbox_port + SANDBOX_PORTS)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                raise OSError(
                    f"port {wanted} is in use; end what uses it, "
                    "or give others: ./dev demo --port 8100 --sandbox-port 9100"
                ) from None


@contextmanager
def _running(
    settings: Settings, environment: Mapping[str, str], chosen: argparse.Namespace
) -> Iterator[Visits]:
    """The tool and the sandbox, running and acquainted, until the block ends."""
    _rounds(environment, "upgrade")
    sandbox = f"http://localhost:{chosen.sandbox_port}"
    ports = ["--port-base", str(chosen.sandbox_port), "--tool", settings.origin]
    commands: list[tuple[list[str], str]] = [
        (["lti_tool.sandbox", *ports], f"{sandbox}/registrations.json"),
        (["lti_tool.cli", "serve", "--port", str(chosen.port)], f"{settings.origin}/healthz"),
    ]
    children: list[subprocess.Popen[bytes]] = []
    try:
        for command, address in commands:
            argv = [sys.executable, "-m", *command]
            with _log_file(environment, command[0]).open("wb") as log:
                child = subprocess.Popen(  # noqa: S603  (our own modules)
                    argv, env=dict(environment), stdout=log, stderr=log
                )
            children.append(child)
            _wait_for(address, child)
        yield Visits(settings.origin, sandbox)
    finally:
        for child in reversed(children):
            child.terminate()
        for child in children:
            child.wait(timeout=30)


def _log_file(environment: Mapping[str, str], module: str) -> Path:
    """What a child says goes here: the terminal is for the person who tries the demo."""
    return Path(environment["ROUNDS_DATA_DIR"]) / f"{module.rpartition('.')[2]}.log"


def _rounds(environment: Mapping[str, str], *arguments: str) -> None:
    """Run a command of ours to its end; OSError when it is refused, which it has explained."""
    argv = [sys.executable, "-m", "lti_tool.cli", *arguments]
    done = subprocess.run(argv, env=dict(environment), stdout=subprocess.DEVNULL, check=False)  # noqa: S603  (our own command)
    if done.returncode:
        raise OSError(f"`rounds {' '.join(arguments)}` was refused")


def _wait_for(address: str, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        if child.poll() is not None:
            raise OSError(
                f"what should answer at {address} ended with status {child.returncode}; "
                "its log lies in the demo's data folder"
            )
        try:
            if requests.get(address, timeout=5).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
    raise OSError(f"nothing answered at {address} for {READY_SECONDS} seconds")


def _fill(settings: Settings, visits: Visits) -> None:
    """Register the three platforms and live the course's story through on each."""
    rounds = make_rounds(settings)
    for flavour, about in visits.registrations().items():
        with rounds.work() as unit:
            unit.registrations.add({**about, "product": about["product"] or "other"})
        if TEACHERS[0] not in visits.people(flavour):
            continue  # the second school shows that one issuer can stand for two: it stays empty
        print(f"Filling the {flavour} course: ", end="", flush=True)
        place = _place(rounds, visits, flavour, about["client_id"])
        choose(rounds, place)
        live(rounds, place, lambda words: print(words, flush=True))
    rounds.engine.dispose()


def _place(rounds: Rounds, visits: Visits, flavour: str, client_id: str) -> Place:
    """The activity after everyone who teaches has opened it and the roster has come."""
    for person in TEACHERS:
        visits.open(flavour, person, ACTIVITY_KEY)
    end = time.monotonic() + ROSTER_SECONDS
    while time.monotonic() < end:
        place = find_place(rounds, client_id, COURSE_ACTIVITY, visits.people(flavour))
        if place is not None:
            return place
        time.sleep(0.1)
    raise OSError(f"the roster of the {flavour} course did not come")


def _invite(visits: Visits, settings: Settings) -> None:
    print(
        f"""
Rounds is running, and so is a pretend LMS to try it in.

  Open this first:  {visits.sandbox}/
  The tool itself:  {settings.origin}/  (has no front door: it is opened from a course)

Choose a course and who you are. To see a certificate come to be: as Dr Helen Brandt,
score Amara Okafor's teamwork; then open the gradebook, and the course as Amara.

Ctrl-C ends both.""",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
