"""Processes killed without a word, at any moment: every grade still gets there, once and in order.

`./dev bench faults` does the same at a larger size.
"""

import os
import secrets
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.processes import Unit, Victim, installed, kill
from tests.faults.trial import Account, Plan, run
from tests.stack import START_SECONDS, answers, empty_database, until


def check(plan: Plan, account: Account) -> None:
    """All was submitted, killed and told as planned, and accounts are settled."""
    assert account.differences == []
    assert account.submits == plan.submits
    assert account.kills == Counter(plan.kills) + Counter({Victim.DELIVERER: plan.gone_for_good})
    assert account.refused
    assert account.ways["amendments"]
    assert account.ways["cut off"]


@pytest.mark.postgres
def test_several_machines_on_postgresql(postgres: str, tmp_path: Path) -> None:
    with empty_database(postgres, f"rounds_killed_{os.getpid()}") as url:
        plan = Plan(
            database_url=url,
            commands=[["serve", "--no-deliver"], *3 * [["deliver"]]],
            submits=60,
            kills={Victim.WORKER: 2, Victim.DELIVERER: 1},
            gone_for_good=1,
            seed=secrets.randbelow(1_000_000),
        )
        account = run(plan, tmp_path)
    check(plan, account)
    assert "deliverer-silent" in account.log


def test_one_machine_on_sqlite(tmp_path: Path) -> None:
    plan = Plan(
        database_url=f"sqlite:///{tmp_path / 'rounds.db'}",
        commands=[["serve"]],
        submits=60,
        kills={Victim.WORKER: 2, Victim.DELIVERER: 2},
        seed=secrets.randbelow(1_000_000),
    )
    check(plan, run(plan, tmp_path))


def test_nothing_outlives_a_killed_serve(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'rounds.db'}"
    with installed(url, tmp_path) as (rounds, environment):
        unit = Unit(["serve"], environment, tmp_path / "log")
        unit.start()
        try:
            until(lambda: answers(f"{rounds.settings.origin}/readyz"), START_SECONDS)
            kill(unit.pid)
            assert unit.is_gone(START_SECONDS)
        finally:
            unit.kill()
