"""The rendering child that process.py starts: `python -m lti_tool.pdf PIPE MEGABYTES`."""

import json
import resource
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lti_tool.domain.errors import CertificatesOff, DesignFaulty, FactsFaulty, RenderFailed
from lti_tool.pdf.design import load_design
from lti_tool.pdf.engine import available
from lti_tool.pdf.order import Order
from lti_tool.pdf.process import PATIENCE, START_SECONDS
from lti_tool.pdf.render import render


def serve(pipe: Connection) -> None:
    """Say why nothing can be made here, if so; then answer each order with a header and a file,
    until the parent is gone.

    The system's own alarms end this process when something takes too long, whatever code is stuck
    in what loop, and also when the parent was killed and nobody waits any more.
    """
    _end_after(START_SECONDS)
    pipe.send_bytes(available()[1].encode())
    header: dict[str, Any] = {}
    with suppress(EOFError, OSError):
        while not header.get("last"):
            _end_after(0)
            order = Order.receive(pipe)
            _end_after(order.seconds)
            header, content = _answer(order)
            pipe.send_bytes(json.dumps(header).encode())
            pipe.send_bytes(content)


def _end_after(seconds: float) -> None:
    """Have this process killed after so much time of the processor, or PATIENCE times that on the
    clock; 0 calls it off.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * PATIENCE)


def _answer(order: Order) -> tuple[dict[str, Any], bytes]:
    try:
        design = load_design(Path(order.folder))
        pdf = render(design, order.facts, attachment=order.attachment, logo=order.logo)
    except (CertificatesOff, DesignFaulty, FactsFaulty) as error:
        return {"refusal": error.code, "text": str(error)}, b""
    except MemoryError:
        # The next certificate gets a child with all its memory.
        text = "rendering took too much memory"
        return {"refusal": RenderFailed.code, "text": text, "last": True}, b""
    except Exception as error:
        # Whatever a design makes the layout do. The text of the error may hold personal data.
        text = f"rendering broke: {type(error).__name__}"
        return {"refusal": RenderFailed.code, "text": text}, b""
    return {"pages": pdf.pages, "replaced": pdf.replaced}, pdf.content


if __name__ == "__main__":
    _descriptor, _megabytes = map(int, sys.argv[1:])
    _most = _megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (_most, _most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(Connection(_descriptor))
