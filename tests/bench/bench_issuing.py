"""How many certificates two deliverers make a second, and what memory they hold meanwhile.

Run by `./dev bench issuing`. Two real `rounds deliver` over one PostgreSQL take the jobs of so many
certificates; each makes the credential, has the page laid out by its rendering child, and signs.
At the end every signature is checked. Prints a Markdown table.
"""

import sys
import time
from collections.abc import Iterator

from sqlalchemy import func, select

from lti_tool.models.certificate import Certificate
from lti_tool.pdf.checking import check
from lti_tool.services.unit import Rounds
from tests.bench.certificates_issued import issue
from tests.bench.served import children, installed, postgresql, resident

CERTIFICATES = 1000
DELIVERERS = 2
EVERY = 250


def main(certificates: int = CERTIFICATES) -> None:
    """Have so many made."""
    print(f"| {certificates} certificates | a second | {DELIVERERS} deliverers | what renders |")
    print("|---|--:|--:|--:|")
    with postgresql() as database, installed(database) as tool:
        issue(tool.rounds, certificates)
        processes = [tool.start("deliver") for _ in range(DELIVERERS)]
        try:
            began, before = None, 0
            for done in _marks(tool.rounds, certificates):
                now = time.monotonic()
                if began is not None:
                    rate = f"{(done - before) / (now - began):.1f}"
                    print(
                        f"| {before} to {done} | {rate} | {_memory([p.pid for p in processes])} |"
                    )
                began, before = now, done
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=60)
        print(f"\nEvery signature is whole, {_checked(tool.rounds)} kB a file on average.")


def _marks(rounds: Rounds, certificates: int) -> Iterator[int]:
    """How many are made: when the first is, and then every EVERY."""
    mark = 1
    while mark <= certificates:
        with rounds.reading() as unit:
            done = unit.session.scalar(select(func.count(Certificate.sha256))) or 0
        if done >= mark:
            yield done
            mark = certificates + 1 if done >= certificates else min(done + EVERY, certificates)
        time.sleep(0.2)


def _memory(pids: list[int]) -> str:
    """Of each deliverer, and of what it started."""
    own = ", ".join(f"{resident(pid):.0f}" for pid in pids)
    rendering = ", ".join(f"{resident(child):.0f}" for pid in pids for child in children(pid))
    return f"{own} MB | {rendering} MB"


def _checked(rounds: Rounds) -> str:
    """Check each file, which raises where one was not signed or changed; their mean size."""
    sizes = []
    with rounds.reading() as unit:
        for content in unit.session.scalars(select(Certificate.pdf)).yield_per(50):
            assert content is not None
            check(content)
            sizes.append(len(content))
    return f"{sum(sizes) / len(sizes) / 1000:.1f}"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
