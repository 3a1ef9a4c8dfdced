"""What can be set, run or refused is documented, and the documents name nothing else."""

import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields

import click
import pytest

import lti_tool
from lti_tool.domain.errors import RoundsError
from lti_tool.settings import Settings
from tests.house.checkout import ROOT

SETTINGS = [setting.name for setting in fields(Settings)]
DEFAULTS = (ROOT / "config" / "default.toml").read_text("utf-8")


def document(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_has_a_default_with_its_reason_and_a_row_in_the_manual(setting: str) -> None:
    assert re.search(rf"^# .+\n{setting} = ", DEFAULTS, re.M), "no reason above the default"
    assert f"| `ROUNDS_{setting.upper()}` |" in document("docs/configure.md")


def test_no_default_and_no_row_of_the_manual_is_left_over() -> None:
    assert set(tomllib.loads(DEFAULTS)) == set(SETTINGS)
    rows = set(re.findall(r"^\| `ROUNDS_(\w+)` \|", document("docs/configure.md"), re.M))
    assert {row.lower() for row in rows} == {*SETTINGS, "settings"}


def refusals() -> list[type[RoundsError]]:
    """Every refusal the tool can give: its modules are imported first, so that none is missed."""
    for module in pkgutil.walk_packages(lti_tool.__path__, "lti_tool."):
        if not module.name.startswith(("lti_tool.migrations.", "lti_tool.sandbox")):
            importlib.import_module(module.name)

    def below(kind: type[RoundsError]) -> Iterator[type[RoundsError]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    return [kind for kind in below(RoundsError) if kind.__module__.startswith("lti_tool.")]


def test_every_refusal_has_a_code_of_its_own_that_the_manual_explains() -> None:
    manual, seen = document("docs/errors.md"), set()
    for kind in refusals():
        code = vars(kind).get("code")
        assert code, f"{kind.__qualname__} has no code of its own"
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code), code
        assert code not in seen, f"{code} stands for two refusals"
        assert f"`{code}`" in manual, f"docs/errors.md does not explain {code}"
        seen.add(code)


def commands(group: click.Group, path: str) -> Iterator[str]:
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {word}")
        elif not command.hidden:
            yield f"{path} {word}"


def test_every_command_is_in_the_manual() -> None:
    from lti_tool import cli

    manual = "\n".join(path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md"))
    assert isinstance(cli.main, click.Group)
    for command in commands(cli.main, "rounds"):
        assert f"`{command}" in manual + document("README.md"), command


def test_every_link_between_documents_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
