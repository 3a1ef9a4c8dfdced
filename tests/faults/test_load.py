"""A rush: launches, supervisors who score, and their grades on the way, all at once.

`./dev bench load` runs the same at full size, and tells how long everybody waited.
"""

import os

import pytest

from tests.bench import bench_load
from tests.bench.narrow_lms import narrow_lms
from tests.bench.served import served
from tests.stack import empty_database
from tests.stand_in import stand_in

LAUNCHES, SUPERVISORS, GRADES, SECONDS = 30, 6, 48, 3


@pytest.mark.postgres
def test_nobody_is_turned_away_and_each_grade_arrives(postgres: str) -> None:
    """`run` fails at any answer that is none, and unless the gradebook shows what is owed."""
    with (
        empty_database(postgres, f"rounds_load_{os.getpid()}") as database,
        served(database=database, deliver=True) as tool,
        narrow_lms() as gradebook,
        stand_in(tool.rounds) as lms,
    ):
        rush = bench_load.run(tool, lms, gradebook, LAUNCHES, SUPERVISORS, GRADES, SECONDS)
    assert len(rush.launches) == LAUNCHES
    assert len(rush.submits) == GRADES
