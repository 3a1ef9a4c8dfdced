"""The doctor: each fault of an installation is found, and its cause is named."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from lti_tool.domain.passback import State
from lti_tool.models.activity import Activity
from lti_tool.models.grade_service import GradeService
from lti_tool.models.passback import Passback
from lti_tool.models.platform import SigningKey
from lti_tool.services.doctor import Finding, Verdict, examine
from lti_tool.services.unit import Rounds
from tests import authorities, owing, seals, timestamping
from tests.designs import own_design
from tests.factories import ward
from tests.platform_stub import PlatformStub, Reply

OTHER_SECRET = "another-key-for-tests-k8Vd2Qx7Lm4Zs9"
OK, WARNING, FAULT = Verdict.OK, Verdict.WARNING, Verdict.FAULT


@pytest.fixture
def keyed(rounds: Rounds) -> Rounds:
    with rounds.work() as unit:
        unit.keys.open()
    return rounds


def told(rounds: Rounds, *, online: bool = False, **settings: Any) -> dict[str, Finding]:
    """The last finding of each check, in an installation with these settings changed."""
    changed = replace(rounds, settings=replace(rounds.settings, **settings))
    return {finding.check: finding for finding in examine(changed, online=online)}


# This installation --------------------------------------------------------------------------------


def test_a_sound_installation_has_no_fault(keyed: Rounds, tool_server: str) -> None:
    with keyed.work() as unit:
        unit.deliverers.enter("host", 1)
    found = told(keyed, online=True)
    assert {check for check, one in found.items() if one.verdict != OK} == {"address", "platforms"}
    assert found["deliverers"].says == "1 at work"
    assert found["public address"].says == "answers with our keys"


def test_without_a_deliverer_nothing_is_sent(keyed: Rounds) -> None:
    assert told(keyed)["deliverers"].verdict == FAULT
    with keyed.work() as unit:
        unit.deliverers.leave(unit.deliverers.enter("host", 1), 1)
    assert told(keyed)["deliverers"].verdict == FAULT


def test_designs_of_the_school_s_own_make_a_certificate_and_those_in_use_are_there(
    keyed: Rounds, tmp_path: Path
) -> None:
    ward(keyed)
    own = own_design(tmp_path)
    assert told(keyed, design_folders=(tmp_path,))["designs"].says == "4 found, all sound"
    (own / "certificate.html").write_text("{{ hospital }}", "utf-8")
    faulty = told(keyed, design_folders=(tmp_path,))["designs"]
    assert (faulty.verdict, faulty.code) == (FAULT, "certificate-design-faulty")
    assert "hospital" in faulty.says
    with keyed.work() as unit:
        unit.session.execute(update(Activity).values(design="northgate"))
    gone = told(keyed)["designs"]
    assert (gone.verdict, gone.code) == (WARNING, "certificate-design-faulty")
    assert "activities use 'northgate'" in gone.says


def test_a_public_address_has_a_proxy_that_is_named(keyed: Rounds) -> None:
    found = told(keyed, base_url="https://rounds.example.edu")
    assert found["address"].verdict == OK
    assert "ROUNDS_TRUSTED_PROXIES" in found["proxies"].advice
    named = {"base_url": "https://rounds.example.edu", "trusted_proxies": _networks("10.0.0.7/32")}
    assert told(keyed, **named)["proxies"].verdict == OK
    assert "feign" in told(keyed, trusted_proxies=_networks("0.0.0.0/0"))["proxies"].says


def _networks(*networks: str) -> tuple[Any, ...]:
    return tuple(map(ip_network, networks))


def test_a_wrong_or_changed_secret_key_is_told(keyed: Rounds) -> None:
    wrong = told(keyed, secret_key=OTHER_SECRET)["keys"]
    assert (wrong.verdict, wrong.code) == (FAULT, "secret-key-wrong")
    changed = {"secret_key": OTHER_SECRET, "secret_key_old": keyed.settings.secret_key}
    assert "still needed" in told(keyed, **changed)["secret key"].says
    with replace(keyed, settings=replace(keyed.settings, **changed)).work() as unit:
        unit.keys.open()
    assert "no longer needed" in told(keyed, **changed)["secret key"].says


def test_a_missing_signing_key_is_told(rounds: Rounds) -> None:
    assert told(rounds)["keys"].code == "signing-key-missing"


def test_messages_that_wait_for_long_are_told_with_the_reason(keyed: Rounds) -> None:
    debtor = owing.debtor(keyed, "http://127.0.0.1:9")
    owed = debtor.owe("80")
    assert told(keyed)["messages"].verdict == OK
    with keyed.work() as unit:
        values = {
            "created_at": unit.now - timedelta(hours=2),
            "state": State.WAITING,
            "last_code": "platform-down",
        }
        unit.session.execute(update(Passback).where(Passback.id == owed).values(**values))
    late = told(keyed)["messages"]
    assert (late.verdict, late.code) == (WARNING, "platform-down")
    assert late.says.startswith("1 owed")


@pytest.mark.parametrize(
    ("code", "advice"),
    [("keys-blocked", "then: rounds gradebook resume 1"), ("throttled", "nothing")],
)
def test_an_lms_that_is_left_alone_is_told(keyed: Rounds, code: str, advice: str) -> None:
    owing.debtor(keyed, "http://127.0.0.1:9")
    assert "gradebooks" not in told(keyed)
    with keyed.work() as unit:
        until = unit.now + timedelta(minutes=5)
        row = GradeService(platform_id=1, code=code, failures=4, paused_until=until)
        unit.session.add(row)
    found = told(keyed)["gradebooks"]
    assert (found.verdict, found.code) == (WARNING, code)
    assert advice in found.advice


# The public address -------------------------------------------------------------------------------


@pytest.fixture
def stub() -> Iterator[PlatformStub]:
    with PlatformStub() as server:
        yield server


def at(stub: PlatformStub, rounds: Rounds, **headers: str) -> Finding:
    """What is told of the public address where the stub stands in its place."""
    stub.answers("/healthz", Reply("alive\n", headers=headers))
    return told(rounds, online=True, base_url=stub.url(""))["public address"]


def keys_of(rounds: Rounds) -> dict[str, Any]:
    with rounds.reading() as unit:
        return unit.launches.published_keys()


def test_a_public_address_that_does_not_answer_is_told(keyed: Rounds) -> None:
    found = told(keyed, online=True, base_url="http://127.0.0.1:9")["public address"]
    assert found.says == "http://127.0.0.1:9: nothing listens there"


def test_another_server_at_the_public_address_is_told(keyed: Rounds, stub: PlatformStub) -> None:
    stub.answers("/lti/jwks.json", Reply("<h1>Welcome"))
    assert at(stub, keyed).code == "platform-answer-wrong"
    stub.answers("/lti/jwks.json", {"keys": "none"})
    assert at(stub, keyed).code == "platform-answer-wrong"
    stub.answers("/lti/jwks.json", {"keys": [{"kid": "another installation's"}]})
    assert "something else" in at(stub, keyed).says


def test_a_proxy_that_changes_headers_or_keeps_old_keys_is_told(
    keyed: Rounds, stub: PlatformStub
) -> None:
    stub.answers("/lti/jwks.json", keys_of(keyed))
    assert at(stub, keyed).verdict == OK
    framed = at(stub, keyed, **{"X-Frame-Options": "DENY"})
    assert (framed.verdict, "X-Frame-Options" in framed.advice) == (FAULT, False)
    with keyed.work() as unit:
        unit.session.add(SigningKey(kid="newer", private=b"", public={}, created_at=unit.now))
    # A key that was not opened would be a fault of its own: only the address is looked at here.
    assert "old copy" in at(stub, keyed).says


# What certificates are signed with ----------------------------------------------------------------


def test_a_seal_is_told_of_before_it_expires(keyed: Rounds) -> None:
    assert told(keyed)["seal"].verdict == OK
    root = seals.authority()
    brought = seals.issued("Seal of Northgate", root, lasts=timedelta(days=40)).seal(root)
    with keyed.work() as unit:
        unit.issuer_keys.bring(brought)
    soon = told(keyed)["seal"]
    assert (soon.verdict, soon.code) == (WARNING, "seal-expired")


def test_the_timestamp_service_is_asked_where_one_is_named(keyed: Rounds) -> None:
    assert "timestamps" not in told(keyed, online=True)
    with timestamping.serving() as service:
        assert told(keyed, online=True, timestamp_url=service.url)["timestamps"].verdict == OK
        service.status = 404
        away = told(keyed, online=True, timestamp_url=service.url)["timestamps"]
    assert (away.verdict, away.code) == (FAULT, "timestamp-away")


def test_it_is_told_whether_seal_and_service_are_revoked(keyed: Rounds) -> None:
    """And that nobody can tell, where the authority is away."""
    checks = "revocation of the seal", "revocation of the service"

    def found() -> list[tuple[Verdict, str]]:
        each = told(keyed, online=True, timestamp_url=clocks.url)
        return [(each[check].verdict, each[check].code) for check in checks]

    with authorities.serving() as office, timestamping.serving() as clocks:
        seal = office.issue()
        service = office.issue("Clock", key=seals.rsa_key(), purposes=seals.STAMPING)
        clocks.answer = timestamping.stamp_by(service, office.own)
        with keyed.work() as unit:
            unit.issuer_keys.bring(seal.seal(office.own))
        assert found() == [(OK, ""), (OK, "")]
        office.revoke(seal)
        assert found() == [(FAULT, "seal-revoked"), (OK, "")]
        office.revoke(service)
        assert found()[1] == (FAULT, "timestamp-revoked")
        office.status = 503
        assert found() == [(WARNING, "evidence-away")] * 2
