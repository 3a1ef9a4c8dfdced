"""Whatever an LMS of any product may answer has words, and what to do where it takes a person."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask

from lti_tool.domain.passback import Kind, State
from lti_tool.lms.products.base import MUTE, STANDARD, TROUBLES, AnswerKind
from lti_tool.lms.products.choose import PRODUCTS, choose
from lti_tool.services.passback_views import Delivery
from lti_tool.services.renderings import NOT_MADE
from lti_tool.web.gradebook import to_do, why
from lti_tool.web.service_words import grade_service_problem

MEANINGS = [one for name in PRODUCTS for one in choose(name).meanings] + list(STANDARD)
REFUSALS = sorted({one.code for one in MEANINGS if one.kind is AnswerKind.REFUSED})
WAITS = sorted({*TROUBLES, *MUTE, *NOT_MADE})
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database is enough: nothing is stored."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'rounds.db')}"


def refused(code: str) -> Delivery:
    return Delivery(
        id=1,
        competency_id="",
        intern_id=1,
        intern="Amara Okafor",
        kind=Kind.SCORE,
        state=State.REFUSED,
        score="80",
        maximum="100",
        column_maximum=Decimal(100),
        attempts=1,
        status=422,
        code=code,
        owed_at=AT,
        due_at=AT,
        sent_at=None,
        behind=False,
        unmade=False,
        shown=None,
        replaces=True,
    )


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_says_why_and_what_to_do(app: Flask, code: str) -> None:
    with app.test_request_context():
        nobody_knows = refused("never-heard-of")
        assert why(refused(code)) != why(nobody_knows)
        assert to_do(refused(code)) != to_do(nobody_knows)


@pytest.mark.parametrize("code", WAITS)
def test_what_waits_says_why_and_asks_nothing_of_anybody(app: Flask, code: str) -> None:
    waiting = replace(refused(code), state=State.WAITING)
    with app.test_request_context():
        assert why(waiting) != why(replace(waiting, code="never-heard-of"))
        assert to_do(waiting) == ""


@pytest.mark.parametrize("code", TROUBLES)
def test_what_is_wrong_with_a_whole_lms_says_so(app: Flask, code: str) -> None:
    with app.test_request_context():
        told, otherwise = grade_service_problem(code), grade_service_problem("never-heard-of")
        assert told.happened != otherwise.happened
        assert told.to_do != otherwise.to_do
