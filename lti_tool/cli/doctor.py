"""`rounds doctor`: what is wrong with this installation, a line for each check."""

from collections.abc import Iterator
from dataclasses import asdict

import click
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.cli.frame import REFUSED, as_json, opened, show
from lti_tool.db import away
from lti_tool.domain.errors import RoundsError
from lti_tool.services.doctor import Finding, Verdict, examine, refused
from lti_tool.settings import load_settings


@click.command()
@click.option("--offline", is_flag=True, help="Call neither the LMSs nor the public address.")
@as_json
def doctor(offline: bool, as_json: bool) -> int:
    """Say what is wrong with this installation.

    Each check is a line, with the cause and what to do. The exit status is 1 where one is a fault.
    """
    found = list(_findings(online=not offline))
    show([asdict(finding) for finding in found], "\n".join(map(str, found)), as_json=as_json)
    return REFUSED if any(finding.verdict is Verdict.FAULT for finding in found) else 0


def _findings(*, online: bool) -> Iterator[Finding]:
    """What the doctor finds. What keeps everything from starting is the last finding."""
    try:
        with opened(load_settings()) as rounds:
            yield from examine(rounds, online=online)
    except RoundsError as error:
        yield refused("start", error)
    except SQLAlchemyError as error:
        fault = away(error)
        if fault is None:
            raise
        yield refused("database", fault)
