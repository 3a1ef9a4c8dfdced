"""`rounds designs`: what there is, what comes of it, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner, Result

from lti_tool import cli
from tests.designs import own_design

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli.main, ["designs", *words])


def test_the_designs_are_listed_with_what_they_need(run: Run) -> None:
    first = run("list").output.splitlines()[0]
    assert first.startswith("formal: Formal, needs signatories: /")
    found = json.loads(run("list", "--json").output)
    assert [one["name"] for one in found] == ["formal", "record", "standard"]
    assert {Path(one["folder"]).name for one in found} == {"formal", "record", "standard"}


def test_a_design_of_the_school_s_own_is_found_by_its_name(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = own_design(tmp_path / "designs")
    monkeypatch.setenv("ROUNDS_DESIGN_FOLDERS", str(own.parent))
    assert f"northgate: Northgate: {own}\n" in run("list").output
    assert run("check", "northgate").output.startswith("Northgate 1: A4\n")
    assert run("preview", "northgate").output.startswith("northgate.pdf: 1 p., ")
    monkeypatch.setenv("ROUNDS_DESIGN_FOLDERS", f"{own.parent},{tmp_path / 'missing'}")
    refused = run("list")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "missing: cannot be read" in refused.stderr
    assert refused.stderr.endswith("[certificate-design-faulty]\n")


def test_a_design_is_checked_with_invented_certificates(run: Run) -> None:
    found = json.loads(run("check", "standard", "--json").output)
    made = {one["case"]: one["pages"] for one in found["made"]}
    assert made["with everything"] == made["with a radar"] == made["with the least"] == 1
    assert made["with 40 criteria"] == 2
    assert not {"Latin", "Greek", "Cyrillic"} & set(found["scripts_without_font"])
    assert run("check", "standard").output.startswith("Standard 2.0: A4\n  with everything: 1 p., ")


def test_a_preview_is_a_file(run: Run, tmp_path: Path) -> None:
    assert run("preview", "formal", "--chart", "radar").output.startswith("formal.pdf: 2 p., ")
    with pypdfium2.PdfDocument(tmp_path / "formal.pdf") as document:
        assert "Robin Example" in document[0].get_textpage().get_text_bounded()
    assert run("preview", "transcript").output.startswith("transcript.pdf: 3 p., ")
    assert run("preview", "record", "--out", "there/x.pdf").stderr.endswith("[refused]\n")


@pytest.mark.parametrize("word", ["check", "preview"])
def test_what_is_no_design_is_refused_in_a_line(run: Run, tmp_path: Path, word: str) -> None:
    assert "no design is called 'none' [certificate-design-faulty]" in run(word, "none").stderr
    (tmp_path / "own").mkdir()
    for path in ("own", "./own", str(tmp_path / "own")):
        answer = run(word, path)
        assert answer.exit_code == 1
        assert answer.stderr.endswith("[certificate-design-faulty]\n")
        assert answer.stderr.count("\n") == 1
