"""Columns: what names them, and who may see to one."""

from datetime import UTC, datetime, timedelta

import pytest

from lti_tool.domain.column import CLAIM_LASTS, claim, is_free, job_of, renewed, resource_id

NOW = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)


def test_a_column_is_named_by_its_activity_and_competency() -> None:
    assert resource_id("0a1b", "teamwork") == "0a1b:teamwork"
    assert resource_id("0a1b", "") == "0a1b"


def test_each_moment_has_a_claim_of_its_own() -> None:
    assert claim(7, NOW) != claim(7, NOW + timedelta(milliseconds=1))
    assert claim(7, NOW).startswith("7:")


@pytest.mark.parametrize(
    ("maker", "free"),
    [
        (None, True),
        (claim(7, NOW), True),
        (claim(7, NOW - timedelta(seconds=1)), False),
        (claim(7, NOW - CLAIM_LASTS), False),
        (claim(7, NOW - CLAIM_LASTS - timedelta(seconds=1)), True),
        (renewed(claim(7, NOW - CLAIM_LASTS * 2), NOW - CLAIM_LASTS), False),
        (renewed(claim(7, NOW - CLAIM_LASTS * 3), NOW - CLAIM_LASTS * 2), True),
        (renewed(claim(7, NOW), NOW + CLAIM_LASTS), True),
    ],
)
def test_a_column_is_seen_to_by_one_job_at_a_time(maker: str | None, free: bool) -> None:
    assert is_free(maker, claim(7, NOW), NOW) is free


def test_a_claim_tells_its_job_also_when_it_was_renewed() -> None:
    job = claim(7, NOW)
    assert job_of(job) == job_of(renewed(job, NOW + CLAIM_LASTS)) == job
