"""Issuer keys: made once, sealed, published for good, and forgotten where they sign no more."""

import threading
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from sqlalchemy import event, select

from lti_tool.credentials import issuer_keys
from lti_tool.credentials.jwk import thumbprint
from lti_tool.domain.errors import NoSuchThing, SealRevoked, SecretKeyWrong
from lti_tool.domain.issuer import Signs
from lti_tool.models.issuer import IssuerKey
from lti_tool.pdf import Seal
from lti_tool.sealing import unseal
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings

OTHER_SECRET = "another-key-for-tests-k8Vd2Qx7Lm4Zs9"
NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=400)


@pytest.fixture
def keyed(rounds: Rounds) -> Rounds:
    """An installation that has its keys."""
    with rounds.work() as unit:
        issuer_keys.ensure_keys(unit.session, rounds.settings, NOW)
    return rounds


def signed(rounds: Rounds, now: datetime = NOW, settings: Settings | None = None) -> str:
    with rounds.work() as unit:
        return issuer_keys.sign_credential(
            unit.session, settings or rounds.settings, {"sub": "it"}, now
        )


def seal_of(rounds: Rounds) -> Seal:
    with rounds.work() as unit:
        return issuer_keys.document_seal(unit.session, rounds.settings, NOW)


def published(rounds: Rounds) -> dict[str, dict[str, Any]]:
    """The key set, by key id."""
    with rounds.reading() as unit:
        return {str(key["kid"]): key for key in issuer_keys.published(unit.session)["keys"]}


def rows(rounds: Rounds) -> list[IssuerKey]:
    with rounds.reading() as unit:
        return list(unit.session.scalars(select(IssuerKey)))


def of(rounds: Rounds, signs: Signs) -> list[dict[str, Any]]:
    return [key for key in published(rounds).values() if ("x5c" in key) == (signs == "document")]


def turn(rounds: Rounds, signs: Signs, now: datetime = LATER) -> None:
    with rounds.work() as unit:
        issuer_keys.rotate(unit.session, rounds.settings, signs, now)


def test_a_credential_names_the_address_of_the_key_that_proves_it(keyed: Rounds) -> None:
    token = signed(keyed)
    header = jwt.get_unverified_header(token)
    [key] = of(keyed, Signs.CREDENTIAL)
    assert header == {
        "alg": "RS256",
        "typ": "JWT",
        "kid": f"{keyed.settings.origin}/issuers/keys/{key['kid']}",
    }
    assert jwt.decode(token, jwt.PyJWK(key), ["RS256"]) == {"sub": "it"}


def test_a_key_is_named_by_its_thumbprint_and_shows_its_public_half_alone(keyed: Rounds) -> None:
    for kid, key in published(keyed).items():
        assert thumbprint(key) == kid
        assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi"}
    [credential], [document] = (of(keyed, signs) for signs in Signs)
    assert credential.keys() == {"kty", "n", "e", "kid", "use", "alg"}
    assert document.keys() == {"kty", "crv", "x", "y", "kid", "use", "x5c"}


def test_the_thumbprint_is_that_of_the_standard() -> None:
    """The example of RFC 7638 §3.1."""
    key = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
        "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4"
        "QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO"
        "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF"
        "Cur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }
    assert thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_one_key_is_had_by_its_id(keyed: Rounds) -> None:
    with keyed.reading() as unit:
        for kid, key in published(keyed).items():
            assert issuer_keys.published_key(unit.session, kid) == key
        assert issuer_keys.published_key(unit.session, "none") is None


def test_the_certificate_says_where_the_installation_is_and_is_for_signing(keyed: Rounds) -> None:
    seal = seal_of(keyed)
    [der] = seal.certificates
    certificate = x509.load_der_x509_certificate(der)
    assert certificate.subject.rfc4514_string() == "CN=Rounds at 127.0.0.1"
    certificate.verify_directly_issued_by(certificate)
    assert certificate.not_valid_before_utc <= NOW
    assert certificate.not_valid_after_utc.year - NOW.year >= 49
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert not usage.value.key_cert_sign
    private = load_der_private_key(seal.private, password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert private.public_key() == certificate.public_key()
    [key] = of(keyed, Signs.DOCUMENT)
    assert list(map(b64decode, key["x5c"])) == [der]


def test_keys_are_made_once(rounds: Rounds) -> None:
    for _ in range(2):
        with rounds.work() as unit:
            issuer_keys.ensure_keys(unit.session, rounds.settings, NOW)
    assert [len(of(rounds, signs)) for signs in Signs] == [1, 1]


def test_a_key_that_is_missing_is_made_when_it_is_needed(rounds: Rounds) -> None:
    token = signed(rounds)
    seal_of(rounds)
    [key] = of(rounds, Signs.CREDENTIAL)
    assert jwt.decode(token, jwt.PyJWK(key), ["RS256"])


def test_whoever_signs_first_at_once_with_others_is_proven(rounds: Rounds) -> None:
    tokens: list[str] = []
    threads = [threading.Thread(target=lambda: tokens.append(signed(rounds))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 4
    keys = published(rounds)
    for token in tokens:
        kid = jwt.get_unverified_header(token)["kid"].rpartition("/")[2]
        assert jwt.decode(token, jwt.PyJWK(keys[kid]), ["RS256"])


@pytest.mark.parametrize("signs", Signs)
def test_a_rotated_key_stays_published_and_its_private_half_is_forgotten(
    keyed: Rounds, signs: Signs
) -> None:
    before = signed(keyed)
    [old] = of(keyed, signs)
    turn(keyed, signs)
    first, second = of(keyed, signs)
    assert first == old
    assert second["kid"] != old["kid"]
    kept = {row.kid: (row.private, row.retired_at) for row in rows(keyed)}
    assert kept[old["kid"]] == (b"", LATER)
    assert len(published(keyed)) == 3
    kid = jwt.get_unverified_header(before)["kid"].rpartition("/")[2]
    assert jwt.decode(before, jwt.PyJWK(published(keyed)[kid]), ["RS256"])
    after = jwt.get_unverified_header(signed(keyed, LATER))["kid"].rpartition("/")[2]
    assert (after == kid) == (signs is Signs.DOCUMENT)


def test_rotations_at_once_leave_one_key_that_signs(keyed: Rounds) -> None:
    threads = [
        threading.Thread(target=turn, args=(keyed, Signs.CREDENTIAL, LATER + timedelta(hours=hour)))
        for hour in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [row for row in rows(keyed) if row.signs == Signs.CREDENTIAL]
    assert len(kept) == 4
    assert len([row for row in kept if row.retired_at is None]) == 1
    assert len([row for row in kept if row.private]) == 1


def test_keys_are_sealed_anew_when_the_secret_key_changes(keyed: Rounds) -> None:
    settings = keyed.settings
    changed = replace(settings, secret_key=OTHER_SECRET, secret_key_old=settings.secret_key)
    with keyed.work() as unit:
        issuer_keys.ensure_keys(unit.session, changed, LATER)
    alone = replace(changed, secret_key_old="")
    for row in rows(keyed):
        assert unseal(alone, row.private)
    assert signed(keyed, settings=alone)
    assert len(published(keyed)) == 2


def test_with_a_wrong_secret_key_nothing_is_signed_or_made(keyed: Rounds) -> None:
    wrong = replace(keyed.settings, secret_key=OTHER_SECRET)
    with pytest.raises(SecretKeyWrong):
        signed(keyed, settings=wrong)
    with keyed.reading() as unit, pytest.raises(SecretKeyWrong):
        issuer_keys.check_keys(unit.session, wrong)
    with keyed.work() as unit, pytest.raises(SecretKeyWrong, match="document --secret-key-lost"):
        issuer_keys.rotate(unit.session, wrong, Signs.DOCUMENT, LATER)
    assert len(published(keyed)) == 2


def test_when_the_secret_key_is_lost_others_are_made_and_those_before_stay_published(
    keyed: Rounds,
) -> None:
    before = signed(keyed)
    wrong = replace(keyed.settings, secret_key=OTHER_SECRET)
    for signs in Signs:
        with keyed.work() as unit:
            issuer_keys.rotate(unit.session, wrong, signs, LATER, lost=True)
    with keyed.reading() as unit:
        issuer_keys.check_keys(unit.session, wrong)
    keys = published(keyed)
    assert len(keys) == 4
    kid = jwt.get_unverified_header(before)["kid"].rpartition("/")[2]
    assert jwt.decode(before, jwt.PyJWK(keys[kid]), ["RS256"])
    assert signed(keyed, LATER, wrong)


# -- Stolen keys ---------------------------------------------------------------------------------


def take_back(rounds: Rounds, kid: str, since: datetime = NOW, why: str = "A theft.") -> None:
    with rounds.work() as unit:
        issuer_keys.revoke(unit.session, rounds.settings, kid, since, why, LATER)


@pytest.mark.parametrize("signs", Signs)
def test_a_stolen_key_signs_no_more_and_says_so_for_good(keyed: Rounds, signs: Signs) -> None:
    [old] = of(keyed, signs)
    take_back(keyed, old["kid"])
    kept = {row.kid: (row.private, row.retired_at) for row in rows(keyed)}
    assert kept[old["kid"]] == (b"", LATER)
    first, second = of(keyed, signs)
    told = {"revoked_at": int(NOW.timestamp()), "reason": "compromised", "explanation": "A theft."}
    assert first == old | {"revoked": told}
    assert "revoked" not in second
    with keyed.reading() as unit:
        assert issuer_keys.published_key(unit.session, old["kid"]) == first
        assert unit.issuer_keys.signed(old["kid"]) == []
    take_back(keyed, old["kid"], NOW - timedelta(days=1), "Earlier.")
    first, again = of(keyed, signs)
    assert first["revoked"]["explanation"] == "Earlier."
    assert first["revoked"]["revoked_at"] == told["revoked_at"] - 86_400
    assert again == second


def test_a_key_that_signs_no_more_can_be_revoked_and_none_is_made_for_it(keyed: Rounds) -> None:
    [old] = of(keyed, Signs.DOCUMENT)
    turn(keyed, Signs.DOCUMENT)
    take_back(keyed, old["kid"])
    assert len(published(keyed)) == 3
    with pytest.raises(NoSuchThing):
        take_back(keyed, "none")


def test_a_key_that_was_stolen_is_not_brought_again(keyed: Rounds) -> None:
    seal = seal_of(keyed)
    [old] = of(keyed, Signs.DOCUMENT)
    take_back(keyed, old["kid"])
    with keyed.work() as unit, pytest.raises(SealRevoked):
        issuer_keys.bring(unit.session, keyed.settings, seal, LATER)


def test_nor_while_somebody_says_that_it_was_stolen(keyed: Rounds) -> None:
    seal, asks = seal_of(keyed), threading.Event()
    [old] = of(keyed, Signs.DOCUMENT)
    turn(keyed, Signs.DOCUMENT)

    def bring() -> None:
        with keyed.work() as unit, pytest.raises(SealRevoked):
            issuer_keys.bring(unit.session, keyed.settings, seal, LATER)

    def note(*args: object) -> None:
        if "FOR UPDATE" in str(args[2]):
            asks.set()

    with ThreadPoolExecutor(1) as thread:
        with keyed.work() as unit:
            issuer_keys.revoke(unit.session, keyed.settings, old["kid"], NOW, "A theft.", LATER)
            event.listen(keyed.engine, "before_cursor_execute", note)
            bringing = thread.submit(bring)
            if keyed.engine.dialect.name == "postgresql":  # else who begins first is alone
                assert asks.wait(60)
        bringing.result()
    event.remove(keyed.engine, "before_cursor_execute", note)
    assert {row.kid: row.private for row in rows(keyed)}[old["kid"]] == b""


def test_a_key_is_revoked_whatever_the_secret_key(keyed: Rounds) -> None:
    [old] = of(keyed, Signs.CREDENTIAL)
    wrong = replace(keyed.settings, secret_key=OTHER_SECRET)
    take_back(replace(keyed, settings=wrong), old["kid"])
    assert signed(keyed, LATER, wrong)


def test_operators_see_every_key_and_whom_it_names(keyed: Rounds) -> None:
    turn(keyed, Signs.DOCUMENT)
    with keyed.reading() as unit:
        found = unit.issuer_keys.all()
    documents = [key for key in found if key.signs is Signs.DOCUMENT]
    assert [key.retired_at for key in documents] == [LATER, None]
    assert {key.subject for key in documents} == {"CN=Rounds at 127.0.0.1"}
    assert not any(key.brought for key in found)
    [credential] = [key for key in found if key.signs is Signs.CREDENTIAL]
    assert (credential.subject, credential.valid_until) == (None, None)
