"""Render certificates in a process of their own, within limits of time and memory.

A child is started at the first certificate and kept, because starting takes longer than rendering.
A design's folder and a certificate's facts go to it as they are, and files come back as plain bytes
over a pipe: nothing that a design says is run in this process. The child gets none of our secrets.
"""

import atexit
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lti_tool.domain.errors import (
    CertificatesOff,
    DesignFaulty,
    DesignLacks,
    FactsFaulty,
    RendererAway,
    RenderFailed,
)
from lti_tool.pdf.logo import Logo
from lti_tool.pdf.order import Order
from lti_tool.pdf.render import Pdf

START_SECONDS = 30
"""Importing WeasyPrint takes one to four seconds; more is a machine in trouble."""
PATIENCE = 4
"""How many seconds may pass for each second of the processor: a machine may be busy."""
_RENDERS_PER_CHILD = 500
"""WeasyPrint 70 keeps some 20 kB of every certificate for good; a new child gives it back."""
_LARGEST_ANSWER = 64 * 1024 * 1024
_GRACE_SECONDS = 1
"""How long a child is waited for that ought to have ended by itself, before it is killed."""
_PASSED_ON = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH"}
    | {"FONTCONFIG_FILE", "FONTCONFIG_PATH", "XDG_CACHE_HOME", "XDG_DATA_HOME"}
)
"""What of our environment the child needs to find libraries and fonts."""
_REFUSALS = {
    error.code: error for error in (CertificatesOff, DesignFaulty, DesignLacks, FactsFaulty)
}


def render_in_process(
    folder: Path,
    facts: Mapping[str, Any],
    *,
    seconds: float,
    megabytes: int,
    attachment: bytes | None = None,
    logo: Logo | None = None,
) -> Pdf:
    """Make the PDF of stored facts (`dump_facts`) in this process's rendering child.

    Threads take turns. `seconds` bounds this rendering in time of the processor, and PATIENCE times
    that on the clock; `megabytes` bounds the address space of the child, of which a certificate
    needs about 300.

    Raises DesignFaulty and FactsFaulty as `load_design`, `load_facts` and `render` do; RenderFailed
    when a limit is passed or the child broke over this certificate: it is ended and the next call
    starts another. Raises CertificatesOff and RendererAway when there is no child to be had, for
    whatever certificate; then none is started for the next `seconds` either.
    """
    return _child(megabytes).render(Order(str(folder), facts, seconds, attachment, logo))


class _Child:
    """A rendering child, started when it is first needed and again after it was ended."""

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes
        self._turn = threading.Lock()
        self._process: _Process | None = None
        self._trouble: CertificatesOff | RendererAway | None = None
        self._paused_until = 0.0

    def render(self, order: Order) -> Pdf:
        with self._turn:
            process = self._process or self._start(order.seconds)
            try:
                header, content = process.ask(order)
            except (EOFError, OSError) as error:
                raise RenderFailed(f"rendering {_how(error, self.end())}") from None
            if header.get("last") or process.renders >= _RENDERS_PER_CHILD:
                self.end()
        if refusal := header.get("refusal"):
            raise _REFUSALS.get(refusal, RenderFailed)(header["text"])
        sha256 = hashlib.sha256(content).hexdigest()
        return Pdf(content, sha256, header["pages"], header["replaced"])

    def _start(self, pause: float) -> "_Process":
        """Start a process. After one that did not come up the next is started `pause` seconds
        later: a thousand certificates must not try it a thousand times.
        """
        if self._trouble and time.monotonic() < self._paused_until:
            raise type(self._trouble)(*self._trouble.args)
        try:
            self._process, self._trouble = _open(self._megabytes), None
        except (CertificatesOff, RendererAway) as trouble:
            self._trouble, self._paused_until = trouble, time.monotonic() + pause
            raise
        return self._process

    def end(self) -> int | None:
        """End the process, if there is one; the next render starts another. Its exit status."""
        process, self._process = self._process, None
        return process.end() if process else None


class _Process:
    """One process that renders, and our end of the pipe to it."""

    def __init__(self, popen: subprocess.Popen[bytes], pipe: Connection) -> None:
        self._popen = popen
        self._pipe = pipe
        self.renders = 0

    def greeting(self) -> str:
        """Why nothing can be made here; "" where all is well."""
        with self._killed_after(START_SECONDS):
            return self._pipe.recv_bytes().decode()

    def ask(self, order: Order) -> tuple[dict[str, Any], bytes]:
        """Have a certificate made. Raises OSError and EOFError when the process breaks."""
        self.renders += 1
        with self._killed_after(order.seconds):
            order.send(self._pipe)
            header = json.loads(self._pipe.recv_bytes(_LARGEST_ANSWER))
            return header, self._pipe.recv_bytes(_LARGEST_ANSWER)

    @contextmanager
    def _killed_after(self, seconds: float) -> Iterator[None]:
        """Raise TimeoutError a moment after `seconds` times PATIENCE, so that nobody waits for
        ever. By then the process has ended itself, unless it is stopped or waits for a disk.
        """
        late = threading.Timer(seconds * PATIENCE + _GRACE_SECONDS, self._kill)
        late.start()
        try:
            yield
        except (EOFError, OSError):
            if late.finished.is_set():
                raise TimeoutError from None
            raise
        finally:
            late.cancel()

    def _kill(self) -> None:
        """With whatever it started, which might keep the pipe open."""
        os.killpg(self._popen.pid, signal.SIGKILL)

    def end(self) -> int:
        """End it, if need be by force; its exit status."""
        self._pipe.close()
        try:
            return self._popen.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            return self._popen.wait()


def _open(megabytes: int) -> _Process:
    """A process that is ready. Raises CertificatesOff, RendererAway."""
    cannot = "starting a process that renders"
    try:
        ours, theirs = Pipe()
        with theirs:
            process = _Process(_spawn(theirs.fileno(), megabytes), ours)
    except OSError as error:
        raise RendererAway(f"{cannot} failed: {error.strerror}") from error
    try:
        why = process.greeting()
    except (EOFError, OSError) as error:
        raise RendererAway(f"{cannot} {_how(error, process.end())}") from error
    if why:
        process.end()
        raise CertificatesOff(why)
    return process


def _spawn(descriptor: int, megabytes: int) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _PASSED_ON & set(os.environ)}
    return subprocess.Popen(  # noqa: S603  # our own module, arguments of ours
        # Without -P a module that lies in the present folder, maybe the design's, would be run.
        [sys.executable, "-P", "-m", "lti_tool.pdf", str(descriptor), str(megabytes)],
        env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # libraries write what they please, people's names included
        pass_fds=[descriptor],
        start_new_session=True,  # a Ctrl-C is not for it, and what it starts ends with it
    )


def _how(error: Exception, status: int | None) -> str:
    """What became of a process, as the end of a sentence."""
    if isinstance(error, TimeoutError) or status in (-signal.SIGALRM, -signal.SIGPROF):
        return "took too long"
    return f"broke off by {signal.Signals(-status).name}" if status and status < 0 else "broke off"


@cache
def _child(megabytes: int) -> _Child:
    child = _Child(megabytes)
    atexit.register(child.end)
    return child
