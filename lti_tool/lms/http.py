"""The one guarded HTTP client: every call Rounds makes to an LMS goes through it.

Addresses come from registrations and signed launches, so a rogue LMS could name one inside our own
network: lms/addresses.py judges each. Redirects are never followed, every wait and size has an end,
and no proxy, cookie or password of the environment is used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import InvalidURL
from urllib3.exceptions import HTTPError

from lti_tool import __version__
from lti_tool.domain.errors import AddressRefused, PlatformAnswerWrong, PlatformUnreachable
from lti_tool.lms.addresses import Guard, GuardedAdapter, check_address
from lti_tool.settings import Settings

CHUNK = 64 * 1024
LONGEST_RETRY_AFTER = 24 * 3600


@dataclass(frozen=True)
class Answer:
    """What came back. `whole` is False when the body was too large, too slow or broke off.

    The body may hold personal data: it is neither shown by repr nor put in any error's text.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in any case find the header."""
    body: bytes = field(repr=False)
    whole: bool
    url: str = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status says done."""
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        """Whether a web page came in place of an answer; a redirect's is there for browsers alone.

        The type may say so of JSON too: only the body tells.
        """
        return not 300 <= self.status < 400 and self.body.lstrip()[:1] == b"<"

    @property
    def text(self) -> str:
        """The body as text, whatever it is, to look for words in."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def document(self) -> Any:
        """The body read as JSON, whatever type it says it has. Raises PlatformAnswerWrong."""
        if not self.whole:
            raise PlatformAnswerWrong("the answer is too large, too slow or broke off")
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise PlatformAnswerWrong("the answer is not JSON") from None

    def same_origin(self, url: str) -> bool:
        """Whether an address is where this answer came from, so that it may get the same token."""
        try:
            return urlsplit(url)[:2] == urlsplit(self.url)[:2]
        except ValueError:
            return False

    @property
    def next_url(self) -> str | None:
        """Where the next page is (RFC 8288, rel="next"), spelled as the LMS spells it.

        Raises ValueError where that is no address.
        """
        for link in requests.utils.parse_header_links(self.headers.get("Link", "")):
            if link.get("rel", "").lower() == "next":
                return urljoin(self.url, link["url"])
        return None

    @property
    def retry_after(self) -> int | None:
        """Seconds the LMS asks us to wait (RFC 9110 §10.2.3), no more than a day."""
        given = self.headers.get("Retry-After", "").strip()
        plain = given.isascii() and given.isdigit()
        seconds = int(given[:9]) if plain else self._seconds_until(given)
        return None if seconds is None else min(seconds, LONGEST_RETRY_AFTER)

    def _seconds_until(self, date: str) -> int | None:
        """How far a date lies after the LMS's own clock."""
        try:
            ahead = parsedate_to_datetime(date) - parsedate_to_datetime(self.headers["Date"])
        except (ValueError, TypeError, KeyError):
            return None
        return max(0, int(ahead.total_seconds()))


class _Session(requests.Session):
    """Takes a redirect for an answer like any other.

    Even one that is not followed, requests would read to its end, however long, and then look where
    it leads.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Http:
    """A client for one process; any number of threads may use it.

    A call takes no longer than the setting http_connect_seconds to reach the LMS, and then
    `read_seconds` (the setting http_read_seconds, unless given) for the whole answer. With `plain`
    public addresses may be called without TLS: for answers that are signed themselves.
    """

    def __init__(
        self, settings: Settings, *, read_seconds: float | None = None, plain: bool = False
    ) -> None:
        self._timeout = (settings.http_connect_seconds, read_seconds or settings.http_read_seconds)
        self._most = settings.http_bytes
        adapter = GuardedAdapter(Guard(settings.private_platforms, plain=plain), settings.ca_bundle)
        self.session = _Session()
        self.session.trust_env = False
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.session.headers["User-Agent"] = f"Rounds/{__version__}"
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def get_json(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET a JSON document with status 200. Raises also PlatformAnswerWrong."""
        answer = self.get(url, headers={"Accept": "application/json", **(headers or {})})
        if answer.status != 200:
            raise PlatformAnswerWrong(f"the answer's status is {answer.status}")
        _ = answer.document
        return answer

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET, whatever the status. Raises AddressRefused, PlatformUnreachable."""
        return self._call("GET", url, headers=headers)

    def post(
        self, url: str, data: str | bytes | Mapping[str, str], headers: Mapping[str, str]
    ) -> Answer:
        """POST a body, or a mapping as a form. Raises AddressRefused, PlatformUnreachable."""
        return self._send("POST", url, data, headers)

    def put(self, url: str, data: str | bytes, headers: Mapping[str, str]) -> Answer:
        """PUT a body in place of what is there. Raises AddressRefused, PlatformUnreachable."""
        return self._send("PUT", url, data, headers)

    def delete(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """DELETE, whatever the status. Raises AddressRefused, PlatformUnreachable."""
        return self._call("DELETE", url, headers=headers)

    def _send(
        self,
        method: str,
        url: str,
        data: str | bytes | Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Answer:
        body = data.encode() if isinstance(data, str) else data
        return self._call(method, url, headers=headers, data=body)

    def _call(self, method: str, url: str, **what: Any) -> Answer:
        check_address(url)
        try:
            with self.session.request(
                method, url, timeout=self._timeout, stream=True, allow_redirects=False, **what
            ) as response:
                body, whole = self._read(response)
        except InvalidURL:
            raise AddressRefused("not a web address") from None
        except (requests.RequestException, HTTPError) as error:
            # Only the kind of fault: its text may hold the address's query.
            raise PlatformUnreachable(type(error).__name__, sent_maybe=True) from None
        return Answer(response.status_code, response.headers, body, whole, url)

    def _read(self, response: requests.Response) -> tuple[bytes, bool]:
        """As much of the body as is allowed, and whether that is all of it."""
        body = bytearray()
        try:
            while piece := response.raw.read1(CHUNK, decode_content=True):
                body += piece
                if len(body) > self._most:
                    return bytes(body[: self._most]), False
        except (HTTPError, OSError):
            return bytes(body), False
        return bytes(body), True
