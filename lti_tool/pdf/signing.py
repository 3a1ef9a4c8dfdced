"""Sign a PDF by pades.py, which is imported when the first is signed: pyHanko takes a second."""

from datetime import datetime
from functools import cache
from types import ModuleType

from lti_tool.domain.errors import SigningOff
from lti_tool.pdf.seal import Evidence, Seal, Stamp, Standing, Vouch


def sign(
    content: bytes,
    seal: Seal,
    *,
    name: str,
    stamp: Stamp | None = None,
    vouch: Vouch | None = None,
) -> bytes:
    """The PDF with a signature over all of it, in the name of an issuer; nothing may be added.

    It stays PDF/A-3a and PDF/UA-1. With `stamp` the service is called, twice at its first document.
    With `vouch`, too, it carries the evidence that neither seal nor service is revoked, as far as
    there is any. Raises SigningOff, SigningFailed, SealRevoked, TimestampAway, TimestampRevoked.
    """
    signed: bytes = _pades().sign(content, seal, name=name, stamp=stamp, vouch=vouch)
    return signed


def try_stamp(stamp: Stamp) -> tuple[bytes, ...]:
    """The certificates in a timestamp that a service gives, its signer's first (DER).

    Raises TimestampAway, SigningOff.
    """
    _pades()
    from lti_tool.pdf import stamping

    return stamping.try_stamp(stamp)


def judge(own: bytes, issuer: bytes, evidence: Evidence, at: datetime) -> Standing:
    """What evidence says of a certificate at a moment: evidence.py has the rules.

    Raises SigningOff.
    """
    _pades()
    from lti_tool.pdf import evidence as judging

    return judging.judge(own, issuer, evidence, at)


def signing_available() -> tuple[bool, str]:
    """Whether documents can be signed here, and if not, why not."""
    try:
        _pades()
    except SigningOff as error:
        return False, str(error)
    return True, ""


@cache
def _pades() -> ModuleType:
    try:
        from lti_tool.pdf import pades
    except (ImportError, OSError) as error:
        raise SigningOff(f"documents cannot be signed: {error}") from error
    return pades
