"""The wheel is whole: it works from another folder, where no checkout can help it."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, files, name

# One build serves them all.
pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def run(installed: Path, *arguments: str) -> str:
    """The output of a command of the unpacked wheel; -S keeps the editable install out of sight."""
    path = os.pathsep.join((str(installed), sysconfig.get_path("purelib")))
    answer = subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd="/",
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_the_wheel_holds_every_shipped_file(installed: Path) -> None:
    shipped = files("lti_tool", "competencies", "templates", "config")
    for path in shipped:
        inside = name(path)
        if inside.startswith(("templates/", "config/")):
            inside = f"lti_tool/{inside}"
        assert (installed / inside).is_file(), inside


def test_the_wheel_finds_what_it_ships(installed: Path) -> None:
    code = "from lti_tool import shipped; print(shipped.folder('templates'), shipped.__file__)"
    assert run(installed, "-c", code).split() == [
        str(installed / "lti_tool" / "templates"),
        str(installed / "lti_tool" / "shipped.py"),
    ]


def test_the_wheel_lists_its_packs(installed: Path) -> None:
    packs = run(installed, "-m", "lti_tool.cli", "packs", "list")
    for pack in (ROOT / "competencies").glob("*/pack.yaml"):
        assert pack.parent.name.replace("_", "-") in packs.replace("_", "-")
