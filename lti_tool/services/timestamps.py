"""Timestamps: asking the service that says when a certificate was signed (RFC 3161)."""

import threading
import time
from dataclasses import replace
from ipaddress import ip_network

from lti_tool.domain.errors import AddressRefused, PlatformUnreachable, TimestampAway
from lti_tool.lms.http import Answer, Http
from lti_tool.settings import Settings

HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
"""RFC 3161 §3.4."""

ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
"""The operator named the service, not an LMS: it may be inside, and what it answers is signed, so
that it needs no TLS. It is told nothing but a hash.
"""


class Timestamps:
    """Asks the service. When it gave no answer, nobody asks it for a while: a thousand certificates
    must not wait for it one after the other.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = settings.timestamp_url
        self._http = Http(replace(settings, private_platforms=ANYWHERE))
        self._pause = settings.retry_seconds
        self._lock = threading.Lock()
        self._trouble = ""
        self._paused_until = 0.0

    def __call__(self, request: bytes) -> bytes:
        """The answer to a TimeStampReq, whatever it is. Raises TimestampAway."""
        with self._lock:
            if time.monotonic() < self._paused_until:
                raise TimestampAway(self._trouble)
        try:
            answer = self._http.post(self._url, request, HEADERS)
        except (AddressRefused, PlatformUnreachable) as error:
            raise self._away(f"the timestamp service gives no answer: {error}") from None
        if not self._is_reply(answer):
            raise self._away(f"the timestamp service answers with status {answer.status}, no reply")
        return answer.body

    def _is_reply(self, answer: Answer) -> bool:
        return answer.ok and answer.whole and not answer.is_page

    def _away(self, trouble: str) -> TimestampAway:
        with self._lock:
            self._trouble, self._paused_until = trouble, time.monotonic() + self._pause
        return TimestampAway(trouble)
