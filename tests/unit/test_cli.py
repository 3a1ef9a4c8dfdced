"""The command line: what it prints, what it refuses in one line, and with which status."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.conftest import SECRET
from tests.designs import own_design
from tests.unit.conftest import Run

REGISTRATION = {
    "--issuer": "https://lms.example.edu",
    "--client-id": "client-1",
    "--auth-login-url": "https://lms.example.edu/auth",
    "--auth-token-url": "https://lms.example.edu/token",
    "--jwks-url": "https://lms.example.edu/jwks",
}
OTHER_SECRET = "another-key-for-tests-k8Vd2Qx7Lm4Zs9"
BUNDLED = Path(__file__).parents[2] / "competencies"


@pytest.fixture
def run(run_before_upgrade: Run) -> Run:
    """Most of these tests are about what comes before the upgrade, or do it themselves."""
    return run_before_upgrade


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
    line = f"{second['id']}: Northgate (moodle): https://lms.example.edu"
    assert line in run("platform", "list").stdout


def test_an_invitation_is_an_address_that_works_once_and_its_end(run: Any) -> None:
    run("upgrade")
    first, second = (json.loads(run("platform", "invite", "--json").stdout) for _ in range(2))
    assert first["address"].startswith("http://127.0.0.1:8000/lti/register?code=")
    assert first["address"] != second["address"]
    ends = datetime.fromisoformat(first["expires_at"])
    assert timedelta(hours=47) < ends - datetime.now(UTC) < timedelta(hours=49)
    address, told = run("platform", "invite").stdout.splitlines()
    assert "/lti/register?code=" in address
    assert told.startswith("It works for one registration, until ")


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


def test_a_data_folder_that_cannot_be_one_is_told_in_a_line(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ROUNDS_DATA_DIR", str(tmp_path / "file"))
    assert told(run("upgrade")).endswith("file: File exists [refused]")
    monkeypatch.setenv("ROUNDS_DATA_DIR", str(tmp_path))
    (tmp_path / "rounds.db").write_text("no database, and longer than the head of one. " * 9)
    for words in (("upgrade",), ("issuer-keys", "list")):
        assert told(run(*words)).endswith("file is not a database [database-away]")


def test_every_command_says_what_it_does_in_a_line(run: Any) -> None:
    groups = ("gradebook", "platform", "institution", "keys", "issuer-keys", "packs", "designs")
    for words in ((), *((group,) for group in groups)):
        _, _, commands = run(*words, "--help").stdout.partition("Commands:")
        assert commands
        assert "..." not in commands


# Keys and health ----------------------------------------------------------------------------------


def test_keys_are_rotated_and_listed(run: Any) -> None:
    run("upgrade")
    [first] = json.loads(run("keys", "list", "--json").stdout)
    new, old = json.loads(run("keys", "rotate", "--json").stdout)
    assert (old["kid"], old["signs"], new["signs"]) == (first["kid"], True, False)
    assert datetime.fromisoformat(old["published_until"]) > datetime.fromisoformat(new["made_at"])
    waiting, signing = run("keys", "list").stdout.splitlines()
    assert waiting.startswith(f"{new['kid']}, signs from 20")
    assert signing.startswith(f"{old['kid']}, signs now, published until 20")


def test_a_second_rotation_is_refused_unless_the_old_keys_are_dropped(run: Any) -> None:
    run("upgrade")
    run("keys", "rotate")
    again = run("keys", "rotate")
    assert again.exit_code == 1
    assert told(again).endswith("[keys-rotating]")
    [only] = run("keys", "rotate", "--at-once").stdout.splitlines()
    assert only.endswith(", signs now")


@pytest.mark.parametrize("words", [("serve",), ("deliver", "--once")])
def test_nothing_starts_under_a_secret_key_that_opens_no_stored_key(
    run: Any, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    run("upgrade")
    monkeypatch.setenv("ROUNDS_SECRET_KEY", OTHER_SECRET)
    refused = run(*words)
    assert refused.exit_code == 1
    assert "ROUNDS_SECRET_KEY_OLD" in told(refused)
    assert told(refused).endswith("[secret-key-wrong]")


def test_starting_under_a_new_secret_key_makes_the_old_one_needless(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("upgrade")
    monkeypatch.setenv("ROUNDS_SECRET_KEY", OTHER_SECRET)
    monkeypatch.setenv("ROUNDS_SECRET_KEY_OLD", SECRET)
    deliver = [sys.executable, "-m", "lti_tool.cli", "deliver", "--once"]
    assert subprocess.run(deliver, check=False).returncode == 0
    monkeypatch.delenv("ROUNDS_SECRET_KEY_OLD")
    assert verdicts(run("doctor", "--offline", "--json"))["keys"] == "ok"


def test_the_doctor_tells_in_lines_and_in_json(run: Any) -> None:
    run("upgrade")
    result = run("doctor", "--offline")
    assert result.exit_code == 1
    assert "fault: deliverers: none is at work; start " in result.stdout
    assert result.stderr == ""
    found = verdicts(run("doctor", "--offline", "--json"))
    assert len(found) == len(result.stdout.splitlines())
    assert {check for check, verdict in found.items() if verdict == "fault"} == {"deliverers"}


def test_what_keeps_everything_from_starting_is_a_finding_too(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    [outdated] = run("doctor").stdout.splitlines()
    assert outdated.startswith("fault: start: there is no database")
    assert outdated.endswith("[schema-outdated]")
    monkeypatch.setenv("ROUNDS_SECRET_KEY", "short")
    result = run("doctor")
    assert result.exit_code == 1
    assert "[settings-invalid]" in result.stdout
    monkeypatch.setenv("ROUNDS_SECRET_KEY", SECRET)
    monkeypatch.setenv("ROUNDS_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    assert verdicts(run("doctor", "--json")) == {"database": "fault"}


def verdicts(result: Result) -> dict[str, str]:
    return {finding["check"]: finding["verdict"] for finding in json.loads(result.stdout)}


def test_a_faulty_folder_of_designs_keeps_everything_from_starting(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for home in ("a", "b"):
        own_design(tmp_path / home)
    monkeypatch.setenv("ROUNDS_DESIGN_FOLDERS", str(tmp_path / "a"))
    assert run("upgrade").exit_code == 0
    monkeypatch.setenv("ROUNDS_DESIGN_FOLDERS", f"{tmp_path / 'a'}, {tmp_path / 'b'}")
    refused = run("serve")
    assert refused.exit_code == 1
    assert "a design is called 'northgate' already" in told(refused)
    assert told(refused).endswith("[certificate-design-faulty]")
    assert verdicts(run("doctor", "--json")) == {"start": "fault"}


# Packs --------------------------------------------------------------------------------------------


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
