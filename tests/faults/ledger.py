"""A gradebook that writes down every score as it arrives, and wants stamps that rise."""

import json
import random
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SOONEST, LATEST = 0.010, 0.040
"""Seconds an answer takes."""

QUICK = 0.5
"""How many scores are taken at once. A killed sender's others are lost: it may be either way."""

PATIENCE_SECONDS = 2
HELD_SECONDS = 60


@dataclass(frozen=True)
class Post:
    """One score as it arrived: for whom in which column, since when, and the number."""

    column: str
    user: str
    stamp: datetime
    score: Decimal | None


class Ledger:
    """What arrived, in order, and what each cell shows: the newest by stamp."""

    def __init__(self) -> None:
        self.origin = ""
        self.arrived: list[Post] = []
        self.cells: dict[tuple[str, str], Post] = {}
        self._one = threading.Lock()
        self._begun = threading.Condition()
        self._open = threading.Event()
        self._open.set()
        self._dice = random.Random(0)

    def column(self, name: str) -> str:
        """The address of a column."""
        return f"{self.origin}/columns/{name}"

    def wait_for_post(self) -> None:
        """Wait until the next score comes, if there is one to come soon."""
        with self._begun:
            self._begun.wait(PATIENCE_SECONDS)

    def hold(self) -> None:
        """Let scores wait for their answer from now on."""
        self._open.clear()

    def release(self) -> None:
        """Answer again, also those that waited."""
        self._open.set()

    def pause(self) -> None:
        """Take the time that an answer takes."""
        with self._one:
            seconds = self._dice.uniform(SOONEST, LATEST)
        time.sleep(seconds)

    def is_quick(self) -> bool:
        """Whether the next score is taken before its answer is on the way, not just before it."""
        with self._one:
            return self._dice.random() < QUICK

    def begin(self) -> None:
        """Note that a score came, and wait while scores have to."""
        with self._begun:
            self._begun.notify_all()
        self._open.wait(HELD_SECONDS)

    def take(self, post: Post) -> int:
        """Write a post down; the status by AGS 2.0 §3.4.9. The very same once more is harmless."""
        with self._one:
            self.arrived.append(post)
            shown = self.cells.get((post.column, post.user))
            if shown is not None and post.stamp <= shown.stamp and post != shown:
                return 409
            self.cells[post.column, post.user] = post
            return 200

    def results(self, column: str, user: str) -> list[dict[str, object]]:
        """What a cell shows, as a result container."""
        with self._one:
            shown = self.cells.get((column, user))
        if shown is None or shown.score is None:
            return []
        score = {"resultScore": float(shown.score), "resultMaximum": 100}
        return [{"id": f"{column}/results/{user}", "userId": user, **score}]


@contextmanager
def serving() -> Iterator[Ledger]:
    """A ledger on a free port of 127.0.0.1 until the block ends."""
    ledger = Ledger()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(ledger))
    server.daemon_threads = True  # a connection of a killed process is nobody's to close
    ledger.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield ledger
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(ledger: Ledger) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever asked was killed
                super().handle()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/token":
                self._answer(200, {"access_token": "t", "expires_in": 3600})
                return
            ledger.begin()
            said = json.loads(body, parse_float=Decimal)
            score = None if said.get("scoreGiven") is None else Decimal(said["scoreGiven"])
            column = f"{ledger.origin}{self.path.removesuffix('/scores')}"
            stamp = datetime.fromisoformat(said["timestamp"])
            post = Post(column, said["userId"], stamp, score)
            if ledger.is_quick():
                status = ledger.take(post)
                ledger.pause()
                self._answer(status, {})
                return
            ledger.pause()
            if not self._is_alone():
                self._answer(ledger.take(post), {})

        def do_GET(self) -> None:
            ledger.pause()
            asked = urlsplit(self.path)
            column = f"{ledger.origin}{asked.path.removesuffix('/results')}"
            self._answer(200, ledger.results(column, parse_qs(asked.query)["user_id"][0]))

        def _is_alone(self) -> bool:
            """Whether whoever asked has hung up: what was asked for is then lost."""
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

        def _answer(self, status: int, document: object) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Tests have no use for an access log."""

    return Handler
