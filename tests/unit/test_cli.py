"""The command line: what it prints, what it refuses in one line, and with which status."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lti_tool import cli
from tests.conftest import SECRET

REGISTRATION = {
    "--issuer": "https://lms.example.edu",
    "--client-id": "client-1",
    "--auth-login-url": "https://lms.example.edu/auth",
    "--auth-token-url": "https://lms.example.edu/token",
    "--jwks-url": "https://lms.example.edu/jwks",
}
BUNDLED = Path(__file__).parents[2] / "competencies"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`rounds` with these words, in an installation of this test's own."""
    for name in [name for name in os.environ if name.startswith("ROUNDS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ROUNDS_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("ROUNDS_SECRET_KEY", SECRET)

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli.main, words)

    return run


def add(run: Any, *more: str, **changed: str) -> Result:
    options = REGISTRATION | {f"--{name.replace('_', '-')}": to for name, to in changed.items()}
    result: Result = run("platform", "add", *[w for pair in options.items() for w in pair], *more)
    return result


def told(result: Result) -> str:
    """The one line on standard error of a command that was refused."""
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith("rounds: ")
    return line


@pytest.mark.parametrize("words", [("serve",), ("deliver", "--once"), ("platform", "list")])
def test_nothing_starts_before_the_upgrade(run: Any, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert "rounds upgrade [schema-outdated]" in told(result)


def test_a_platform_is_added_updated_and_listed(run: Any) -> None:
    assert run("upgrade").exit_code == 0
    assert run("upgrade").exit_code == 0
    assert run("platform", "list").stdout == "No platform is registered.\n"
    first = json.loads(add(run, "--deployment-id", "1", "--product", "canvas", "--json").stdout)
    assert (first["name"], first["product"]) == ("lms.example.edu", "canvas")
    again = add(run, "--deployment-id", "2", "--json", product="moodle", name="Northgate")
    second = json.loads(again.stdout)
    assert second["id"] == first["id"]
    assert (second["name"], second["product"]) == ("Northgate", "moodle")
    assert second["deployment_ids"] == ["1", "2"]
    assert json.loads(run("platform", "list", "--json").stdout) == [second]
    assert "Northgate (moodle): https://lms.example.edu" in run("platform", "list").stdout


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"jwks_url": "ftp://lms.example.edu/jwks"}, "jwks_url"),
        ({"auth_token_url": "https://user@lms.example.edu/"}, "auth_token_url"),
        ({"issuer": "x" * 300}, "issuer"),
        ({"client_id": ""}, "client_id"),
    ],
)
def test_a_faulty_registration_is_refused_by_its_field(
    run: Any, changed: dict[str, str], field: str
) -> None:
    run("upgrade")
    result = add(run, **changed)
    assert result.exit_code == 1
    assert told(result).startswith(f"rounds: {field}: ")
    assert told(result).endswith("[registration-invalid]")
    assert json.loads(run("platform", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    "words",
    [("platform", "add"), ("nonsense",), ("serve", "--port", "0"), ("platform", "list", "more")],
)
def test_wrong_use_is_one_line_and_status_two(run: Any, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert told(result).endswith("[usage]")


def test_a_short_secret_refuses_to_start(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDS_SECRET_KEY", "short")
    result = run("serve")
    assert result.exit_code == 1
    assert told(result).endswith("[settings-invalid]")


def test_deliver_once_ends_when_nothing_is_due(run: Any) -> None:
    run("upgrade")
    done = subprocess.run([sys.executable, "-m", "lti_tool.cli", "deliver", "--once"], check=False)
    assert done.returncode == 0


def test_the_bundled_packs_are_listed(run: Any) -> None:
    found = json.loads(run("packs", "list", "--json").stdout)
    assert [pack["id"] for pack in found][:1] == ["patient-communication"]
    assert len(found) == 4
    assert "Teamwork" in run("packs", "list").stdout


def test_a_pack_is_checked_with_its_rubric_and_worked_scores(run: Any) -> None:
    text = run("packs", "check", str(BUNDLED / "teamwork")).stdout
    assert "Worked scores" in text
    assert ": 3.0, grade 80" in text
    document = json.loads(run("packs", "check", str(BUNDLED / "teamwork"), "--json").stdout)
    assert [one["grade"] for one in document["worked"]][:4] == ["40", "60", "80", "100"]


def test_a_faulty_pack_is_refused_by_file_and_field(run: Any, tmp_path: Path) -> None:
    text = (BUNDLED / "teamwork" / "pack.yaml").read_text("utf-8")
    (tmp_path / "pack.yaml").write_text(text.replace("weight:", "wait:", 1), "utf-8")
    result = run("packs", "check", str(tmp_path))
    assert result.exit_code == 1
    assert "pack.yaml" in told(result)
    assert told(result).endswith("[pack-invalid]")
