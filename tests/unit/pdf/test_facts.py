"""The facts of a certificate: they come back as they were stored, or not at all."""

import json

import pytest

from lti_tool import pdf
from lti_tool.domain.errors import FactsFaulty
from tests.certificates import FACTS


def test_stored_facts_come_back_as_they_were() -> None:
    stored = json.loads(json.dumps(pdf.dump_facts(FACTS)))
    assert pdf.load_facts(stored) == FACTS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("person", ""),
        ("person", "\u202e"),
        ("code", "R7KD"),
        ("verify_url", "javascript:alert(1)"),
        ("occasions", 0),
        ("competencies", []),
        ("first", "yesterday"),
        ("surprise", "more"),
    ],
)
def test_facts_that_cannot_be_printed_are_refused(field: str, value: object) -> None:
    with pytest.raises(FactsFaulty, match=field):
        pdf.load_facts(pdf.dump_facts(FACTS) | {field: value})
