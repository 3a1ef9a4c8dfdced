"""Credentials in pictures: an independent reader finds them, and we find those of others."""

import struct
import zlib
from io import BytesIO
from xml.etree import ElementTree

import pytest
from openbadgeslib import baking as other
from openbadgeslib.ob3 import OB3Verifier
from PIL import Image

from lti_tool.credentials.baking import (
    HEADER_END,
    baked_png,
    baked_svg,
    credential_in,
)

JWT = f"{'aA0-_' * 9}.{'bB1-_' * 8000}.{'cC2-_' * 60}"


def test_another_reader_finds_it_in_both_pictures() -> None:
    assert OB3Verifier.extract_token_from_png(baked_png(JWT)) == JWT
    assert OB3Verifier.extract_token_from_svg(baked_svg(JWT)) == JWT


@pytest.mark.parametrize("picture", [baked_png(JWT), baked_svg(JWT)], ids=["png", "svg"])
def test_we_find_it_again(picture: bytes) -> None:
    assert credential_in(picture) == JWT


def test_both_are_still_pictures() -> None:
    with Image.open(BytesIO(baked_png(JWT))) as png:
        png.load()
        assert (png.size, png.text["openbadgecredential"]) == ((512, 512), JWT)
    svg = ElementTree.fromstring(baked_svg(JWT))
    assert svg[0].tag == "{https://purl.imsglobal.org/ob/v3p0}credential"
    assert svg.attrib["viewBox"] == "0 0 512 512"


def test_what_another_baked_is_found() -> None:
    before, _, after = baked_png("a.b.c").partition(b"a.b.c")
    checksum = 4
    plain = before[:HEADER_END] + after[checksum:]
    assert credential_in(plain) is None
    png = other.bake_png(plain, JWT, keyword=other.ITXT_KEYWORD_OB3)
    assert credential_in(png) == JWT


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"%PDF-1.7",
        b"<svg/>",
        b'<svg><openbadges:credential verify="<script>"/></svg>',
        baked_png(JWT)[: HEADER_END + 5000],
        baked_png(JWT)[: HEADER_END + 10],
        baked_png(JWT)[:HEADER_END],
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 40,
    ],
)
def test_what_is_no_such_picture_has_none(odd: bytes) -> None:
    assert credential_in(odd) is None


def test_a_compressed_one_is_none() -> None:
    packed = b"openbadgecredential\0\1\0\0\0" + zlib.compress(b"a.b.c")
    chunk = struct.pack(">I", len(packed)) + b"iTXt" + packed + b"\0\0\0\0"
    assert credential_in(baked_png("a.b.c")[:HEADER_END] + chunk) is None
