"""What import contracts cannot see: commits, product names, the purity of the domain, manners."""

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.house.checkout import files, name

CODE = files("lti_tool", "competencies", suffixes=(".py",))
SHIPPED = files("lti_tool", "templates", "config")
# The one address of the contract that carries a product's name.
CONTRACT = re.compile(r"/lti/canvas\.json|canvas_json", re.I)
PRODUCT = re.compile(r"canvas|moodle", re.I)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def test_only_the_unit_of_work_commits() -> None:
    found = {name(path) for path in CODE if ".commit(" in path.read_text("utf-8")}
    # The sandbox is another program, with a store of its own.
    assert {path for path in found if "sandbox" not in path} == {"lti_tool/services/unit.py"}


def test_products_are_named_only_in_their_wing_and_in_the_sandbox() -> None:
    rooms = ("lti_tool/lms/products/", "lti_tool/sandbox/", "lti_tool/web/static/vendor/")
    found = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in SHIPPED
        if not name(path).startswith(rooms) and path.suffix in (".py", ".html", ".toml", ".js")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if PRODUCT.search(CONTRACT.sub("", line))
    ]
    assert not found, "\n".join(found)


def test_the_domain_uses_the_standard_library_alone() -> None:
    for path in files("lti_tool/domain", suffixes=(".py",)):
        for node in ast.walk(tree(path)):
            modules = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or "."]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for module in modules:
                assert module.startswith("lti_tool.domain") or (
                    module.split(".")[0] in sys.stdlib_module_names
                ), f"{name(path)} imports {module}"


@pytest.mark.parametrize("clock", ["datetime.now(", "datetime.today(", "time.time(", "utcnow("])
def test_the_domain_has_no_clock(clock: str) -> None:
    for path in files("lti_tool/domain", suffixes=(".py",)):
        assert clock not in path.read_text("utf-8"), name(path)


def test_every_module_says_what_it_is_for() -> None:
    modules = [*CODE, *files("tests", "config", suffixes=(".py",))]
    assert [name(path) for path in modules if not ast.get_docstring(tree(path))] == []


def test_no_file_is_too_long_to_read_at_once() -> None:
    # A migration is written by a machine, once, and read from the models.
    code = [path for path in CODE if "/migrations/versions/" not in name(path)]
    long = {name(path): len(path.read_text("utf-8").splitlines()) for path in code}
    assert {path: lines for path, lines in long.items() if lines > 400} == {}


def test_there_is_no_drawer() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [name(path) for path in files("lti_tool", "tests") if path.stem in drawers] == []
    parents = {part for path in CODE for part in path.parts}
    assert not parents & drawers


def test_nothing_is_left_for_later_and_every_silenced_check_says_why() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX)\b|NotImplementedError")
    codes = r"[A-Z]+\d+(,\s*[A-Z]+\d+)*"
    silenced = re.compile(rf"#\s*(noqa(:\s*{codes})?|type:\s*ignore(\[[\w, -]+\])?)\s*$")
    for path in [*CODE, *files("tests", suffixes=(".py",))]:
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            where = f"{name(path)}:{number}"
            assert not later.search(line), where
            assert not silenced.search(line), f"{where} silences a check without a reason"
