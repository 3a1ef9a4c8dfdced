"""The certificates of a class as one ZIP archive with an index, sent while it is put together."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from flask import url_for
from flask_babel import gettext as _

from lti_tool.services.class_certificates import FileEntry
from lti_tool.services.unit import Rounds

INDEX = "index.csv"
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""By which spreadsheets know that a file is UTF-8."""

FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@])")
"""Where a cell begins that a spreadsheet would run as a formula (OWASP, CSV injection), also in one
that takes semicolons for what stands between cells, as Excel does in half of Europe."""


def archive(rounds: Rounds, files: Sequence[FileEntry]) -> Iterator[bytes]:
    """The archive, piece by piece: no more than one file of it is held at a time.

    Files are called by their codes, which name nobody; who is who stands in the index.
    """
    index = _index(files, rounds.settings.origin)
    return _pieces(rounds, files, index)


def _pieces(rounds: Rounds, files: Sequence[FileEntry], index: bytes) -> Iterator[bytes]:
    sink = _Sink()
    with ZipFile(sink, "w") as zipped:
        newest = max((one.issued_at for one in files), default=None)
        zipped.writestr(_entry(INDEX, newest, ZIP_DEFLATED), index)
        yield sink.taken()
        for one in files:
            with rounds.reading() as unit:
                content = unit.class_certificates.content(one.id)
            # A PDF is packed already.
            zipped.writestr(_entry(one.name, one.issued_at, ZIP_STORED), content)
            yield sink.taken()
    yield sink.taken()


def _index(files: Sequence[FileEntry], origin: str) -> bytes:
    """Who is who, for a spreadsheet: a line a file."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(
        [
            _("Intern"),
            _("File"),
            _("Code"),
            _("Issued on"),
            _("Good until"),
            _("Signed off by"),
            _("Check at"),
        ]
    )
    for one in files:
        check = origin + url_for("certificates.verify", code=one.code)
        expires = one.expires_on.isoformat() if one.expires_on else ""
        cells = (one.intern, one.name, one.code, one.issued_on.isoformat(), expires)
        table.writerow([harmless(cell) for cell in (*cells, one.signed_off_by, check)])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return FORMULA.sub(r"\1'", cell)


def _entry(name: str, at: datetime | None, packing: int) -> ZipInfo:
    when = at.timetuple()[:6] if at else (1980, 1, 1, 0, 0, 0)
    entry = ZipInfo(name, when)
    entry.compress_type = packing
    return entry


class _Sink(io.RawIOBase):
    """Where the archive is written to, and taken from in pieces. It cannot go back."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
