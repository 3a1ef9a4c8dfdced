"""`rounds institution`: what a school puts on certificates, and what is refused of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select

from lti_tool.app import make_rounds
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate
from lti_tool.pdf import load_facts
from lti_tool.settings import load_settings
from tests import factories
from tests.factories import Ward
from tests.unit.conftest import Run
from tests.unit.web.conftest import meet_standard

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
SCRIPTED = LOGO.replace(b"<path", b"<script>alert(1)</script><path")


@pytest.fixture
def run(run: Run) -> Run:
    """`rounds institution` with these words."""
    return lambda *words: run("institution", *words)


@pytest.fixture
def ward(run: Run) -> Iterator[Ward]:
    """Its platform has the number 1."""
    ward = factories.ward(make_rounds(load_settings()))
    yield ward
    ward.rounds.engine.dispose()


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def change(run: Run, *words: str) -> Result:
    return run("set", "--platform", "1", "--json", *words)


def test_what_is_not_named_stays(run: Run, ward: Ward, tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_bytes(LOGO)
    change(run, "--name", "Northgate  School\u202e", "--logo", str(logo))
    change(run, "--signatory", "Prof. Ada Lund|Dean", "--signatory", "Dr Bo Ek|Head")
    found = document(change(run, "--wording", "Of the curriculum of 2024."))
    assert found["name"] == "Northgate School"
    assert found["signatories"][1] == {"name": "Dr Bo Ek", "role": "Head"}
    assert found["logo"]["type"] == "image/svg+xml"
    assert found == document(run("show", "--platform", "1", "--json"))
    emptied = document(change(run, "--signatory", "", "--name", "", "--no-logo"))
    assert (emptied["signatories"], emptied["name"], emptied["logo"]) == ([], "", None)
    assert "Wording: Of the curriculum" in run("show", "--platform", "1").stdout


def test_what_a_chosen_design_needs_is_not_taken_away(run: Run, ward: Ward) -> None:
    change(run, "--signatory", "Prof. Ada Lund|Dean", "--wording", "Of 2024.")
    with ward.rounds.work() as unit:
        unit.session.get_one(Activity, ward.activity).design = "formal"
    refused = change(run, "--signatory", "", "--wording", "Of 2026.")
    assert refused.exit_code == 1
    assert "signatories: activities have chosen the design 'formal'" in refused.stderr
    found = document(change(run, "--signatory", "Dr Bo Ek|Head", "--wording", ""))
    assert (found["signatories"], found["wording"]) == ([{"name": "Dr Bo Ek", "role": "Head"}], "")


def test_it_stands_on_certificates_issued_from_then_on(run: Run, ward: Ward) -> None:
    change(run, "--name", "Northgate University", "--wording", "Of 2024.")
    change(run, "--signatory", "Prof. Ada Lund|Dean")
    meet_standard(ward, ward.amara)
    with ward.rounds.reading() as unit:
        [row] = unit.session.scalars(select(Certificate)).all()
    facts = load_facts(row.facts)
    assert (facts.issuer, facts.wording) == ("Northgate University", "Of 2024.")
    assert [one.role for one in facts.signatories] == ["Dean"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--signatory", "Prof. Ada Lund|"], "signatories"),
        (["--signatory", "A|B"] * 5, "signatories"),
        (["--email", "nobody"], "email"),
        (["--url", "javascript:alert(1)"], "url"),
        (["--wording", "a" * 1001], "wording"),
        (["--name", "a" * 501], "name"),
    ],
)
def test_what_cannot_be_used_is_named(run: Run, ward: Ward, words: list[str], told: str) -> None:
    result = change(run, *words)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"rounds: {told}: ")
    assert "[institution-invalid]" in result.stderr
    assert document(run("show", "--platform", "1", "--json"))["name"] == ""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no picture", "logo-faulty"),
        (SCRIPTED, "logo-faulty"),
        (b"x" * 2_000_001, "more than 2000000 bytes [logo-too-large]"),
    ],
)
def test_no_logo_is_taken_that_is_none(
    run: Run, ward: Ward, tmp_path: Path, content: bytes, code: str
) -> None:
    file = tmp_path / "logo"
    file.write_bytes(content)
    result = change(run, "--logo", str(file))
    assert result.exit_code == 1
    assert code in result.stderr
    assert document(run("show", "--platform", "1", "--json"))["logo"] is None


def test_of_no_platform_and_of_nothing(run: Run, ward: Ward) -> None:
    assert run("show", "--platform", "9").exit_code == 1
    assert run("set", "--platform", "9", "--name", "N").exit_code == 1
    assert run("set", "--platform", "1").exit_code == 2
    unclear = change(run, "--signatory", "Prof. Ada Lund")
    assert unclear.exit_code == 2
    assert "--signatory: write it as NAME|ROLE" in unclear.stderr
    assert change(run, "--logo", str(Path(__file__)), "--no-logo").exit_code == 2
