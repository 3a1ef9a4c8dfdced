"""Vendored files are the ones their vendor.json names, byte for byte, and pages check them too."""

import base64
import hashlib
import json
import re

from tests.house.checkout import ROOT, files

VENDOR = ROOT / "lti_tool/web/static/vendor"
FACTS = json.loads((VENDOR / "vendor.json").read_text("utf-8"))


def sha384(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def test_the_file_is_the_one_that_was_packed() -> None:
    assert sha384((VENDOR / FACTS["file"]).read_bytes()) == FACTS["sha384"]
    assert re.fullmatch(r"sha512-[\w+/]{86}==", FACTS["integrity"]), "of the tarball it came in"
    assert re.fullmatch(r"\d+\.\d+\.\d+", FACTS["version"])


def test_nothing_else_is_vendored() -> None:
    named = {"vendor.json", FACTS["file"], FACTS["license_file"]}
    assert {path.name for path in VENDOR.iterdir()} == named


def test_pages_ask_for_the_very_file() -> None:
    tags = [
        tag
        for page in files("templates", suffixes=(".html",))
        for tag in re.findall(r"<script[^>]*vendor/[^>]*>", page.read_text("utf-8"))
    ]
    assert tags
    for tag in tags:
        assert FACTS["file"] in tag
        assert f'integrity="{FACTS["sha384"]}"' in tag


def test_the_license_lies_beside_it() -> None:
    assert "Permission to use" in (VENDOR / FACTS["license_file"]).read_text("utf-8")
