"""Certificates and grades at once: no grade waits for a certificate, none for a poisonous one.

Real processes: the deliverer, and the renderer that it starts.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lti_tool.domain.passback import State
from tests.faults import certificates
from tests.faults.certificates import Trial
from tests.stack import empty_database

EACH = 30


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trial]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/rounds.db"
        with certificates.owed(url, tmp_path, certificates=EACH, grades=EACH) as trial:
            yield trial
        return
    with (
        empty_database(request.getfixturevalue("postgres"), "certificates_and_grades") as url,
        certificates.owed(url, tmp_path, certificates=EACH, grades=EACH) as trial,
    ):
        yield trial


def test_a_poisonous_certificate_holds_up_no_grade_and_no_other_certificate(trial: Trial) -> None:
    figures = certificates.run(trial, EACH)
    print(figures)
    assert figures.made_when_grades_were_there < EACH / 3
    refused = trial.message(trial.unprintable)
    assert (refused.state, refused.last_code) == (State.REFUSED, "certificate-facts-faulty")
    assert trial.certificate(trial.endless).problem == "certificate-render-failed"
