"""Baking: a credential inside a picture, as Open Badges 3.0 says (section "Baked Badge").

The picture is the same for everyone. badge.png was drawn from badge.svg.
"""

import re
import struct
import zlib
from functools import cache
from pathlib import Path

KEYWORD = b"openbadgecredential"
NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_END = len(SIGNATURE) + 25
"""Where the first chunk of every PNG, its IHDR, is over."""

_IN_SVG = re.compile(rb"""<openbadges:credential\s[^<>]*?\bverify=["']([\w.-]+)["']""", re.ASCII)


def baked_png(credential: str) -> bytes:
    """The picture as a PNG with the credential in an iTXt chunk, uncompressed."""
    plain = _picture("badge.png")
    # No compression, and neither a language nor a keyword in it.
    text = KEYWORD + b"\0" + b"\0\0" + b"\0" + b"\0" + credential.encode("ascii")
    chunk = b"iTXt" + text
    framed = struct.pack(">I", len(text)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return plain[:HEADER_END] + framed + plain[HEADER_END:]


def baked_svg(credential: str) -> bytes:
    """The picture as an SVG with the credential in its first element."""
    opening, end, rest = _picture("badge.svg").partition(b">")
    names = f' xmlns:openbadges="{NAMESPACE}"'.encode("ascii")
    element = f'\n<openbadges:credential verify="{credential}"/>'.encode("ascii")
    return opening + names + end + element + rest


def credential_in(picture: bytes) -> str | None:
    """The credential that was baked into a picture, whoever baked it; None where there is none.

    Says nothing about whether it is genuine.
    """
    if picture.startswith(SIGNATURE):
        return _in_png(picture)
    found = _IN_SVG.search(picture)
    return found[1].decode("ascii") if found else None


def _in_png(picture: bytes) -> str | None:
    """The text of the first such chunk. One that is cut off, or compressed, is none."""
    at = len(SIGNATURE)
    while at + 12 <= len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        kind, content = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        if len(content) < length:
            return None
        if kind == b"iTXt" and content.startswith(KEYWORD + b"\0\0"):
            translated = content[len(KEYWORD) + 3 :].split(b"\0", 2)
            text = translated[2] if len(translated) == 3 else b""
            return text.decode("ascii") if text.isascii() and text else None
        at += 12 + length
    return None


@cache
def _picture(name: str) -> bytes:
    return Path(__file__).with_name(name).read_bytes()
