"""How long a certificate takes and what memory a thousand of them need: prints a Markdown table.

Run by `./dev bench`, or `python -m tests.bench.bench_certificate`. The limits of time and memory
are those of the product; the rendering is timed in this process, without the pipe of the child.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from lti_tool import pdf, shipped
from tests.certificates import FACTS

WARM = 30
MANY = 1000
EVERY = 250


def milliseconds(render: Callable[[], pdf.Pdf]) -> float:
    """How long one call takes on the clock."""
    start = time.perf_counter()
    render()
    return (time.perf_counter() - start) * 1000


def resident() -> float:
    """The memory of this process that is really there, in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(many: int = MANY) -> None:
    """Render a page of 18 criteria again and again, and print what it took."""
    design = pdf.load_design(shipped.folder("templates") / "designs" / "standard")

    stored = pdf.dump_facts(FACTS)

    def render() -> pdf.Pdf:
        return pdf.render(design, stored)

    first = milliseconds(render)
    warm = [milliseconds(render) for _ in range(WARM)]
    rows = [
        ("first render, WeasyPrint and fonts loaded", f"{first:.0f} ms"),
        (f"warm render, median of {WARM}", f"{statistics.median(warm):.0f} ms"),
        (f"warm render, fastest of {WARM}", f"{min(warm):.0f} ms"),
        ("size of the file", f"{len(render().content) / 1000:.0f} kB"),
        (f"memory after {WARM + 2}", f"{resident():.0f} MB"),
    ]
    start = time.perf_counter()
    for number in range(1, many + 1):
        render()
        if number % EVERY == 0:
            rows.append((f"memory after {number} more", f"{resident():.0f} MB"))
    rows.append(("certificates a second", f"{many / (time.perf_counter() - start):.1f}"))
    print("| Certificate, tagged, 18 criteria | |\n|---|--:|")
    for name, value in rows:
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
