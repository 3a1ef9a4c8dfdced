"""`rounds verify`: prove a file that Rounds gave out, with no server asked."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from lti_tool.cli.frame import FILE, as_json, opened, read, show
from lti_tool.credentials.proving import LARGEST_FILE, Proof, Statement, prove
from lti_tool.credentials.published_keys import PublishedKeys
from lti_tool.domain.certificate import tidy
from lti_tool.settings import SettingsError, load_settings


@click.command()
@click.argument("file", type=FILE)
@click.option("--keys", type=FILE, help="A saved /issuers/keys.json. Default: this database's.")
@as_json
def verify(file: Path, keys: Path | None, as_json: bool) -> None:
    """Prove a certificate's file by its signatures.

    FILE is the PDF, the credential (.jwt) or the badge (PNG, SVG). With --keys this needs neither a
    database nor settings. The exit status is 0 where it is proven, else 1.
    """
    proof = prove(read(file, LARGEST_FILE), _keys(keys), datetime.now(UTC))
    show(asdict(proof), _told(proof), as_json=as_json)


def _keys(saved: Path | None) -> PublishedKeys:
    if saved is not None:
        return PublishedKeys.read(read(saved, LARGEST_FILE))
    try:
        settings = load_settings()
    except SettingsError as error:
        raise click.UsageError(
            f"give --keys, or the settings of an installation: {error}"
        ) from None
    with opened(settings) as rounds, rounds.reading() as unit:
        return PublishedKeys(unit.issuer_keys.published())


def _told(proof: Proof) -> str:
    """Lines without a sign that a terminal obeys: a timestamp may be anybody's, and so its name."""
    named = {
        "Certificate": proof.certificate,
        "Name": proof.person,
        "Issuer": proof.issuer,
        "Signature": proof.level and f"PAdES {proof.level}",
    }
    lines = [f"{word}: {tidy(text)}" for word, text in named.items() if text]
    lines += ["Proven:", *map(_line, proof.proven)]
    lines += ["Not proven:", *map(_line, proof.unproven)]
    return "\n".join(lines)


def _line(statement: Statement) -> str:
    return f"  {tidy(statement.says)} [{statement.code}]"
