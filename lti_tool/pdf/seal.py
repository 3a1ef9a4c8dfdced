"""Seals: what documents are signed with."""

from collections.abc import Callable
from dataclasses import dataclass, field

Stamp = Callable[[bytes], bytes]
"""Asks a timestamp service: a TimeStampReq in, its TimeStampResp out (RFC 3161, DER). Raises
TimestampAway.
"""


@dataclass(frozen=True, slots=True)
class Seal:
    """A private key (PKCS #8, DER) and its certificates (DER), its own first, then its issuers."""

    private: bytes = field(repr=False)
    certificates: tuple[bytes, ...]
