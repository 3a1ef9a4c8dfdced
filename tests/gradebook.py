"""A gradebook that answers as a test tells it to: tokens, scores and results over real HTTP."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SCOPES = [
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
]
FETCHED = "/fetched/1"
"""Where a gradebook as Canvas tells how the fetch of a file goes."""


@dataclass
class Reply:
    """One answer to a posted score. `hold` is set before it is given; `go` lets it be given."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    keep: bool = True
    """Whether the score is taken, whatever the answer then says."""
    hang_up: bool = False
    """Close the connection in place of an answer."""
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event | None = None


class Gradebook:
    """What was posted, in order, and what to answer next; a plain 200 once the replies run out."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.replies: deque[Reply] = deque()
        self.fetch: deque[str] = deque()
        """How a file's fetch goes at each look; the last state stays."""
        self.looks = 0
        self.readings = 0
        self.unreadable = False
        """Results are answered with an error, as long as this holds."""
        self.origin = ""

    def answer_next(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def takes_file(self, *states: str) -> Reply:
        """The answer to a certificate whose file is then fetched in these states."""
        self.fetch = deque(states)
        items = [{"type": "file", "progress": f"{self.origin}{FETCHED}"}]
        body = {"https://canvas.instructure.com/lti/submission": {"content_items": items}}
        return Reply(body=json.dumps(body))

    def look(self) -> dict[str, str]:
        self.looks += 1
        state = self.fetch.popleft() if len(self.fetch) > 1 else self.fetch[0]
        return {"workflow_state": state}

    def scores(self) -> list[float | int | None]:
        return [post.get("scoreGiven") for post in self.posts]

    def results(self) -> list[dict[str, Any]]:
        self.readings += 1
        newest = {post["userId"]: post for post in self.posts}
        return [
            {
                "id": f"{self.origin}/results/{user}",
                "userId": user,
                "resultScore": post.get("scoreGiven"),
                "resultMaximum": post.get("scoreMaximum"),
            }
            for user, post in newest.items()
        ]


@contextmanager
def serving() -> Iterator[Gradebook]:
    """A gradebook on a free port of 127.0.0.1 until the block ends."""
    gradebook = Gradebook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/token":
                # Without a scope in it the answer grants what was asked for (RFC 6749 §5.1).
                token = {"access_token": "t", "expires_in": 3600}
                self._answer(200, json.dumps(token))
                return
            reply = gradebook.replies.popleft() if gradebook.replies else Reply()
            if reply.keep:
                gradebook.posts.append(json.loads(body))
            reply.reached.set()
            if reply.go is not None:
                reply.go.wait(60)
            if reply.hang_up:
                self.close_connection = True
                return
            self._answer(reply.status, reply.body, reply.headers)

        def do_GET(self) -> None:
            found = gradebook.look() if self.path == FETCHED else gradebook.results()
            failing = gradebook.unreadable and self.path != FETCHED
            self._answer(500 if failing else 200, json.dumps(found))

        def _answer(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
            content = body.encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gradebook.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield gradebook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
