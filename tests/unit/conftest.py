"""The command line, in an installation of a test's own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lti_tool import cli
from tests.conftest import SECRET

Run = Callable[..., Result]


@pytest.fixture
def run_before_upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`rounds` with these words, before there is a database."""
    for name in [name for name in os.environ if name.startswith("ROUNDS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ROUNDS_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("ROUNDS_SECRET_KEY", SECRET)
    return lambda *words: CliRunner().invoke(cli.main, words)


@pytest.fixture
def run(run_before_upgrade: Run) -> Run:
    """`rounds` with these words."""
    assert run_before_upgrade("upgrade").exit_code == 0
    return run_before_upgrade
