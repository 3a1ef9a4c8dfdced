"""The command line: `rounds`. Thin: parse, call one service or start one process, print.

Errors are one line on standard error, `rounds: <message> [code]`; the exit status is 0 for done,
1 for refused, 2 for wrong use. With --json one JSON document stands on standard output.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from lti_tool import __version__, jobs, migrations, shipped
from lti_tool.app import configure_log, make_rounds
from lti_tool.domain.errors import RoundsError, SchemaOutdated
from lti_tool.lms.products.choose import PRODUCTS
from lti_tool.lms.signing import KeyView
from lti_tool.packs import Pack, describe, read_catalogue, read_pack
from lti_tool.packs.worked import worked
from lti_tool.services.doctor import Finding, Verdict, examine, fault, refused
from lti_tool.services.registrations import PlatformView
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings, load_setting, load_settings

REFUSED, WRONG_USE = 1, 2


class Commands(click.Group):
    """A group whose errors are one line each, whatever went wrong."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            status = super().main(*args, **kwargs | {"standalone_mode": False})
        except click.UsageError as error:
            _fail(error.format_message(), "usage", WRONG_USE)
        except click.ClickException as error:
            _fail(error.format_message(), "refused", REFUSED)
        except click.Abort:
            _fail("interrupted", "interrupted", REFUSED)
        except RoundsError as error:
            _fail(str(error), error.code, REFUSED)
        except OperationalError as error:
            _fail(f"the database does not answer: {_line(error.orig)}", "database-away", REFUSED)
        sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, code: str, status: int) -> None:
    print(f"rounds: {message} [{code}]", file=sys.stderr)
    sys.exit(status)


def _line(error: object) -> str:
    """The first line of what a driver says; the rest repeats the statement."""
    return (str(error).splitlines() or [""])[0]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """Assess interns in clinical placements, launched from an LMS by LTI 1.3."""


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def _print(document: object, text: str, *, as_json: bool) -> None:
    if as_json:
        text = json.dumps(document, ensure_ascii=False, indent=2, default=datetime.isoformat)
    click.echo(text)


# Processes ----------------------------------------------------------------------------------------


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the port of base_url.")
@click.option("--workers", type=click.IntRange(1, 256), help="Web processes.")
@click.option("--no-deliver", is_flag=True, help="Leave sending to `rounds deliver`.")
def serve(host: str, port: int | None, workers: int | None, no_deliver: bool) -> None:
    """Serve the tool: web workers, and the deliverer beside them."""
    settings = load_settings()
    port = port or urlsplit(settings.origin).port or 8000
    with _rounds(settings) as rounds:  # a fault of the installation is told before anything starts
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
        while not stop.wait(0.2) and all(child.poll() is None for child in children):
            pass
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
    return 0 if stop.is_set() else REFUSED


@main.command()
@click.option("--once", is_flag=True, help="Send what is due now, then end.")
def deliver(once: bool) -> None:
    """Send what is owed to the LMSs. Any number may run, on any machine."""
    with _stopped_by_signals() as stop, _rounds(load_settings()) as rounds:
        _open_keys(rounds)
        jobs.run(rounds, once=once, stop=stop)


@main.command()
def upgrade() -> None:
    """Bring the database, the engine's tables included, to this version."""
    settings = load_settings()
    file = _embedded(settings)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(settings.database)
    jobs.upgrade_engine(settings.database)
    with _rounds(settings) as rounds:
        _open_keys(rounds)
    click.echo("The database is at this version.")


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def sandbox(options: tuple[str, ...]) -> None:
    """Run the sandbox LMS alone, on this computer only."""
    from lti_tool.sandbox.serve import main as serve_sandbox

    sys.exit(serve_sandbox(options))


@contextmanager
def _rounds(settings: Settings) -> Iterator[Rounds]:
    """A Rounds over a database that is at this version. Raises SchemaOutdated."""
    configure_log(settings)
    file = _embedded(settings)
    if file is not None and not file.exists():
        raise SchemaOutdated(f"there is no database at {file}; run: rounds upgrade")
    rounds = make_rounds(settings)
    try:
        migrations.check(rounds.engine)
        jobs.check_engine(rounds.engine)
        yield rounds
    finally:
        rounds.engine.dispose()


def _embedded(settings: Settings) -> Path | None:
    """The file of the embedded database; None where a server keeps it."""
    url = make_url(settings.database)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


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


# Keys and health ----------------------------------------------------------------------------------


@main.group()
def keys() -> None:
    """The keys this installation signs with."""


@keys.command("rotate")
@click.option("--at-once", is_flag=True, help="Drop the old keys now: after a theft.")
@as_json
def rotate_keys(at_once: bool, as_json: bool) -> None:
    """Make a new signing key. The old one goes on signing until LMSs know the new one."""
    with _rounds(load_settings()) as rounds, rounds.work() as unit:
        found = unit.keys.rotate(at_once=at_once)
    _print_keys(found, as_json=as_json)


@keys.command("list")
@as_json
def list_keys(as_json: bool) -> None:
    """List the published keys, the newest first."""
    with _rounds(load_settings()) as rounds, rounds.reading() as unit:
        found = unit.keys.all()
    _print_keys(found, as_json=as_json)


def _print_keys(found: Sequence[KeyView], *, as_json: bool) -> None:
    text = "\n".join(map(_key_told, found)) or "No key has been made: rounds upgrade"
    _print([asdict(key) for key in found], text, as_json=as_json)


def _key_told(key: KeyView) -> str:
    told = [key.kid]
    if key.signs:
        told.append("signs now")
    elif key.published_until is None:
        told.append(f"signs from {key.signs_from:%Y-%m-%d %H:%M} UTC")
    if key.published_until is not None:
        told.append(f"published until {key.published_until:%Y-%m-%d %H:%M} UTC")
    return ", ".join(told)


@main.command()
@click.option("--offline", is_flag=True, help="Call neither the LMSs nor the public address.")
@as_json
def doctor(offline: bool, as_json: bool) -> int:
    """Say what is wrong with this installation, why, and what to do."""
    found = []
    for finding in _findings(online=not offline):
        found.append(finding)
        if not as_json:
            click.echo(str(finding))
    if as_json:
        _print([asdict(finding) for finding in found], "", as_json=True)
    return REFUSED if any(finding.verdict is Verdict.FAULT for finding in found) else 0


def _findings(*, online: bool) -> Iterator[Finding]:
    """What the doctor finds. What keeps everything from starting is the last finding."""
    try:
        with _rounds(load_settings()) as rounds:
            yield from examine(rounds, online=online)
    except RoundsError as error:
        yield refused("start", error)
    except OperationalError as error:
        says = f"the database does not answer: {_line(error.orig)}"
        yield fault("database", says, "look at it and at ROUNDS_DATABASE_URL", "database-away")


# Platforms ----------------------------------------------------------------------------------------


@main.group()
def platform() -> None:
    """The LMSs that may launch this tool."""


@platform.command("add")
@click.option("--issuer", required=True, metavar="URL")
@click.option("--client-id", required=True, metavar="ID")
@click.option("--auth-login-url", required=True, metavar="URL")
@click.option("--auth-token-url", required=True, metavar="URL")
@click.option("--jwks-url", required=True, metavar="URL")
@click.option("--deployment-id", "deployment_ids", multiple=True, metavar="ID")
@click.option("--product", type=click.Choice(PRODUCTS), default="other", show_default=True)
@click.option("--name", metavar="TEXT", help="What to call it. Default: the issuer's host.")
@click.option("--auth-audience", metavar="TEXT", help="Where it is not the token address.")
@as_json
def add_platform(as_json: bool, **given: Any) -> None:
    """Register a platform; the same issuer and client id again updates it."""
    with _rounds(load_settings()) as rounds, rounds.work() as unit:
        added = unit.registrations.add(given | {"deployment_ids": list(given["deployment_ids"])})
    _print(asdict(added), f"Registered {_told(added)}", as_json=as_json)


@platform.command("list")
@as_json
def list_platforms(as_json: bool) -> None:
    """List the registered platforms."""
    with _rounds(load_settings()) as rounds, rounds.reading() as unit:
        found = unit.registrations.all()
    text = "\n".join(map(_told, found)) or "No platform is registered."
    _print([asdict(one) for one in found], text, as_json=as_json)


@platform.command("invite")
@as_json
def invite_platform(as_json: bool) -> None:
    """Print an address by which one LMS registers itself (dynamic registration)."""
    settings = load_settings()
    with _rounds(settings) as rounds, rounds.work() as unit:
        issued = unit.invitations.issue()
    address = f"{settings.origin}/lti/register?code={issued.code}"
    ends = issued.expires_at
    text = f"{address}\nIt works for one registration, until {ends:%Y-%m-%d %H:%M} UTC."
    _print({"address": address, "expires_at": ends.isoformat()}, text, as_json=as_json)


def _told(platform: PlatformView) -> str:
    deployments = ", ".join(platform.deployment_ids) or "none yet"
    return (
        f"{platform.name} ({platform.product}): {platform.issuer}, client {platform.client_id}, "
        f"deployments: {deployments}"
    )


# Packs --------------------------------------------------------------------------------------------


@main.group()
def packs() -> None:
    """The packs that competencies come from."""


@packs.command("list")
@as_json
def list_packs(as_json: bool) -> None:
    """List the packs found."""
    found = read_catalogue(load_setting("pack_folders")).packs
    text = "\n".join(f"{_title(pack)}: {pack.file}" for pack in found)
    _print([_outline(pack) for pack in found], text, as_json=as_json)


@packs.command("check")
@click.argument("path", type=click.Path(path_type=Path))
@as_json
def check_pack(path: Path, as_json: bool) -> None:
    """Check one pack; show its rubric and what some ratings come to."""
    pack = read_pack(path)
    scores = worked(pack.competency)
    lines = [describe(pack.competency), "", "Worked scores (means shown, grades of 100):"]
    lines += [f"  {score.told}" for score in scores]
    document = _outline(pack) | {"worked": [asdict(score) for score in scores]}
    _print(document, "\n".join(lines), as_json=as_json)


def _title(pack: Pack) -> str:
    return f"{pack.competency.title} {pack.competency.version} ({pack.competency.id})"


def _outline(pack: Pack) -> dict[str, Any]:
    competency = pack.competency
    return {
        "id": competency.id,
        "version": competency.version,
        "title": competency.title,
        "weight": competency.default_weight,
        "criteria": [
            {"id": one.id, "name": one.name, "weight": one.weight, "critical": one.critical}
            for one in competency.criteria
        ],
        "file": pack.file,
    }


if __name__ == "__main__":
    main()
