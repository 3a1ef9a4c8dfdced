"""Seals that are brought: read as certificate services give them out, or refused with a reason."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_der_x509_certificate

from lti_tool.credentials.brought_seals import read_seal
from lti_tool.domain.errors import RoundsError
from tests.seals import TLS, YEAR, authority, issued, rsa_key

NOW = datetime.now(UTC)
PASSWORD = "correct horse"
ROOT = authority()
BETWEEN = authority("Between", ROOT)
STRANGER = authority("Stranger")
SEAL = issued("Seal of Northgate", BETWEEN)
OTHER = issued("Seal of Southgate", BETWEEN)
WHOLE = SEAL.seal(BETWEEN, ROOT)
SECRET = PASSWORD.encode()


@pytest.mark.parametrize(
    "files",
    [
        [SEAL.pkcs12(SECRET, ROOT, BETWEEN)],
        [SEAL.key_pem() + SEAL.pem() + BETWEEN.pem() + ROOT.pem()],
        [SEAL.key_pem(SECRET), SEAL.pem(), ROOT.pem() + BETWEEN.pem()],
        [STRANGER.pem() + ROOT.pem() + BETWEEN.pem() + SEAL.pem(), SEAL.key_pem()],
    ],
    ids=["pkcs12", "one-pem", "some-pems", "stranger-left-out"],
)
def test_a_seal_is_read_with_its_chain_in_order(files: Sequence[bytes]) -> None:
    found = read_seal(files, PASSWORD, NOW)
    assert found.certificates == WHOLE.certificates
    assert found.private == WHOLE.private
    assert "private" not in repr(found)


def test_a_key_that_needs_no_password_is_read_without() -> None:
    assert (
        read_seal([SEAL.key_pem(), SEAL.pem()], None, NOW).certificates == (WHOLE.certificates[:1])
    )


def test_a_certificate_with_a_key_of_another_kind_is_left_out() -> None:
    plain, other = bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d0277")
    der = STRANGER.certificate.public_bytes(Encoding.DER).replace(plain, other)
    strange = load_der_x509_certificate(der).public_bytes(Encoding.PEM)
    found = read_seal([SEAL.key_pem(), strange + SEAL.pem() + strange], None, NOW)
    assert found.certificates == WHOLE.certificates[:1]


def test_rsa_is_read() -> None:
    rsa = issued("RSA", ROOT, rsa_key())
    assert read_seal([rsa.pkcs12(SECRET, ROOT)], PASSWORD, NOW) == rsa.seal(ROOT)


def ed25519_pem() -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def of(**how: Any) -> list[bytes]:
    """The files of a seal that was issued in some way."""
    found = issued("Other", ROOT, **how)
    return [found.key_pem() + found.pem()]


REFUSED: dict[str, tuple[str, Callable[[], list[bytes]]]] = {
    "nothing": ("seal-unreadable", lambda: [b""]),
    "a PDF": ("seal-unreadable", lambda: [b"%PDF-1.7"]),
    "a certificate alone": ("seal-unreadable", lambda: [SEAL.pem()]),
    "a key alone": ("seal-unreadable", lambda: [SEAL.key_pem()]),
    "two keys": ("seal-unreadable", lambda: [SEAL.key_pem() + OTHER.key_pem() + SEAL.pem()]),
    "half a key": ("seal-unreadable", lambda: [SEAL.key_pem()[:90] + SEAL.pem()]),
    "a broken key": ("seal-unreadable", lambda: [SEAL.key_pem().replace(b"M", b"N") + SEAL.pem()]),
    "a broken certificate": (
        "seal-unreadable",
        lambda: [SEAL.key_pem() + SEAL.pem().replace(b"MII", b"NII")],
    ),
    "a key of somebody else": ("seal-key-mismatch", lambda: [OTHER.key_pem(), SEAL.pem()]),
    "Ed25519": ("seal-unfit", lambda: [ed25519_pem() + SEAL.pem()]),
    "RSA of 1024 bits": ("seal-unfit", lambda: of(key=rsa_key(1024))),
    "a curve of Bitcoin": (
        "seal-unfit",
        lambda: of(key=ec.generate_private_key(ec.SECP256K1())),
    ),
    "for agreeing on keys": ("seal-unfit", lambda: of(usages=["key_agreement"])),
    "for a web server": ("seal-unfit", lambda: of(purposes=TLS)),
    "expired": ("seal-expired", lambda: of(since=NOW - 2 * YEAR, lasts=YEAR)),
    "of next year": ("seal-expired", lambda: of(since=NOW + timedelta(days=300))),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_used_is_refused_with_the_reason(what: str) -> None:
    code, files = REFUSED[what]
    with pytest.raises(RoundsError) as caught:
        read_seal(files(), None, NOW)
    assert caught.value.code == code


@pytest.mark.parametrize("password", [None, "", "wrong", "pässwörd"])
@pytest.mark.parametrize(
    "files",
    [[SEAL.pkcs12(SECRET, ROOT)], [SEAL.key_pem(SECRET) + SEAL.pem()]],
    ids=["pkcs12", "pem"],
)
def test_a_wrong_password_is_told(files: list[bytes], password: str | None) -> None:
    with pytest.raises(RoundsError) as caught:
        read_seal(files, password, NOW)
    assert caught.value.code == "seal-password-wrong"
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("usage", ["digital_signature", "content_commitment"])
def test_either_way_to_say_signing_will_do(usage: str) -> None:
    """Seals under European law say content commitment, others digital signature."""
    assert read_seal(of(usages=[usage]), None, NOW)
