"""What the signature of a PDF covers and says, found out by a child process within limits."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lti_tool.domain.errors import FileChanged, FileUnreadable, FileUnsigned, SigningOff

SECONDS = 20
PATIENCE = 4
"""How many seconds may pass for each second of the processor: a machine may be busy."""
MEGABYTES = 1024
_REFUSALS = {error.code: error for error in (FileChanged, FileUnreadable, FileUnsigned)}


@dataclass(frozen=True, slots=True)
class Checked:
    """A document that is what was signed, to the last byte."""

    certificates: tuple[bytes, ...]
    """DER; the signer's own first."""
    signed_at: datetime | None
    """As the signer says, whom nobody but a timestamp service can contradict."""
    stamped_at: datetime | None
    stamped_by: str | None
    """Which service says so; whether to trust it is for the reader."""
    level: str
    """B-B, B-T or B-LT (ETSI EN 319 142-1 §6)."""
    unrevoked: bool
    """Whether it shows by itself that the signer's certificate was not revoked when stamped: by the
    word of those who issued it, in the document. Nobody else can revoke one that is its own issuer.
    """
    attachments: Mapping[str, bytes]
    """The associated files, by name."""
    addresses: frozenset[str]
    """Where the links of the pages lead."""


def check_in_process(content: bytes) -> Checked:
    """Check the signature of whatever was given for a PDF, in a process that may come to harm.

    Raises FileUnreadable, FileUnsigned, FileChanged; SigningOff where pyHanko is missing.
    """
    # Without -P whatever lies beside the file, by the name of a module, would be run.
    module = ["-P", "-m", "lti_tool.pdf.checking"]
    command = [sys.executable, *module, str(SECONDS), str(MEGABYTES)]
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            command,
            input=content,
            capture_output=True,
            timeout=SECONDS * PATIENCE,
            check=False,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},  # and no secret of ours
        )
    except subprocess.TimeoutExpired:
        raise FileUnreadable("reading it took too long") from None
    if done.returncode < 0:
        raise FileUnreadable("reading it took too long or broke")
    if done.returncode:
        raise SigningOff("the process that checks signatures does not start")
    found = json.loads(done.stdout)
    if refusal := found.get("refusal"):
        raise _REFUSALS[refusal](found["text"])
    return _checked(found)


def _checked(found: Mapping[str, Any]) -> Checked:
    return Checked(
        certificates=tuple(map(b64decode, found["certificates"])),
        signed_at=_moment(found["signed_at"]),
        stamped_at=_moment(found["stamped_at"]),
        stamped_by=found["stamped_by"],
        level=found["level"],
        unrevoked=found["unrevoked"],
        attachments={name: b64decode(data) for name, data in found["attachments"].items()},
        addresses=frozenset(found["addresses"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
