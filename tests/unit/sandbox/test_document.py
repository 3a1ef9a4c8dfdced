"""docs/sandbox.md names tests, orders, switches and people that exist, and misses none."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lti_tool.sandbox.app import Sandbox
from lti_tool.sandbox.control import ACTIONS
from lti_tool.sandbox.platform import Switches

HERE = Path(__file__).parent
DOCUMENT = (HERE.parents[2] / "docs" / "sandbox.md").read_text("utf-8")
NAMED = re.findall(r"`(test_\w+\.py)::(test_\w+)`", DOCUMENT)


@pytest.mark.parametrize(("module", "test"), NAMED)
def test_every_test_it_names_is_there(module: str, test: str) -> None:
    assert f"\ndef {test}(" in (HERE / module).read_text("utf-8")


def test_every_order_is_told() -> None:
    for order in ACTIONS:
        assert f"\n| `{order}` |" in DOCUMENT


def test_every_switch_is_told() -> None:
    for switch in fields(Switches):
        assert f"`{switch.name}`" in DOCUMENT


def test_every_person_is_told(sandbox: Sandbox) -> None:
    for house in sandbox.houses.values():
        for key in house.platform.world.people:
            assert f"`{key}`" in DOCUMENT
