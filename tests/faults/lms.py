"""An LMS that fails as it is told: for all messages, for one person, for one column, for tokens."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ITEM = "/items/1"
"""The path of the column that a test's first activity has."""
LONGEST_SILENCE = 250


@dataclass(frozen=True)
class Fault:
    """How a call is answered in place of what it asks for."""

    status: int = 500
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    takes: bool = False
    """The score is taken, whatever the answer says."""
    drops: bool = False
    """The connection is closed without an answer."""
    half: bool = False
    """The body breaks off in the middle."""
    silent: bool = False
    """Nothing comes, until the LMS is well again; then the connection is closed."""


@dataclass(frozen=True)
class Call:
    """One score that came: of whom, into which column, the number and its stamp."""

    user: str
    item: str
    score: float | None
    stamp: str


class FaultyLms:
    """Tokens, scores and results, each well until told otherwise. Threads of its own answer."""

    def __init__(self) -> None:
        self.origin = ""
        self.calls: list[Call] = []
        """Every score that was asked to be taken, in the order they came."""
        self.taken: list[Call] = []
        """Those that were taken."""
        self.tokens = 0
        self.readings = 0
        self.fault: Fault | None = None
        """Of every score."""
        self.of_user: dict[str, Fault] = {}
        self.of_item: dict[str, Fault] = {}
        self.of_tokens: Fault | None = None
        self.of_results: Fault | None = None
        self.held = threading.Semaphore(0)
        """Released once for each call that meets with silence."""
        self._well = threading.Event()

    def recover(self) -> None:
        """Be well from now on; who waits in silence is hung up on."""
        self.fault = self.of_tokens = self.of_results = None
        self.of_user.clear()
        self.of_item.clear()
        self._well.set()

    def shown(self) -> dict[tuple[str, str], float | None]:
        """The newest number of each cell."""
        return {(call.item, call.user): call.score for call in self.taken}

    def rises(self) -> bool:
        """Whether no cell ever took a message that was not newer than the one before."""
        last: dict[tuple[str, str], str] = {}
        for call in list(self.taken):
            cell = call.item, call.user
            if call.stamp <= last.get(cell, ""):
                return False
            last[cell] = call.stamp
        return True

    # What the server asks -------------------------------------------------------------------------

    def score(self, item: str, document: Mapping[str, Any]) -> Fault | None:
        user = document["userId"]
        call = Call(user, item, document.get("scoreGiven"), document["timestamp"])
        self.calls.append(call)
        fault = self.of_user.get(user) or self.of_item.get(item) or self.fault
        if fault is None or fault.takes:
            self.taken.append(call)
        return fault

    def results(self, item: str) -> list[dict[str, Any]]:
        self.readings += 1
        return [
            {"userId": user, "resultScore": score, "resultMaximum": 100}
            for (where, user), score in self.shown().items()
            if where == item
        ]

    def keep_silent(self) -> None:
        self.held.release()
        self._well.wait(LONGEST_SILENCE)


@contextmanager
def faulty_lms() -> Iterator[FaultyLms]:
    """One that is well, on a free port of 127.0.0.1, until the block ends."""
    lms = FaultyLms()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/token":
                lms.tokens += 1
                token = {"access_token": f"t-{lms.tokens}", "expires_in": 3600}
                self._answer(lms.of_tokens, json.dumps(token))
            else:
                item = self.path.partition("?")[0].removesuffix("/scores")
                self._answer(lms.score(item, json.loads(body)), "")

        def do_GET(self) -> None:
            item = self.path.partition("?")[0].removesuffix("/results")
            self._answer(lms.of_results, json.dumps(lms.results(item)))

        def _answer(self, fault: Fault | None, well: str) -> None:
            if fault is not None and fault.silent:
                lms.keep_silent()
            if fault is not None and (fault.silent or fault.drops):
                self.close_connection = True
                return
            content = (well if fault is None else fault.body).encode()
            self.send_response_only(200 if fault is None else fault.status)
            for name, value in (fault.headers if fault else {}).items():
                self.send_header(name, value)
            promised = len(content) + (100 if fault and fault.half else 0)
            self.send_header("Content-Length", str(promised))
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = self.close_connection or promised > len(content)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    lms.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield lms
    finally:
        lms.recover()
        server.shutdown()
        thread.join()
        server.server_close()
