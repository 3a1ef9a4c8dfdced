"""What certificates are made with, in one word: where it is another, what failed may succeed."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lti_tool import __version__
from lti_tool.pdf.template import SHARED


def made_with(folder: Path, *, seconds: float, megabytes: int) -> str:
    """A digest of the design's files and the shared ones, of the versions that make a page of
    them, and of the limits.

    64 characters. System libraries are not part of it: they have no version that can be asked.
    """
    digest = hashlib.sha256(f"{__version__} {_weasyprint()} {seconds} {megabytes}".encode())
    for home in (folder, SHARED):
        for path in sorted(home.rglob("*")):
            if path.is_file():
                digest.update(f"\n{_content(path)} {path.relative_to(home)}".encode())
    return digest.hexdigest()


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # it is another once it can be read
        return ""


def _weasyprint() -> str:
    try:
        return version("weasyprint")
    except PackageNotFoundError:
        return ""
