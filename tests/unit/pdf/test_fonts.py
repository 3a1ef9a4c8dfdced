"""The fonts of certificates: the ones their vendor.json names, and what they can write."""

import base64
import hashlib
import json
import re

import pytest
from fontTools.ttLib import TTFont

from lti_tool.pdf.template import SHARED

FONTS = SHARED / "fonts"
PACKAGES = json.loads((FONTS / "vendor.json").read_text("utf-8"))
FILES = {name: digest for package in PACKAGES for name, digest in package["files"].items()}


def test_the_files_are_the_ones_that_were_packed() -> None:
    for name, digest in FILES.items():
        content = hashlib.sha384((FONTS / name).read_bytes()).digest()
        assert f"sha384-{base64.b64encode(content).decode()}" == digest, name
    for package in PACKAGES:
        assert re.fullmatch(r"sha512-[\w+/]{86}==", package["integrity"]), "of the tarball"
        assert "SIL OPEN FONT LICENSE" in (FONTS / package["license_file"]).read_text("utf-8")


def test_nothing_else_is_vendored_and_each_is_used() -> None:
    licences = {package["license_file"] for package in PACKAGES}
    assert {path.name for path in FONTS.iterdir()} == {"vendor.json", *licences, *FILES}
    sheet = (SHARED / "fonts.css").read_text("utf-8")
    assert set(re.findall(r"url\(rounds:fonts/(.+?)\)", sheet)) == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_each_writes_latin_greek_cyrillic_and_vietnamese(name: str) -> None:
    with TTFont(FONTS / name) as font:
        letters = set(map(chr, font.getBestCmap()))
    assert set("ZielińskaÇßÞŁőğȘțÐāķ ΆλφαΩώ ЖуковЇҐЎјљ ĐặngNguyễn —…·") <= letters
