"""What all commands share: errors in one line, JSON where it is asked for, files, a Rounds."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from lti_tool import jobs, migrations
from lti_tool.app import configure_log, make_rounds
from lti_tool.db import away
from lti_tool.domain.certificate import tidy
from lti_tool.domain.errors import RoundsError, SchemaOutdated
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings

REFUSED, WRONG_USE = 1, 2

NUMBER = click.IntRange(1, 2**31 - 1)
"""The numbers that a row can have."""


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
        except SQLAlchemyError as error:
            fault = away(error)
            if fault is None:
                raise
            _fail(str(fault), fault.code, REFUSED)
        sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, code: str, status: int) -> None:
    print(f"rounds: {tidy(message)} [{code}]", file=sys.stderr)
    sys.exit(status)


class OrdinaryFile(click.Path):
    """A file with an end: no folder, and no pipe or device, which may have none."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.is_file():
            self.fail(f"'{path}' is no ordinary file.", param, ctx)
        return path


FILE = OrdinaryFile()


def read(path: Path, most: int) -> bytes:
    """The content of a file, no more of it than `most` bytes and the one that is too many."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from error


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def show(document: object, text: str, *, as_json: bool) -> None:
    """Print the text, or with --json the document."""
    if as_json:
        text = json.dumps(document, ensure_ascii=False, indent=2, default=datetime.isoformat)
    click.echo(text)


@contextmanager
def opened(settings: Settings) -> Iterator[Rounds]:
    """A Rounds over a database that is at this version. Raises SchemaOutdated."""
    configure_log(settings)
    file = embedded(settings)
    if file is not None and not file.exists():
        raise SchemaOutdated(f"there is no database at {file}; run: rounds upgrade")
    rounds = make_rounds(settings)
    try:
        migrations.check(rounds.engine)
        jobs.check_engine(rounds.engine)
        yield rounds
    finally:
        rounds.engine.dispose()


def embedded(settings: Settings) -> Path | None:
    """The file of the embedded database; None where a server keeps it."""
    url = make_url(settings.database)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None
