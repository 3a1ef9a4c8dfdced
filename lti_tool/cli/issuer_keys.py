"""`rounds issuer-keys`: the keys that certificates are signed with."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from lti_tool.cli.frame import as_json, opened, show
from lti_tool.credentials.brought_seals import read_seal
from lti_tool.credentials.issuer_keys import IssuerKeyView, Signs
from lti_tool.domain.errors import SealPasswordWrong
from lti_tool.pdf import Seal
from lti_tool.settings import load_settings

LARGEST_FILE = 1024 * 1024
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("issuer-keys")
def issuer_keys() -> None:
    """The keys that certificates are signed with."""


@issuer_keys.command("list")
@as_json
def list_keys(as_json: bool) -> None:
    """List every key there ever was, the oldest first."""
    with opened(load_settings()) as rounds, rounds.reading() as unit:
        found = unit.issuer_keys.all()
    _show(found, as_json=as_json)


@issuer_keys.command("export")
def export_keys() -> None:
    """Print their public halves, as /issuers/keys.json has them, for `rounds verify --keys`."""
    with opened(load_settings()) as rounds, rounds.reading() as unit:
        click.echo(json.dumps(unit.issuer_keys.published(), indent=2))


@issuer_keys.command("rotate")
@click.argument("signs", type=click.Choice([str(signs) for signs in Signs]))
@as_json
def rotate_key(signs: str, as_json: bool) -> None:
    """Sign with a new key from now on: credentials, or documents. The one before stays published,
    and its private half is forgotten.
    """
    with opened(load_settings()) as rounds, rounds.work() as unit:
        new = unit.issuer_keys.rotate(Signs(signs))
    _show([new], as_json=as_json)


@issuer_keys.command("bring")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--password-file", type=click.File("r"), help="Its first line opens the key.")
@as_json
def bring_key(files: Sequence[Path], password_file: TextIO | None, as_json: bool) -> None:
    """Sign documents with the institution's own seal from now on.

    FILE is one of PKCS #12 (.p12, .pfx), or the private key and the certificates in PEM.
    """
    contents = [_read(path) for path in files]
    password = _first_line(password_file) if password_file else None
    seal = _opened(contents, password)
    with opened(load_settings()) as rounds, rounds.work() as unit:
        brought = unit.issuer_keys.bring(seal)
    _show([brought], as_json=as_json)


def _first_line(file: TextIO) -> str:
    try:
        return file.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.BadParameter("it is no text", param_hint="--password-file") from None


def _opened(contents: Sequence[bytes], password: str | None) -> Seal:
    """The seal; at a terminal the password is asked for where it is needed."""
    now = datetime.now(UTC)
    try:
        return read_seal(contents, password, now)
    except SealPasswordWrong:
        if password is not None or not sys.stdin.isatty():
            raise
    return read_seal(contents, click.prompt("Password", hide_input=True, err=True), now)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from error


def _show(found: Sequence[IssuerKeyView], *, as_json: bool) -> None:
    text = "\n".join(map(_told, found)) or "No key has been made: rounds upgrade"
    show([asdict(key) for key in found], text, as_json=as_json)


def _told(key: IssuerKeyView) -> str:
    told = [f"{key.kid}: {key.signs}", "brought" if key.brought else "our own"]
    told.append(f"made {key.made_at:%Y-%m-%d}")
    if key.subject is not None:
        told.append(f"{key.subject}, until {key.valid_until:%Y-%m-%d}")
    told.append(
        "signs now" if key.retired_at is None else f"signed until {key.retired_at:%Y-%m-%d}"
    )
    return "; ".join(told)
