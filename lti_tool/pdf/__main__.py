"""The rendering child that process.py starts: `python -m lti_tool.pdf PIPE MEGABYTES`."""

import json
import resource
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lti_tool.domain.errors import CertificatesOff, DesignFaulty, FactsFaulty, RenderFailed
from lti_tool.pdf.design import Design
from lti_tool.pdf.facts import load_facts
from lti_tool.pdf.render import available, render


def serve(pipe: Connection) -> None:
    """Answer each order with a header and a file, until the parent is gone."""
    available()  # imports WeasyPrint; where it is missing, every order is answered with that
    pipe.send_bytes(b"ready")
    with suppress(EOFError):
        while True:
            header, content = _answer(json.loads(pipe.recv_bytes()))
            pipe.send_bytes(json.dumps(header).encode())
            pipe.send_bytes(content)


def _answer(order: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    design = Design(**order["design"] | {"folder": Path(order["design"]["folder"])})
    try:
        pdf = render(design, load_facts(order["facts"]))
    except (CertificatesOff, DesignFaulty, FactsFaulty) as error:
        return {"refusal": error.code, "text": str(error)}, b""
    except MemoryError:
        raise  # the next certificate gets a child with all its memory
    except Exception as error:
        # Whatever a design makes the layout do. The text of the error may hold personal data.
        text = f"rendering broke: {type(error).__name__}"
        return {"refusal": RenderFailed.code, "text": text}, b""
    return {"pages": pdf.pages}, pdf.content


if __name__ == "__main__":
    _descriptor, _megabytes = map(int, sys.argv[1:])
    _most = _megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (_most, _most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(Connection(_descriptor))
