"""An LMS with a narrow gradebook, as a process of its own.

It answers a score after a while, takes so many at a time, and refuses the rest with 429. Run as a
module it prints the port it listens at; `narrow_lms()` starts it and ends it.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

SECONDS = 0.04
AT_ONCE = 4
TOKEN = {"access_token": "t", "token_type": "Bearer", "expires_in": 3600}


@dataclass(frozen=True)
class Report:
    """What came since the last report.

    `scores` is what cells show by now, by the column's path and the person: {"/items/1 amara": 80}.
    """

    posts: int
    refused: int
    most_at_once: int
    seconds: float
    """From the first post's arrival to the last answer."""
    ended: float
    """When the last answer was given, by the monotonic clock that processes share (Linux)."""
    backwards: int
    """Posts whose stamp was not after that of the score they replaced."""
    scores: dict[str, float | None]


class NarrowLms:
    """The running process, as the driver of a benchmark sees it."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def report(self) -> Report:
        """What came since the last report; it begins anew."""
        return Report(**requests.get(f"{self.origin}/report", timeout=30).json())


@contextmanager
def narrow_lms(seconds: float = SECONDS, at_once: int = AT_ONCE) -> Iterator[NarrowLms]:
    """One that answers after so many seconds and takes so many at a time, until the block ends."""
    command = [sys.executable, "-m", "tests.bench.narrow_lms", str(seconds), str(at_once)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield NarrowLms(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()


class _Gradebook:
    """What the process keeps."""

    def __init__(self, seconds: float, at_once: int) -> None:
        self._seconds = seconds
        self._at_once = at_once
        self._cells: dict[str, tuple[str, float | None]] = {}
        self._taking = 0
        self._begin()

    def _begin(self) -> None:
        self._posts = self._refused = self._most = self._backwards = 0
        self._first = self._last = 0.0

    async def post(self, path: str, body: bytes) -> tuple[int, Any]:
        """Take a score, unless enough are being taken already."""
        now = time.monotonic()
        if self._taking >= self._at_once:
            self._refused += 1
            return 429, {}
        self._first = self._first or now
        self._taking += 1
        self._most = max(self._most, self._taking)
        await asyncio.sleep(self._seconds)
        self._taking -= 1
        self._keep(path, json.loads(body))
        self._posts += 1
        self._last = time.monotonic()
        return 200, {}

    def _keep(self, path: str, score: dict[str, Any]) -> None:
        cell = f"{path.partition('?')[0].removesuffix('/scores')} {score['userId']}"
        if cell in self._cells and self._cells[cell][0] >= score["timestamp"]:
            self._backwards += 1
        self._cells[cell] = score["timestamp"], score.get("scoreGiven")

    def report(self) -> dict[str, Any]:
        said = {
            "posts": self._posts,
            "refused": self._refused,
            "most_at_once": self._most,
            "seconds": self._last - self._first,
            "ended": self._last,
            "backwards": self._backwards,
            "scores": {cell: score for cell, (_, score) in self._cells.items()},
        }
        self._begin()
        return said

    async def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if method == "POST":
            return (200, TOKEN) if path == "/token" else await self.post(path, body)
        return 200, self.report()


async def _serve(seconds: float, at_once: int) -> None:
    gradebook = _Gradebook(seconds, at_once)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, path, _ = head.split(" ", 2)
                sizes = [line for line in head.lower().split("\r\n") if "content-length" in line]
                body = await reader.readexactly(int(sizes[0].split(":")[1])) if sizes else b""
                status, said = await gradebook.answer(method, path, body)
                content = json.dumps(said).encode()
                writer.write(
                    f"HTTP/1.1 {status} So\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(content)}\r\n\r\n".encode()
                    + content
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]), int(sys.argv[2])))
