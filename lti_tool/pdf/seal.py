"""Seals: what documents are signed with, and what is asked of others while they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Stamp = Callable[[bytes], bytes]
"""Asks a timestamp service: a TimeStampReq in, its TimeStampResp out (RFC 3161, DER). Raises
TimestampAway.
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What authorities say of a certificate and of those that issued it. All of it is DER."""

    certificates: tuple[bytes, ...] = ()
    answers: tuple[bytes, ...] = ()
    """OCSP responses (RFC 6960)."""
    lists: tuple[bytes, ...] = ()
    """CRLs (RFC 5280 §5)."""
    revoked: bool = False
    missing: str = ""
    """Why some of it could not be had; empty where all is there."""


class Standing(StrEnum):
    """What evidence says of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    """Nothing that counts: of something else, outdated, or not signed by whom it must be."""


Vouch = Callable[[Sequence[bytes]], Evidence]
"""Asks authorities about a certificate (DER), the first, which some of the rest issued."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A private key (PKCS #8, DER) and its certificates (DER), its own first, then its issuers."""

    private: bytes = field(repr=False)
    certificates: tuple[bytes, ...]
