"""What lies in this checkout, for the tests that read the house instead of running it."""

import fnmatch
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files(*folders: str, suffixes: tuple[str, ...] = ()) -> list[Path]:
    """Every file that git would take, below these folders or all of them, by suffix if any."""
    found = [path for folder in folders or (".",) for path in _walk(ROOT / folder)]
    return sorted(path for path in found if not suffixes or path.suffix in suffixes)


def name(path: Path) -> str:
    """The path as one would write it from the top of the checkout."""
    return path.relative_to(ROOT).as_posix()


def _walk(top: Path) -> Iterator[Path]:
    ignored = [".git", *(ROOT / ".gitignore").read_text("utf-8").replace("/", "").split()]

    def kept(entry: str) -> bool:
        return not any(fnmatch.fnmatch(entry, pattern) for pattern in ignored)

    for folder, folders, entries in os.walk(top):
        folders[:] = filter(kept, folders)
        yield from (Path(folder, entry) for entry in entries if kept(entry))
