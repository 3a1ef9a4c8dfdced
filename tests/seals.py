"""Seals as institutions have them: certificates of an authority of tests, good and bad ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from lti_tool.credentials.jwk import PrivateKey, written
from lti_tool.pdf import Seal

YEAR = timedelta(days=365)
SIGNING = ("digital_signature", "content_commitment")
USAGES = (
    *SIGNING,
    *("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"),
    *("encipher_only", "decipher_only"),
)
TLS = (ExtendedKeyUsageOID.SERVER_AUTH,)
STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Made once a run: making one takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True)
class Issued:
    """A private key and its certificate."""

    key: PrivateKey
    certificate: x509.Certificate

    def seal(self, *issuers: "Issued") -> Seal:
        chain = [self.certificate, *(one.certificate for one in issuers)]
        return Seal(written(self.key), tuple(one.public_bytes(Encoding.DER) for one in chain))

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self, password: bytes | None = None) -> bytes:
        cipher = BestAvailableEncryption(password) if password else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, cipher)

    def pkcs12(self, password: bytes, *issuers: "Issued") -> bytes:
        chain = [one.certificate for one in issuers]
        cipher = BestAvailableEncryption(password)
        return pkcs12.serialize_key_and_certificates(
            b"seal", self.key, self.certificate, chain, cipher
        )


def issued(
    name: str,
    by: Issued | None = None,
    key: PrivateKey | None = None,
    *,
    since: datetime | None = None,
    lasts: timedelta = 3 * YEAR,
    usages: Sequence[str] = SIGNING,
    purposes: Sequence[ObjectIdentifier] = (),
    extensions: Sequence[x509.ExtensionType] = (),
) -> Issued:
    """A certificate by an authority, or by itself. Without `since` it is good from a day ago."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    since = since or datetime.now(UTC) - timedelta(days=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + lasts)
        .add_extension(x509.BasicConstraints(ca="key_cert_sign" in usages, path_length=None), True)
        .add_extension(x509.KeyUsage(**{one: one in usages for one in USAGES}), True)
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=True)
    for one in extensions:
        builder = builder.add_extension(one, critical=False)
    return Issued(key, builder.sign(by.key if by else key, SHA256()))


def authority(
    name: str = "Trust Services of Tests", by: Issued | None = None, **more: Any
) -> Issued:
    return issued(name, by, usages=("key_cert_sign", "crl_sign"), lasts=20 * YEAR, **more)
