"""How long a download of an issued certificate takes, beside the least that a server answers.

Run by `./dev bench download`. A real `rounds serve` with one worker, one connection that is kept
open; GET of a certificate's secret address and of /healthz take turns. Prints a Markdown table.
"""

import statistics
import sys
import time
from contextlib import closing

from sqlalchemy import select

from lti_tool.models.certificate import Certificate
from lti_tool.services.rendering import render
from tests.bench.certificates_issued import issue
from tests.bench.served import Client, Served, served

DOWNLOADS = 300


def main(downloads: int = DOWNLOADS) -> None:
    """Download one certificate so often."""
    print(f"| {downloads} downloads, medians (fastest) | size | a download | /healthz | ratio |")
    print("|---|--:|--:|--:|--:|")
    for name, database in (("PostgreSQL", None), ("SQLite", "")):
        with served(1, database=database) as tool, closing(Client(tool.port)) as client:
            path, size = _certificate(tool)
            for _ in range(20):
                _milliseconds(client, path, size)
            files, bare = [], []
            for _ in range(downloads):
                files.append(_milliseconds(client, path, size))
                bare.append(_milliseconds(client, "/healthz"))
        file, empty = statistics.median(files), statistics.median(bare)
        print(
            f"| {name} | {size / 1000:.1f} kB | {file:.1f} ms ({min(files):.1f}) "
            f"| {empty:.1f} ms ({min(bare):.1f}) | {file / empty:.1f} |"
        )


def _certificate(tool: Served) -> tuple[str, int]:
    """The address of one that is made, and its size."""
    [number] = issue(tool.rounds, 1)
    render(tool.rounds, number)
    with tool.rounds.reading() as unit:
        row = unit.session.scalars(select(Certificate).where(Certificate.id == number)).one()
        assert row.pdf is not None
        return f"/certificates/{row.token}.pdf", len(row.pdf)


def _milliseconds(client: Client, path: str, size: int | None = None) -> float:
    start = time.perf_counter()
    answer = client.get(path, {})
    took = (time.perf_counter() - start) * 1000
    assert answer.status == 200
    assert size is None or len(answer.body) == size
    return took


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
