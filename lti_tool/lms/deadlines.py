"""Deadlines for calls: what Python's sockets know are timeouts of each single wait."""

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any


def left(deadline: float) -> float:
    """Seconds until a deadline. Raises TimeoutError once it is over."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the deadline is over")
    return seconds


class TimelyResponse(HTTPResponse):
    """An answer that ends, headers and body together, when the socket's timeout is over once.

    A timeout of a socket is that of each read: a line that drips byte by byte would never end.
    """

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw: io.RawIOBase = self.fp.detach()
        self.fp = io.BufferedReader(_TimelyReader(raw, sock))


class _TimelyReader(io.RawIOBase):
    """Reads from a socket until the timeout that it has now is over."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._socket = sock
        self._deadline = time.monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(left(self._deadline))
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()
