"""Chains of certificates: which one issued which."""

from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import (
    AuthorityKeyIdentifier,
    Certificate,
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
    SubjectKeyIdentifier,
    UnsupportedGeneralNameType,
    load_der_x509_certificate,
)

UNREADABLE = (
    *(ValueError, UnsupportedAlgorithm),
    *(InvalidVersion, DuplicateExtension, UnsupportedGeneralNameType),
)
"""What a certificate that is none, or a list of revoked ones, makes of its reader."""

LONGEST_CHAIN = 8
"""Links. Nobody's has so many, but whoever makes one up may hope that each is asked about."""


def chain(own: Certificate, others: Iterable[Certificate]) -> Iterator[Certificate]:
    """The certificate and, one after the other, whatever issued it; the rest is left out, and what
    goes beyond LONGEST_CHAIN.
    """
    rest, link = list(others), own
    for _ in range(LONGEST_CHAIN):
        yield link
        if is_root(link):
            return
        rest = [one for one in rest if one != link]
        issuer = next((one for one in rest if issued(link, one)), None)
        if issuer is None:
            return
        link = issuer


def chain_in(certificates: Iterable[bytes]) -> list[Certificate]:
    """The chain of the first of these (DER), without those that cannot be read; empty if that is
    the first.
    """
    read = list(map(read_certificate, certificates))
    own, *others = read or [None]
    return [] if own is None else list(chain(own, filter(None, others)))


def read_certificate(content: bytes) -> Certificate | None:
    """The certificate that these bytes are (DER); None where not all of it can be read."""
    try:
        found = load_der_x509_certificate(content)
        _ = found.issuer, found.subject, found.extensions  # which are read when they are asked for
    except UNREADABLE:
        return None
    return found


def is_root(link: Certificate) -> bool:
    """Whether nobody else vouches for it: it names itself as its issuer, and no other key.

    Its signature of itself would prove nothing, and that of many an old one is not checked any more
    by anybody (SHA-1).
    """
    return link.issuer == link.subject and not _names_another_key(link)


def _names_another_key(link: Certificate) -> bool:
    """As one has it that goes over from an old key of the same authority (RFC 5280 §3.2)."""
    try:
        above = link.extensions.get_extension_for_class(AuthorityKeyIdentifier).value
        own = link.extensions.get_extension_for_class(SubjectKeyIdentifier).value
    except (ExtensionNotFound, *UNREADABLE):
        return False
    return above.key_identifier not in (None, own.digest)


def issued(link: Certificate, issuer: Certificate) -> bool:
    """Whether this one's key signed that certificate."""
    try:
        link.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
