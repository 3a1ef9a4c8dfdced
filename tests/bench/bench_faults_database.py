"""Take PostgreSQL away from a tool that runs: who is told, and how soon is all as it should be?

Run by `./dev bench faults`; prints a Markdown table, and ends with 1 if anything is not as it must
be. The same for some seconds is part of the tests (tests/faults/test_database.py).
"""

import sys
import tempfile
from pathlib import Path

from tests.faults.databases import Outage, gone, running, server

MINUTE, SMALL = 60, 3
KINDS = {"a restart": "fast", "a crash": "immediate"}


def main(seconds: float) -> None:
    """One tool, and two times without its database."""
    with (
        tempfile.TemporaryDirectory() as folder,
        server() as database,
        running(Path(folder), database.database("rounds")) as tool,
    ):
        outages = [gone(tool, database, seconds, how) for how in KINDS.values()]
        lives = tool.lives()
    print(f"\n| PostgreSQL away | {' | '.join(KINDS)} |")
    print("|---|--:|--:|")
    for (words, restart), (_, crash) in zip(*map(_rows, outages), strict=True):
        print(f"| {words} | {restart} | {crash} |")
    sys.exit(0 if lives and not any(outage.odd for outage in outages) else 1)


def _rows(outage: Outage) -> list[tuple[str, str]]:
    return [
        ("seconds", f"{outage.seconds:.1f}"),
        ("submits refused in words", str(outage.refused)),
        ("answered in any other way", str(len(outage.odd))),
        ("from its return until all were saved", f"{outage.saved_after:.1f} s"),
        ("from its return until all were told", f"{outage.told_after:.1f} s"),
    ]


if __name__ == "__main__":
    main(SMALL if sys.argv[1:] else MINUTE)
