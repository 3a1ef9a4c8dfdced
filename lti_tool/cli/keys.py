"""`rounds keys`: the keys by which LMSs know this installation."""

from collections.abc import Sequence
from dataclasses import asdict

import click

from lti_tool.cli.frame import as_json, opened, show
from lti_tool.lms.signing import KeyView
from lti_tool.settings import load_settings


@click.group()
def keys() -> None:
    """The keys by which LMSs know this installation."""


@keys.command("rotate")
@click.option(
    "--at-once",
    is_flag=True,
    help="Drop the old keys now: after a theft, or when ROUNDS_SECRET_KEY was lost.",
)
@as_json
def rotate_keys(at_once: bool, as_json: bool) -> None:
    """Make a new signing key. The old one goes on signing until LMSs know the new one.

    Certificates are signed with other keys: see `rounds issuer-keys`.
    """
    with opened(load_settings()) as rounds, rounds.work() as unit:
        found = unit.keys.rotate(at_once=at_once)
    _show(found, as_json=as_json)


@keys.command("list")
@as_json
def list_keys(as_json: bool) -> None:
    """List the published keys, the newest first."""
    with opened(load_settings()) as rounds, rounds.reading() as unit:
        found = unit.keys.all()
    _show(found, as_json=as_json)


def _show(found: Sequence[KeyView], *, as_json: bool) -> None:
    text = "\n".join(map(_key_told, found)) or "No key has been made: rounds upgrade"
    show([asdict(key) for key in found], text, as_json=as_json)


def _key_told(key: KeyView) -> str:
    told = [key.kid]
    if key.signs:
        told.append("signs now")
    elif key.published_until is None:
        told.append(f"signs from {key.signs_from:%Y-%m-%d %H:%M} UTC")
    if key.published_until is not None:
        told.append(f"published until {key.published_until:%Y-%m-%d %H:%M} UTC")
    return ", ".join(told)
