"""An institution's own seal as its certificate service gives it out: PKCS #12, or PEM."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from lti_tool.credentials.jwk import PrivateKey, written
from lti_tool.credentials.seals import check_time
from lti_tool.domain.errors import (
    SealKeyMismatch,
    SealPasswordWrong,
    SealUnfit,
    SealUnreadable,
)
from lti_tool.pdf import Seal, chain

LEAST_BITS = 2048
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)

PURPOSES = {
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # signing documents (RFC 9336)
    ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # the same by Microsoft
    ObjectIdentifier("1.2.840.113583.1.1.5"),  # the same by Adobe
}
"""What a certificate may be restricted to and still sign documents in the eyes of readers."""

_PKCS12 = re.compile(rb"\x30(?:[\x00-\x7f]|\x80|\x81.|\x82..|\x83...)\x02\x01\x03", re.DOTALL)
"""A sequence that begins with the number 3 (RFC 7292 §4): a file is one of these, or unreadable."""

_PRIVATE = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.+?-----END \1PRIVATE KEY-----", re.S)


def read_seal(files: Sequence[bytes], password: str | None, now: datetime) -> Seal:
    """The seal in these files, one of PKCS #12 or some of PEM, with as much chain as is there.

    Raises SealUnreadable, SealPasswordWrong, SealKeyMismatch, SealUnfit, SealExpired.
    """
    secret = password.encode() if password else None
    if any(b"-----BEGIN" in content for content in files):
        private, given = _from_pem(b"\n".join(files), secret)
    elif len(files) == 1 and _PKCS12.match(files[0]):
        private, given = _from_pkcs12(files[0], secret)
    else:
        raise SealUnreadable("give one file of PKCS #12, or files of PEM")
    _check_kind(private)
    chain = list(_chain(private, given))
    _check_usage(chain[0])
    der = tuple(one.public_bytes(Encoding.DER) for one in chain)
    found = Seal(written(private), der)
    check_time(found, now)
    return found


def _from_pkcs12(content: bytes, secret: bytes | None) -> tuple[Any, list[x509.Certificate]]:
    try:
        found = pkcs12.load_pkcs12(content, secret)
    except UnsupportedAlgorithm as error:
        raise SealUnreadable("the file is encrypted in a way that is not read here") from error
    except (ValueError, TypeError):
        raise SealPasswordWrong("the password does not open the file") from None
    certificates = [one.certificate for one in (found.cert, *found.additional_certs) if one]
    if found.key is None or not certificates:
        raise SealUnreadable("the file holds no private key with its certificate")
    return found.key, certificates


def _from_pem(content: bytes, secret: bytes | None) -> tuple[Any, list[x509.Certificate]]:
    keys = list(_PRIVATE.finditer(content))
    if len(keys) != 1:
        raise SealUnreadable(f"the files hold {len(keys)} private keys where one is wanted")
    pem = keys[0][0]
    encrypted = b"ENCRYPTED" in pem
    try:
        private = load_pem_private_key(pem, secret if encrypted else None)
    except UnsupportedAlgorithm as error:
        raise SealUnfit("the private key is of a kind that is not signed with") from error
    except (ValueError, TypeError):
        if encrypted:
            raise SealPasswordWrong("the password does not open the private key") from None
        raise SealUnreadable("the private key cannot be read") from None
    try:
        return private, x509.load_pem_x509_certificates(content)
    except ValueError:
        raise SealUnreadable("the files hold no certificate that can be read") from None


def _check_kind(private: Any) -> None:
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= LEAST_BITS:
        return
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, CURVES):
        return
    raise SealUnfit("the key is neither RSA of 2048 bits or more, nor P-256, P-384 or P-521")


def _chain(private: PrivateKey, given: Sequence[x509.Certificate]) -> Iterator[x509.Certificate]:
    """The key's certificate and, one after the other, whatever issued it; the rest is left out."""
    own = next((one for one in given if _belongs(one, private)), None)
    if own is None:
        raise SealKeyMismatch("none of the certificates is of this private key")
    return chain(own, given)


def _belongs(one: x509.Certificate, private: PrivateKey) -> bool:
    try:
        return one.public_key() == private.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False  # of a kind of key that is not read here


def _check_usage(own: x509.Certificate) -> None:
    """Raise SealUnfit where the certificate is restricted to something else (RFC 5280 §4.2.1)."""
    try:
        extensions = own.extensions
    except ValueError:
        raise SealUnreadable("the certificate cannot be read") from None
    for extension in extensions:
        match extension.value:
            case x509.KeyUsage() as usage:
                fit = usage.digital_signature or usage.content_commitment
            case x509.ExtendedKeyUsage() as purposes:
                fit = not PURPOSES.isdisjoint(purposes)
            case _:
                fit = True
        if not fit:
            raise SealUnfit("the certificate does not allow signing documents")
