"""Sign a PDF by pades.py, which is imported when the first is signed: pyHanko takes a second."""

from functools import cache
from types import ModuleType

from lti_tool.domain.errors import SigningOff
from lti_tool.pdf.seal import Seal, Stamp


def sign(content: bytes, seal: Seal, *, name: str, stamp: Stamp | None = None) -> bytes:
    """The PDF with a signature over all of it, in the name of an issuer; nothing may be added.

    It stays PDF/A-3a and PDF/UA-1. With `stamp` the service is called, twice at its first document.
    Raises SigningOff, SigningFailed, TimestampAway.
    """
    signed: bytes = _pades().sign(content, seal, name=name, stamp=stamp)
    return signed


def try_stamp(stamp: Stamp) -> None:
    """Have a timestamp service stamp something. Raises TimestampAway, SigningOff."""
    _pades().try_stamp(stamp)


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
