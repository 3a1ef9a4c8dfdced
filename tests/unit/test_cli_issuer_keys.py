"""`rounds issuer-keys` and `rounds verify`: keys are handled, and files proven by them."""

import json
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from lti_tool.app import make_rounds
from lti_tool.credentials import issuer_keys
from lti_tool.domain.credential import credential
from lti_tool.domain.issuer import Issuer
from lti_tool.pdf import Pdf, load_design, render, sign
from lti_tool.pdf.seal import Stamp
from lti_tool.settings import load_settings
from tests import factories, timestamping
from tests.certificates import FACTS
from tests.seals import YEAR, authority, issued
from tests.unit.conftest import Run
from tests.unit.web.conftest import meet_standard

DESIGN = Path(__file__).parents[2] / "templates" / "designs" / "standard"
ISSUER = Issuer("http://127.0.0.1:8000/issuers/1", FACTS.issuer)
PASSWORD = "correct horse"
OTHER_SECRET = "another-key-for-tests-k8Vd2Qx7Lm4Zs9"


def listed(run: Run) -> list[dict[str, str]]:
    found = run("issuer-keys", "list", "--json")
    assert found.exit_code == 0, found.stderr
    return list(json.loads(found.stdout))


def signing(run: Run) -> dict[str, dict[str, str]]:
    """The keys that sign now, by what they sign."""
    return {key["signs"]: key for key in listed(run) if key["retired_at"] is None}


def certificate(stamp: Stamp | None = None) -> bytes:
    """A certificate as this installation would give it out."""
    rounds = make_rounds(load_settings())
    now = datetime.now(UTC)
    payload = credential(FACTS, ISSUER, ISSUER.achievement("a1"), issued_at=now)
    with rounds.work() as unit:
        token = issuer_keys.sign_credential(unit.session, rounds.settings, payload, now)
        seal = unit.issuer_keys.document_seal()
    rounds.engine.dispose()
    plain = render(load_design(DESIGN), FACTS, attachment=token.encode()).content
    return sign(plain, seal, name=FACTS.issuer, stamp=stamp)


# -- Keys ------------------------------------------------------------------------------------------


def test_an_upgrade_makes_a_key_of_each_kind(run: Run) -> None:
    assert signing(run).keys() == {"credential", "document"}
    told = run("issuer-keys", "list").stdout
    assert told.count("signs now") == 2
    assert "CN=Rounds at 127.0.0.1" in told


@pytest.mark.parametrize("signs", ["credential", "document"])
def test_a_rotation_says_which_key_signs_now_and_keeps_the_other(run: Run, signs: str) -> None:
    before = signing(run)
    [new] = json.loads(run("issuer-keys", "rotate", signs, "--json").stdout)
    after = signing(run)
    assert after[signs]["kid"] == new["kid"] != before[signs]["kid"]
    assert len(listed(run)) == 3
    exported = json.loads(run("issuer-keys", "export").stdout)
    assert {key["kid"] for key in exported["keys"]} == {key["kid"] for key in listed(run)}


def test_with_the_secret_key_lost_a_rotation_tells_the_way_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUNDS_SECRET_KEY", OTHER_SECRET)
    refused = run("issuer-keys", "rotate", "document")
    assert refused.exit_code == 1
    assert (
        "rounds issuer-keys rotate document --secret-key-lost [secret-key-wrong]" in refused.stderr
    )
    told = run("issuer-keys", "rotate", "document", "--secret-key-lost").stdout
    assert "signs now\nNothing opens the private half of the key before: it is given up." in told
    assert run("issuer-keys", "rotate", "credential", "--secret-key-lost").exit_code == 0
    assert run("keys", "rotate", "--at-once").exit_code == 0
    assert run("upgrade").exit_code == 0
    assert len(listed(run)) == 4


def test_a_stolen_key_is_marked_for_those_who_check_by_a_saved_copy(
    run: Run, tmp_path: Path
) -> None:
    file, keys = tmp_path / "certificate.pdf", tmp_path / "keys.json"
    file.write_bytes(certificate())
    stolen = signing(run)["document"]["kid"]
    since = ("--since", f"{datetime.now(UTC):%Y-%m-%d}", "--why", "A backup \u202eleaked.")
    told = run("issuer-keys", "revoke", stolen, *since)
    assert told.exit_code == 0, told.stderr
    first, second, *_ = told.stdout.splitlines()
    assert first.startswith(f"{stolen}: document; our own; ")
    assert first.endswith(" 00:00 UTC on: A backup leaked.")
    assert second.endswith("; signs now")
    keys.write_text(run("issuer-keys", "export").stdout)
    refused = run("verify", str(file), "--keys", str(keys))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "(A backup leaked.)" in refused.stderr
    assert refused.stderr.endswith("[key-revoked]\n")
    again = json.loads(run("issuer-keys", "revoke", stolen, *since, "--json").stdout)
    assert [again["revoked"], again["signs_now"]] == [
        key for key in listed(run) if key["signs"] == "document"
    ]
    assert again["signed"] == []


def test_an_operator_is_told_where_certificates_are_to_be_issued_again(run: Run) -> None:
    ward = factories.ward(make_rounds(load_settings()))
    meet_standard(ward, ward.amara)
    with ward.rounds.work() as unit:
        [number] = unit.renderings.due(2)
        unit.renderings.made(number, Pdf(b"%PDF-1.7", "5e", 1))
    ward.rounds.engine.dispose()
    kid = signing(run)["credential"]["kid"]
    since = ("--since", "2026-01-01", "--why", "A theft.")
    told = run("issuer-keys", "revoke", kid, *since)
    assert "to be issued again:\n  platform 1, Internship block 2: 1\n" in told.stdout
    new = signing(run)["credential"]["kid"]
    assert "to be issued" not in run("issuer-keys", "revoke", new, *since).stdout


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("none", "--since", "2026-01-01", "--why", "W"), 1, "[no-such-thing]"),
        (("-none", "--since", "2026-01-01", "--why", "W"), 1, "[no-such-thing]"),
        (("none", "--since", "2926-01-01", "--why", "W"), 2, "--since: it lies ahead"),
        (("none", "--since", "yesterday", "--why", "W"), 2, "--since"),
        (("none", "--since", "2026-01-01", "--why", " \u202e"), 2, "--why"),
        (("none", "--why", "W"), 2, "--since"),
    ],
)
def test_what_cannot_be_revoked_is_told(
    run: Run, words: tuple[str, ...], status: int, told: str
) -> None:
    before = listed(run)
    refused = run("issuer-keys", "revoke", *words)
    assert refused.exit_code == status
    assert told in refused.stderr
    assert listed(run) == before


def test_an_institution_brings_its_seal(run: Run, tmp_path: Path) -> None:
    root = authority()
    file, password = tmp_path / "seal.p12", tmp_path / "password"
    file.write_bytes(issued("Seal of Northgate", root).pkcs12(PASSWORD.encode(), root))
    password.write_text(f"{PASSWORD}\n")
    brought = run("issuer-keys", "bring", str(file), "--password-file", str(password), "--json")
    assert brought.exit_code == 0, brought.stderr
    used = signing(run)["document"]
    assert (used["brought"], used["subject"]) == (True, "CN=Seal of Northgate")
    own = run("issuer-keys", "rotate", "document", "--json")
    assert json.loads(own.stdout)[0]["brought"] is False
    again = run("issuer-keys", "bring", str(file), "--password-file", str(password), "--json")
    assert json.loads(again.stdout)[0]["kid"] == used["kid"]


def test_a_password_that_is_no_text_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    file, password = tmp_path / "seal.p12", tmp_path / "password"
    file.write_bytes(issued("Seal").pkcs12(PASSWORD.encode()))
    password.write_bytes(b"\xff\xfe")
    refused = run("issuer-keys", "bring", str(file), "--password-file", str(password))
    assert refused.exit_code == 2
    assert "--password-file: it is no text" in refused.stderr


def test_a_seal_that_is_refused_changes_nothing(run: Run, tmp_path: Path) -> None:
    root, old = authority(), datetime.now(UTC) - 2 * YEAR
    seal, expired = issued("Seal", root), issued("Seal", root, since=old, lasts=YEAR)
    renewed = issued("Seal, renewed", root, seal.key)
    before = listed(run)
    file = tmp_path / "seal"
    for content, code in (
        (seal.pkcs12(PASSWORD.encode()), "seal-password-wrong"),
        (expired.key_pem() + expired.pem(), "seal-expired"),
        (seal.key_pem() + expired.pem(), "seal-key-mismatch"),
        (bytes(2_000_000), "seal-unreadable"),
    ):
        file.write_bytes(content)
        refused = run("issuer-keys", "bring", str(file))
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr.rstrip().endswith(f"[{code}]")
        assert listed(run) == before
    file.write_bytes(seal.key_pem() + seal.pem())
    assert run("issuer-keys", "bring", str(file)).exit_code == 0
    before = listed(run)
    file.write_bytes(renewed.key_pem() + renewed.pem())
    assert "[seal-known]" in run("issuer-keys", "bring", str(file)).stderr
    assert listed(run) == before


# -- Proving ---------------------------------------------------------------------------------------


def test_a_file_is_proven_by_the_keys_of_the_installation(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "certificate.pdf"
    file.write_bytes(certificate())
    proven = run("verify", str(file))
    assert proven.exit_code == 0, proven.stderr
    assert FACTS.verify_url in proven.stdout
    assert FACTS.person in proven.stdout
    assert "Signature: PAdES B-B" in proven.stdout
    proven_lines, _, unproven = proven.stdout.partition("Not proven:")
    assert "[file-whole]" in proven_lines
    assert "[revocation]" in unproven


def test_a_file_is_proven_by_saved_keys_with_nothing_else_there(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, keys = tmp_path / "certificate.pdf", tmp_path / "keys.json"
    file.write_bytes(certificate())
    keys.write_text(run("issuer-keys", "export").stdout)
    monkeypatch.delenv("ROUNDS_SECRET_KEY")
    monkeypatch.delenv("ROUNDS_DATA_DIR")
    proven = run("verify", str(file), "--keys", str(keys), "--json")
    assert proven.exit_code == 0, proven.stderr
    document = json.loads(proven.stdout)
    assert (document["certificate"], document["level"]) == (FACTS.verify_url, "B-B")
    assert [one["code"] for one in document["proven"]] == [
        *("file-whole", "signed-by", "credential-whole", "same")
    ]


def test_nothing_in_a_file_tells_the_terminal_what_to_do(run: Run, tmp_path: Path) -> None:
    """The signature does not cover the timestamp: whoever has a file can put another there."""
    named = "Clock\x1b[9A\r\nName: Somebody Else\x9b2J"
    file = tmp_path / "certificate.pdf"
    file.write_bytes(certificate(partial(timestamping.stamp, name=named)))
    proven = run("verify", str(file))
    assert proven.exit_code == 0, proven.stderr
    assert "Somebody Else" in proven.stdout
    assert proven.stdout.replace("\n", "").isprintable()
    assert [line for line in proven.stdout.splitlines() if line.startswith("Name:")] == [
        f"Name: {FACTS.person}"
    ]


def test_what_is_not_proven_is_refused_in_one_line(run: Run, tmp_path: Path) -> None:
    sound = certificate()
    keys = tmp_path / "keys.json"
    keys.write_text('{"keys": []}')
    for content, more, code in (
        (sound[:3_000] + b"X" + sound[3_001:], (), "file-changed"),
        (sound + b"\n", (), "file-changed"),
        (b"GIF89a", (), "file-unreadable"),
        (sound, ("--keys", str(keys)), "file-foreign"),
        (sound, ("--keys", str(tmp_path / "file")), "keys-unreadable"),
    ):
        file = tmp_path / "file"
        file.write_bytes(content)
        refused = run("verify", str(file), *more)
        assert (refused.exit_code, refused.stdout) == (1, "")
        [line] = refused.stderr.splitlines()
        assert line.endswith(f"[{code}]")
    assert run("verify", str(tmp_path / "missing")).exit_code == 2


def test_who_checks_a_file_elsewhere_is_told_of_saved_keys(
    run_before_upgrade: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ROUNDS_SECRET_KEY")
    file = tmp_path / "certificate.pdf"
    file.write_bytes(b"%PDF-1.7")
    refused = run_before_upgrade("verify", str(file))
    assert refused.exit_code == 2
    assert refused.stderr.startswith("rounds: give --keys, or the settings of an installation: ")


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "{file}"),
        ("verify", __file__, "--keys", "{file}"),
        ("issuer-keys", "bring", "{file}"),
        ("issuer-keys", "bring", __file__, "--password-file", "{file}"),
        ("institution", "set", "--platform", "1", "--logo", "{file}"),
        ("packs", "check", "{file}"),
        ("designs", "check", "{folder}"),
    ],
    ids=["file", "keys", "seal", "password", "logo", "pack", "design"],
)
@pytest.mark.parametrize("kind", ["pipe", "endless"])
def test_a_file_without_an_end_holds_nobody_up(
    run: Run, tmp_path: Path, words: tuple[str, ...], kind: str
) -> None:
    file = tmp_path / "design.yaml"
    os.mkfifo(file) if kind == "pipe" else file.symlink_to("/dev/zero")
    for name in ("certificate.html", "certificate.css"):
        (tmp_path / name).touch()
    refused = run(*(word.format(file=file, folder=tmp_path) for word in words))
    assert refused.exit_code in (1, 2)
    assert refused.stdout == ""
    assert "no ordinary file" in refused.stderr or "is no file" in refused.stderr
    assert refused.stderr.count("\n") == 1
