"""Render certificates in a process of their own, within limits of time and memory.

A child is started at the first certificate and kept, because starting takes longer than rendering.
Facts go to it and files come back as plain bytes over a pipe; it gets none of our secrets.
"""

import atexit
import hashlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from functools import cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from lti_tool.domain.certificate import Facts
from lti_tool.domain.errors import CertificatesOff, DesignFaulty, FactsFaulty, RenderFailed
from lti_tool.pdf.design import Design
from lti_tool.pdf.facts import dump_facts
from lti_tool.pdf.render import Pdf

_START_SECONDS = 60
"""Importing WeasyPrint takes one to four seconds; more is a machine in trouble."""
_RENDERS_PER_CHILD = 500
"""WeasyPrint 70 keeps some 20 kB of every certificate for good; a new child gives it back."""
_LARGEST_ANSWER = 64 * 1024 * 1024
_PASSED_ON = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH"}
    | {"FONTCONFIG_FILE", "FONTCONFIG_PATH", "XDG_CACHE_HOME", "XDG_DATA_HOME"}
)
"""What of our environment the child needs to find libraries and fonts."""
_REFUSALS = {error.code: error for error in (CertificatesOff, DesignFaulty, FactsFaulty)}


def render_in_process(design: Design, facts: Facts, *, seconds: float, megabytes: int) -> Pdf:
    """Make the PDF in this process's rendering child. Threads take turns.

    `seconds` bounds this rendering, `megabytes` the address space of the child (a certificate
    needs about 300). Raises RenderFailed when a limit is passed or the child broke: it is ended
    and the next call starts another. Raises CertificatesOff, DesignFaulty, FactsFaulty as
    `render` does.
    """
    return _child(megabytes).render(design, facts, seconds)


class _Child:
    """A rendering child, started when it is first needed and again after it was ended."""

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._renders = 0

    def render(self, design: Design, facts: Facts, seconds: float) -> Pdf:
        order = {"design": asdict(design) | {"folder": str(design.folder)}}
        order["facts"] = dump_facts(facts)
        with self._turn:
            if self._renders >= _RENDERS_PER_CHILD:
                self.end()
            try:
                pipe = self._pipe or self._start()
                pipe.send_bytes(json.dumps(order).encode())
                header = json.loads(_receive(pipe, seconds))
                content = _receive(pipe, seconds)
            except (EOFError, OSError, TimeoutError) as error:
                self.end()
                cause = "took too long" if isinstance(error, TimeoutError) else "broke off"
                raise RenderFailed(f"rendering {cause}") from error
            self._renders += 1
        if refusal := header.get("refusal"):
            raise _REFUSALS.get(refusal, RenderFailed)(header["text"])
        return Pdf(content, hashlib.sha256(content).hexdigest(), header["pages"])

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        limits = [str(theirs.fileno()), str(self._megabytes)]
        environment = {name: os.environ[name] for name in _PASSED_ON & set(os.environ)}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own module, arguments of ours
                [sys.executable, "-m", "lti_tool.pdf", *limits],
                env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self._pipe, self._renders = ours, 0
        _receive(ours, _START_SECONDS)
        return ours

    def end(self) -> None:
        """Kill the process; the next render starts another."""
        if self._pipe:
            self._pipe.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        self._pipe = self._process = None


@cache
def _child(megabytes: int) -> _Child:
    child = _Child(megabytes)
    atexit.register(child.end)
    return child


def _receive(pipe: Connection, seconds: float) -> bytes:
    if not pipe.poll(seconds):
        raise TimeoutError
    return pipe.recv_bytes(_LARGEST_ANSWER)
