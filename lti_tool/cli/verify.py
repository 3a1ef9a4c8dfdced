"""`rounds verify`: prove a file that Rounds gave out, with no server asked."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from lti_tool.cli.frame import as_json, opened, show
from lti_tool.credentials.proving import LARGEST_FILE, Proof, Statement, prove
from lti_tool.credentials.published_keys import PublishedKeys
from lti_tool.domain.certificate import tidy
from lti_tool.settings import load_settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=FILE)
@click.option("--keys", type=FILE, help="A saved /issuers/keys.json. Default: this database's.")
@as_json
def verify(file: Path, keys: Path | None, as_json: bool) -> None:
    """Prove a certificate, its credential or its badge by its signatures.

    With --keys this needs neither a database nor settings.
    """
    proof = prove(_read(file), _keys(keys), datetime.now(UTC))
    show(asdict(proof), _told(proof), as_json=as_json)


def _keys(saved: Path | None) -> PublishedKeys:
    if saved is not None:
        return PublishedKeys.read(_read(saved))
    with opened(load_settings()) as rounds, rounds.reading() as unit:
        return PublishedKeys(unit.issuer_keys.published())


def _read(path: Path) -> bytes:
    """As much of a file as can matter: one byte more than is allowed tells that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from error


def _told(proof: Proof) -> str:
    """Lines without a sign that a terminal obeys: a timestamp may be anybody's, and so its name."""
    named = {"Certificate": proof.certificate, "Name": proof.person, "Issuer": proof.issuer}
    lines = [f"{word}: {tidy(text)}" for word, text in named.items() if text]
    lines += ["Proven:", *map(_line, proof.proven)]
    lines += ["Not proven:", *map(_line, proof.unproven)]
    return "\n".join(lines)


def _line(statement: Statement) -> str:
    return f"  {tidy(statement.says)} [{statement.code}]"
