"""Commands that run: the tool, a deliverer, the sandbox LMS, and the upgrade before all of them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from urllib.parse import urlsplit

import click

from lti_tool import jobs, migrations, shipped
from lti_tool.cli.frame import REFUSED, embedded, opened
from lti_tool.db import alone
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the port of base_url.")
@click.option("--workers", type=click.IntRange(1, 256), help="Web processes.")
@click.option("--no-deliver", is_flag=True, help="Leave sending to `rounds deliver`.")
def serve(host: str, port: int | None, workers: int | None, no_deliver: bool) -> None:
    """Serve the tool: web workers, and the deliverer beside them."""
    settings = load_settings()
    port = port or urlsplit(settings.origin).port or 8000
    with opened(settings) as rounds:  # a fault of the installation is told before anything starts
        _open_keys(rounds)
    at = f"[{host}]" if ":" in host else host
    web = _gunicorn(f"{at}:{port}", workers or settings.web_workers)
    if no_deliver:
        os.execv(sys.executable, web)  # noqa: S606  (ours, no shell wanted)
    sys.exit(_beside_each_other(web, [sys.executable, "-m", "lti_tool.cli", "deliver"]))


def _gunicorn(bind: str, workers: int) -> list[str]:
    settings = str(shipped.folder("config") / "gunicorn.conf.py")
    options = ["--config", settings, "--bind", bind, "--workers", str(workers)]
    # It would open a socket in the home directory through which it can be told what to do.
    options.append("--no-control-socket")
    return [sys.executable, "-m", "gunicorn", *options, "lti_tool.app:wsgi()"]


def _beside_each_other(*commands: Sequence[str]) -> int:
    """Run commands of ours until a signal, or until one of them ends: then all end."""
    with _stopped_by_signals() as stop:
        children = [subprocess.Popen(command) for command in commands]  # noqa: S603  (ours)
        with _not_left_behind(children):
            while not stop.wait(0.2) and all(child.poll() is None for child in children):
                pass
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
    return 0 if stop.is_set() else REFUSED


@contextmanager
def _not_left_behind(children: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Have children end as well should we be killed, which leaves no time to tell them.

    A shell waits for the end of its input, whose other end nobody but us holds, and tells them.
    """
    tell = ["/bin/sh", "-c", 'read -r _; kill "$@"', "sh", *(str(one.pid) for one in children)]
    with subprocess.Popen(tell, stdin=subprocess.PIPE) as watcher:  # noqa: S603  (our own words)
        yield
        watcher.kill()


@click.command()
@click.option("--once", is_flag=True, help="Send what is due now, then end.")
def deliver(once: bool) -> None:
    """Send what is owed to the LMSs. Any number may run, on any machine."""
    with _stopped_by_signals() as stop, opened(load_settings()) as rounds:
        _open_keys(rounds)
        jobs.run(rounds, once=once, stop=stop)


@click.command()
def upgrade() -> None:
    """Bring the database to this version.

    The engine's tables are part of it, and the keys that Rounds signs with are made. Of several at
    once, as when a new version starts on many machines, the first does the work.
    """
    settings = load_settings()
    file = embedded(settings)
    if file is not None:
        _make_folder(file.parent)
    with alone(settings.database):
        migrations.upgrade(settings.database)
        jobs.upgrade_engine(settings.database)
        with opened(settings) as rounds:
            _open_keys(rounds)
    click.echo("The database is at this version.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"folder {folder}: {error.strerror}") from error


@click.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def sandbox(options: tuple[str, ...]) -> None:
    """Run the sandbox LMS alone, on this computer only."""
    from lti_tool.sandbox.serve import main as serve_sandbox

    sys.exit(serve_sandbox(options))


def _open_keys(rounds: Rounds) -> None:
    """See that this secret key opens the stored keys, and encrypt anew what an older one did."""
    with rounds.work() as unit:
        unit.keys.open()


@contextmanager
def _stopped_by_signals() -> Iterator[Event]:
    """An event that SIGTERM and Ctrl-C set, so that a process ends in good order."""
    stop = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {name: signal.signal(name, end) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
