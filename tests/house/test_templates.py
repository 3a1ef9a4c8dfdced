"""Pages work under a strict content policy, and every text a person reads can be translated."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment

from lti_tool.web.assessment_words import STATEMENTS
from tests.house.checkout import ROOT, files, name

PAGES = [path for path in files("templates", suffixes=(".html",)) if "designs" not in path.parts]
INLINE = re.compile(
    r"""\s(style|on[a-z]+|hx-on[\w:.-]*)\s*=   # an attribute that holds style or script
      | <style\b | <script\b(?![^>]*\ssrc=) | javascript:""",
    re.I | re.X,
)
MARKERS = {"_", "gettext", "ngettext", "pgettext", "npgettext", "lazy_gettext"}


def test_there_are_pages() -> None:
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_holds_no_style_and_no_script_of_its_own(page: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", page.read_text("utf-8"), flags=re.S)
    assert [match[0] for match in INLINE.finditer(text)] == []


def in_pages() -> Iterator[tuple[str, object]]:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for page in PAGES:
        source = page.read_text("utf-8")
        for line, marker, text in environment.extract_translations(source):
            if marker in MARKERS:
                first = text[0] if isinstance(text, tuple) else text
                yield f"{name(page)}:{line}", first


def in_code() -> Iterator[tuple[str, object]]:
    for path in files("lti_tool", suffixes=(".py",)):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in MARKERS
            ):
                first = node.args[0] if node.args else None
                text = first.value if isinstance(first, ast.Constant) else None
                yield f"{name(path)}:{node.lineno}", text


@pytest.mark.parametrize("source", [in_pages, in_code])
def test_every_marked_text_is_a_text(source: object) -> None:
    assert callable(source)
    for where, text in source():
        assert isinstance(text, str), where
        assert text.strip(), where
        assert "!" not in text, f"{where} shouts"
        assert not re.search(r"\bplease\b", text, re.I), f"{where} begs"


def test_what_a_translator_is_given_holds_every_text(tmp_path: Path) -> None:
    found = tmp_path / "messages.pot"
    extract = ["extract", "-F", "pyproject.toml", "-k", "lazy_gettext", "-o", str(found), "."]
    command = [sys.executable, "-m", "babel.messages.frontend", *extract]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with found.open("rb") as file:
        catalog = read_po(file)
    marked = {*(text for _, text in in_pages()), *(text for _, text in in_code())}
    given = {one.id[0] if isinstance(one.id, tuple) else one.id for one in catalog}
    assert marked <= given
    assert {str(words) for words in STATEMENTS.values()} <= marked
