"""Sign certificates (PAdES) with pyHanko, which is imported when it is first needed."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Seal:
    """A private key (PKCS #8, DER) and its certificates (DER), its own first."""

    private: bytes = field(repr=False)
    certificates: tuple[bytes, ...]
