"""Kill the tool's processes while supervisors submit: is every grade told, once and in order?

Run by `./dev bench faults`; prints a Markdown table, and ends with 1 if anything is not as it must
be. A small size of the same is part of the tests (tests/faults/test_killed.py).
"""

import secrets
import sys
import tempfile
from pathlib import Path

from tests.faults.databases import server
from tests.faults.processes import Victim
from tests.faults.trial import Account, Plan, run

ON_POSTGRESQL, ON_SQLITE = 2000, 500


def main(submits: int = ON_POSTGRESQL, embedded: int = ON_SQLITE, seed: int | None = None) -> None:
    """Two trials: several machines on PostgreSQL, one on SQLite."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    several, alone = _several_machines(submits, seed), _one_machine(embedded, seed)
    print("\n| Killed by SIGKILL while supervisors submit | PostgreSQL, 3 deliverers | SQLite |")
    print("|---|--:|--:|")
    for left, right in zip(_rows(several), _rows(alone), strict=True):
        print(f"| {left[0]} | {left[1]} | {right[1]} |")
    for difference in (found := several.differences + alone.differences):
        print(difference)
    sys.exit(1 if found else 0)


def _rows(account: Account) -> list[tuple[str, object]]:
    return [
        ("submits kept", account.submits),
        ("of these amendments", account.ways["amendments"]),
        ("left before the answer came", account.ways["cut off"]),
        ("not answered, so looked for and done again", account.ways["unanswered"]),
        ("submits refused, from an old page", account.refused),
        *((f"kills of a {victim}", account.kills[victim]) for victim in Victim),
        ("scores that arrived", account.arrived),
        ("of these said a second time", account.repeats),
        ("from the last submit until all were told", f"{account.quiet_after:.1f} s"),
        ("differences", len(account.differences)),
    ]


def _several_machines(submits: int, seed: int) -> Account:
    with tempfile.TemporaryDirectory() as folder, server() as postgresql:
        plan = Plan(
            database_url=postgresql.database("rounds"),
            commands=[["serve", "--no-deliver"], *3 * [["deliver"]]],
            submits=submits,
            kills={Victim.WORKER: 20, Victim.MASTER: 4, Victim.DELIVERER: 24},
            gone_for_good=1,
            seed=seed,
            supervisors=8,
            interns=60,
        )
        return run(plan, Path(folder))


def _one_machine(submits: int, seed: int) -> Account:
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(
            database_url=f"sqlite:///{folder}/rounds.db",
            commands=[["serve"]],
            submits=submits,
            kills={Victim.WORKER: 8, Victim.MASTER: 2, Victim.DELIVERER: 6, Victim.FIRST: 3},
            seed=seed,
            supervisors=4,
            interns=30,
        )
        return run(plan, Path(folder))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
