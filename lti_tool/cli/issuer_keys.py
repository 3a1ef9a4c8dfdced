"""`rounds issuer-keys`: the keys that certificates are signed with."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from lti_tool.cli.frame import FILE, as_json, opened, read, show
from lti_tool.credentials.brought_seals import read_seal
from lti_tool.domain.certificate import tidy
from lti_tool.domain.errors import SealPasswordWrong, SealUnreadable
from lti_tool.domain.issuer import Signs
from lti_tool.pdf import Seal
from lti_tool.services.issuer_keys import IssuerKeyView, Signed
from lti_tool.settings import load_settings

LARGEST_FILE = 1024 * 1024
LONGEST_PASSWORD = 10_000
LONGEST_WORDS = 500

STAYS = "The key before stays published, so that what it signed stays proven."
GIVEN_UP = f"Nothing opens the private half of the key before: it is given up. {STAYS}"
COPIES = "Renew the copies of /issuers/keys.json that are kept elsewhere: rounds issuer-keys export"

AGAIN = "Certificates that were signed with it, to be issued again:"

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])


@click.group("issuer-keys")
def issuer_keys() -> None:
    """The keys that certificates are signed with.

    One signs credentials, one documents. docs/certificates.md tells when to do what with them.
    """


@issuer_keys.command("list")
@as_json
def list_keys(as_json: bool) -> None:
    """List every key there ever was, the oldest first."""
    with opened(load_settings()) as rounds, rounds.reading() as unit:
        found = unit.issuer_keys.all()
    _show(found, "" if found else "No key has been made: rounds upgrade", as_json=as_json)


@issuer_keys.command("export")
def export_keys() -> None:
    """Print their public halves, for `rounds verify --keys`.

    They are those of /issuers/keys.json.
    """
    with opened(load_settings()) as rounds, rounds.reading() as unit:
        click.echo(json.dumps(unit.issuer_keys.published(), indent=2))


@issuer_keys.command("rotate")
@click.argument("signs", type=click.Choice([str(signs) for signs in Signs]))
@click.option(
    "--secret-key-lost", "lost", is_flag=True,
    help="Give up the key before: no ROUNDS_SECRET_KEY that you have opens it.",
)  # fmt: skip
@as_json
def rotate_key(signs: str, lost: bool, as_json: bool) -> None:
    """Sign with a new key from now on.

    The key before stays published, for what it signed, and its private half is forgotten. One that
    was stolen is revoked instead.
    """
    with opened(load_settings()) as rounds, rounds.work() as unit:
        new = unit.issuer_keys.rotate(Signs(signs), lost=lost)
    _show([new], GIVEN_UP if lost else STAYS, COPIES, as_json=as_json)


@issuer_keys.command("bring")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--password-file", type=FILE, metavar="FILE", help="Its first line opens the key.")
@as_json
def bring_key(files: Sequence[Path], password_file: Path | None, as_json: bool) -> None:
    """Sign documents with the institution's own seal from now on.

    FILE is one of PKCS #12 (.p12, .pfx), or the private key and the certificates in PEM. A password
    is asked for where one is needed.
    """
    contents = [_content(path) for path in files]
    seal = _opened(contents, _first_line(password_file) if password_file else None)
    with opened(load_settings()) as rounds, rounds.work() as unit:
        brought = unit.issuer_keys.bring(seal)
    _show([brought], STAYS, COPIES, as_json=as_json)


@issuer_keys.command("revoke", context_settings={"ignore_unknown_options": True})
@click.argument("kid")
@click.option(
    "--since", type=MOMENT, required=True, metavar="DATE",
    help="From when on others may have had it, in UTC: 2026-11-01, or 2026-11-01T09:30. Not known? "
    "The day it was made.",
)  # fmt: skip
@click.option("--why", required=True, metavar="TEXT", help="What happened. It is published.")
@as_json
def revoke_key(kid: str, since: datetime, why: str, as_json: bool) -> None:
    """Say that a key was stolen. KID is what `rounds issuer-keys list` calls it.

    It signs no more, and another does. It stays published with this note, by which `rounds verify`
    refuses what it signed, unless a timestamp shows that it is older. What `/verify` says of codes
    stays as it is. Given again, it corrects the date and the words. docs/certificates.md tells what
    else is to be done.
    """
    since, words = since.replace(tzinfo=UTC), tidy(why)
    if since > datetime.now(UTC):
        raise click.BadParameter("it lies ahead", param_hint="--since")
    if not 1 <= len(words) <= LONGEST_WORDS:
        raise click.BadParameter(f"1 to {LONGEST_WORDS} characters", param_hint="--why")
    with opened(load_settings()) as rounds, rounds.work() as unit:
        revoked, signing = unit.issuer_keys.revoke(kid, since, words)
        signed = unit.issuer_keys.signed(kid)
    lines = [_told(revoked), _told(signing), COPIES]
    if signed:
        lines += [AGAIN, *map(_count, signed)]
    document = {
        "revoked": asdict(revoked),
        "signs_now": asdict(signing),
        "signed": [asdict(one) for one in signed],
    }
    show(document, "\n".join(lines), as_json=as_json)


def _content(path: Path) -> bytes:
    content = read(path, LARGEST_FILE)
    if len(content) > LARGEST_FILE:
        raise SealUnreadable(f"{path} is too large for a key or a certificate")
    return content


def _first_line(file: Path) -> str:
    lines = read(file, LONGEST_PASSWORD).splitlines()
    try:
        return lines[0].decode() if lines else ""
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


def _show(found: Sequence[IssuerKeyView], *words: str, as_json: bool) -> None:
    """The keys, and words after them that only people need."""
    text = "\n".join(filter(None, (*map(_told, found), *words)))
    show([asdict(key) for key in found], text, as_json=as_json)


def _count(one: Signed) -> str:
    return f"  platform {one.platform}, {one.course or 'transcripts'}: {one.certificates}"


def _told(key: IssuerKeyView) -> str:
    told = [f"{key.kid}: {key.signs}", "brought" if key.brought else "our own"]
    told.append(f"made {key.made_at:%Y-%m-%d}")
    if key.subject is not None:
        told.append(f"{tidy(key.subject)}, until {key.valid_until:%Y-%m-%d}")
    told.append(
        "signs now" if key.retired_at is None else f"signed until {key.retired_at:%Y-%m-%d}"
    )
    if key.revoked_at is not None:
        told.append(f"revoked from {key.revoked_at:%Y-%m-%d %H:%M} UTC on: {key.explanation}")
    return "; ".join(told)
