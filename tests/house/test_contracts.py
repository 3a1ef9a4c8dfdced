"""The floor plan holds: import-linter's contracts in pyproject.toml, asked by plain pytest too."""

import subprocess
import sys

from tests.house.checkout import ROOT


def test_every_import_contract_is_kept() -> None:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    answer = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
