"""The sandbox as a program: on loopback only, on its own, sharing nothing with the tool."""

import subprocess
import sys

import pytest
import requests

from lti_tool.sandbox.serve import loopback, main
from tests.sandbox_server import start_sandbox


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("sandbox.example", False),
        ("", False),
    ],
)
def test_loopback_names(host: str, local: bool) -> None:
    assert loopback(host) is local


def test_any_other_host_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "0.0.0.0"]) == 2
    assert "this computer only" in capsys.readouterr().err


def test_it_starts_answers_and_ends_in_order() -> None:
    server = start_sandbox("http://127.0.0.1:8000")
    try:
        assert server.registrations()["canvas"]["issuer"] == server.origin(2)
        assert server.grade("canvas", "competencies", "amara") is None
        assert requests.get(server.origin(3), timeout=5).url == f"{server.base}/"
        taken = subprocess.run(
            [sys.executable, "-m", "lti_tool.sandbox", "--port-base", str(server.port_base)],
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert taken.returncode == 1
        assert "could not take its ports" in taken.stderr
    finally:
        server.stop()


def test_it_imports_nothing_of_the_tool() -> None:
    code = (
        "import sys, lti_tool.sandbox.serve;"
        "print([m for m in sys.modules if m.startswith(('lti_tool.', 'pylti1p3', 'competencies'))"
        " and not m.startswith('lti_tool.sandbox')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
