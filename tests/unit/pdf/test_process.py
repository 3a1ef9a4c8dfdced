"""The rendering child: whatever a certificate does to it, the next one is made."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from lti_tool import pdf
from lti_tool.domain.errors import (
    CertificatesOff,
    DesignFaulty,
    FactsFaulty,
    RendererAway,
    RenderFailed,
)
from lti_tool.pdf import SAMPLE_LOGO
from tests.certificates import FACTS
from tests.renderers import renderers
from tests.unit.pdf.designs import STANDARD, write

STORED = pdf.dump_facts(FACTS)
LIMITS = {"seconds": 60, "megabytes": 1024}

LOOP = "{% for x in range(9999) %}{% for x in range(9999) %}x{% endfor %}{% endfor %}"
POWER = "{{ 9**(9**9) }}"
"""Python's own arithmetic, which neither another thread nor an exception can interrupt."""


def made() -> bool:
    """Whether a certificate is made, within the limits of most tests here."""
    return pdf.render_in_process(STANDARD, STORED, **LIMITS).pages == 1


def child() -> int:
    """The process id of the child, once it has started."""
    assert made()
    (pid,) = renderers(os.getpid(), LIMITS["megabytes"])
    return pid


def test_a_file_is_the_same_from_whichever_process(rendered: pdf.Pdf) -> None:
    assert pdf.render_in_process(STANDARD, STORED, **LIMITS) == rendered


def test_a_credential_and_a_logo_go_along(design: pdf.Design) -> None:
    more = {"attachment": bytes(range(256)) * 4000, "logo": SAMPLE_LOGO}
    made = pdf.render_in_process(STANDARD, STORED, **LIMITS, **more)
    assert made == pdf.render(design, FACTS, **more)


# -- Limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [LOOP, POWER], ids=["loop", "power"])
def test_a_design_that_takes_too_long_is_ended(own: Path, body: str) -> None:
    write(own, body)
    with pytest.raises(RenderFailed, match="too long"):
        pdf.render_in_process(own, STORED, seconds=0.2, megabytes=1024)
    assert made()


@pytest.mark.parametrize("body", [LOOP, "{{ 'x' * 10**11 }}"], ids=["loop", "constant"])
def test_a_design_that_eats_memory_is_ended(own: Path, body: str) -> None:
    write(own, body)
    with pytest.raises(RenderFailed, match="too much memory"):
        pdf.render_in_process(own, STORED, **LIMITS | {"megabytes": 512})
    assert made()


def test_a_design_that_breaks_the_layout_fails_by_name(own: Path) -> None:
    write(own, "<div>" * 900)
    with pytest.raises(RenderFailed, match="RecursionError"):
        pdf.render_in_process(own, STORED, **LIMITS)


def test_refusals_come_back_from_the_child_as_they_were(own: Path) -> None:
    write(own, "{{ person.signatory }}")
    with pytest.raises(DesignFaulty, match="signatory"):
        pdf.render_in_process(own, STORED, **LIMITS)
    with pytest.raises(FactsFaulty, match="person"):
        pdf.render_in_process(STANDARD, STORED | {"person": ""}, **LIMITS)


def test_nothing_in_the_present_folder_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "resource.py").write_text("raise SystemExit('was run')", "utf-8")
    monkeypatch.chdir(tmp_path)
    # Other limits than elsewhere, for a child that is started here.
    assert pdf.render_in_process(STANDARD, STORED, seconds=60, megabytes=1023).pages == 1


def test_the_child_gets_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDS_SECRET_KEY", "only-for-tests")
    os.kill(child(), signal.SIGKILL)
    with pytest.raises(RenderFailed):
        made()
    environment = Path(f"/proc/{child()}/environ").read_text("utf-8")
    assert "LC_ALL" in environment or "PATH" in environment
    assert "ROUNDS" not in environment


# -- A child that ends, or does not --------------------------------------------------------------


def test_a_child_killed_in_the_middle_takes_one_certificate_along(own: Path) -> None:
    write(own, LOOP)
    busy, failed = child(), []

    def render() -> None:
        with pytest.raises(RenderFailed) as caught:
            pdf.render_in_process(own, STORED, **LIMITS)
        failed.append(str(caught.value))

    rendering = Thread(target=render)
    rendering.start()
    while "R" not in Path(f"/proc/{busy}/stat").read_text("utf-8").rpartition(")")[2].split()[0]:
        time.sleep(0.01)
    os.kill(busy, signal.SIGKILL)
    rendering.join()
    assert failed == ["rendering broke off by SIGKILL"]
    assert child() != busy


def test_a_design_that_waits_for_ever_is_not_waited_for(own: Path) -> None:
    os.mkfifo(own / "never.svg")
    write(own, '<img alt="x" src="never.svg">')
    with pytest.raises(RenderFailed, match="too long"):
        pdf.render_in_process(own, STORED, seconds=0.2, megabytes=1024)
    assert made()


@pytest.mark.parametrize("size", [1, 3_000_000])
def test_a_child_that_stands_still_is_not_waited_for(size: int) -> None:
    """Stopped it hears no alarm, and takes no order that is larger than the pipe."""
    stopped = child()
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(RenderFailed, match="too long"):
        pdf.render_in_process(
            STANDARD, STORED | {"activity": "x" * size}, seconds=0.2, megabytes=1024
        )
    assert child() != stopped


ENDLESS = """
import sys
from pathlib import Path
from lti_tool import pdf
from tests.certificates import FACTS
pdf.render_in_process(Path(sys.argv[1]), pdf.dump_facts(FACTS), seconds=4, megabytes=1024)
"""


@pytest.mark.parametrize("body", [LOOP, POWER], ids=["loop", "power"])
def test_no_child_outlives_a_parent_that_was_killed(own: Path, body: str) -> None:
    write(own, body)
    words = [sys.executable, "-c", ENDLESS, str(own)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    parent = subprocess.Popen(words, env=environment)
    while not (orphans := renderers(parent.pid)):
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    while renderers() & orphans:
        time.sleep(0.05)


# -- No child to be had --------------------------------------------------------------------------

WITHOUT_PANGO = """
import cffi
real = cffi.FFI.dlopen
def dlopen(self, name, flags=0):
    if "pangoft2" in str(name):
        raise OSError(f"cannot load library '{name}': no such file")
    return real(self, name, flags)
cffi.FFI.dlopen = dlopen
"""


@pytest.mark.parametrize(
    ("start", "refusal", "why"),
    [
        (WITHOUT_PANGO, CertificatesOff, "missing libpangoft2-1.0-0"),
        ("import sys; sys.modules['weasyprint'] = None", CertificatesOff, "weasyprint"),
        ("import os; os.abort()", RendererAway, "broke off by SIGABRT"),
    ],
    ids=["library", "package", "crash"],
)
def test_what_is_wrong_with_the_machine_is_said_and_asked_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    start: str,
    refusal: type[Exception],
    why: str,
) -> None:
    """As on a machine that lacks something: by a module that Python starts with."""
    faulty = tmp_path / "sitecustomize.py"
    faulty.write_text(start)
    monkeypatch.syspath_prepend(tmp_path)
    limits = {"megabytes": 1000 + len(why)}
    with pytest.raises(refusal, match=why):
        pdf.render_in_process(STANDARD, STORED, seconds=3600, **limits)
    faulty.unlink()
    with pytest.raises(refusal, match=why):
        pdf.render_in_process(STANDARD, STORED, seconds=3600, **limits)


def test_a_process_that_cannot_be_started_is_started_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = {"seconds": 5, "megabytes": 1022}
    with monkeypatch.context() as without_python:
        without_python.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(RendererAway, match="No such file"):
            pdf.render_in_process(STANDARD, STORED, **limits)
    while True:
        try:
            assert pdf.render_in_process(STANDARD, STORED, **limits).pages == 1
            return
        except RendererAway:
            time.sleep(0.1)


def test_without_pango_it_says_what_to_install() -> None:
    asking = 'from lti_tool import pdf\nprint(*pdf.available(), sep="\\n")'
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_PANGO + asking],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    answer, why = ran.stdout.splitlines()
    assert answer == "False"
    assert why.startswith("certificates off: missing libpangoft2-1.0-0.")
    assert "apt-get install" in why


def test_with_pango_it_is_available() -> None:
    assert pdf.available() == (True, "")
