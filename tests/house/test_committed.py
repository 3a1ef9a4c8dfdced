"""Nothing committed names one machine or one registry, and the lock is what pyproject.toml asks."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.checkout import ROOT, files, name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DIRECT = [
    Requirement(line)
    for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PINS = {
    canonicalize_name(pin): ver for pin, ver in re.findall(r"^([\w.-]+)==([^ ;\\]+)", LOCK, re.M)
}
# In pieces, so that this file does not name what it looks for.
FOREIGN = re.compile(
    "|".join(
        ("pypi" r"\.org", "python" r"hosted\.org", "registry" r"\.npmjs", r"(?<![\w.])/wo" "rk/")
    )
)


def test_the_lock_names_no_host() -> None:
    assert "://" not in LOCK
    assert "index-url" not in LOCK


def test_every_pin_is_hashed() -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.M)[1:]
    assert len(blocks) == len(PINS)
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("wanted", DIRECT, ids=str)
def test_the_lock_holds_what_the_project_asks_for(wanted: Requirement) -> None:
    assert PINS[canonicalize_name(wanted.name)] in wanted.specifier


@pytest.mark.parametrize("wanted", DIRECT, ids=lambda wanted: wanted.name)
def test_every_direct_dependency_has_its_reason(wanted: Requirement) -> None:
    reasons = (ROOT / "docs/decisions/0003-dependencies.md").read_text("utf-8").lower()
    assert f"| `{wanted.name}` |" in reasons


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    found = [
        f"{name(path)}:{number}"
        for path in files()
        if b"\0" not in (content := path.read_bytes())
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert found == []
