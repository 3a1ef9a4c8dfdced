"""Which addresses Rounds calls: public ones over TLS, and private networks an operator named.

A host name is resolved once, each address is judged, and the connection goes to the judged address
itself: what the name means a moment later changes nothing. TLS still checks the certificate against
the name. Name, connection and TLS together end at one deadline, the answer at another.
"""

import socket
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

from lti_tool.domain.errors import AddressRefused, PlatformUnreachable
from lti_tool.lms.deadlines import TimelyResponse, left
from lti_tool.settings import Network

NAT64 = ip_network("64:ff9b::/96")
"""IPv6 addresses that stand for IPv4 ones (RFC 6052)."""

UNICAST = ip_network("2000::/3")
"""All of IPv6 that is handed out to the internet; outside of it, old ways to write IPv4."""

Address = IPv4Address | IPv6Address


def check_address(url: str) -> None:
    """Raise AddressRefused unless this is an http(s) address with a host and no credentials."""
    try:
        parts = urlsplit(url)
        sound = parts.port != 0
    except ValueError:
        raise AddressRefused("not a web address") from None
    if not sound or parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressRefused("not an http or https address with a host")
    if "@" in parts.netloc or "\\" in url:
        raise AddressRefused("an address with a user name or a backslash")


class Guard:
    """Which addresses may be connected to: public ones over TLS, and named private networks.

    With `plain`, public ones also without TLS.
    """

    def __init__(self, private: tuple[Network, ...], *, plain: bool = False) -> None:
        self._private = private
        self._plain = plain

    def connect(
        self, connection: HTTPConnection, seconds: float, *, encrypted: bool
    ) -> socket.socket:
        """A socket to the first allowed address of the connection's host that answers.

        Looking the name up and trying its addresses take no more than `seconds` together; what is
        left of them is the socket's timeout, for TLS. Raises AddressRefused when no address is
        allowed, OSError when none answers.
        """
        deadline = time.monotonic() + seconds
        fault: Exception = AddressRefused("the host has no address that may be called")
        for address in _resolve(connection.host, connection.port, seconds):
            if not self.allows(address, encrypted=encrypted):
                continue
            try:
                reached = create_connection(
                    (str(address), connection.port),
                    left(deadline),
                    socket_options=connection.socket_options,
                )
                reached.settimeout(left(deadline))
                return reached
            except OSError as error:
                fault = error
        raise fault

    def allows(self, address: Address, *, encrypted: bool) -> bool:
        """Whether an address may be connected to, with TLS to follow or without."""
        named = any(
            address in network for network in self._private if network.version == address.version
        )
        return named or ((encrypted or self._plain) and is_public(address))


class GuardedAdapter(HTTPAdapter):
    """requests' adapter whose connections ask the guard where they may go.

    `ca_bundle` names a file of authorities that are trusted beside the public ones.
    """

    def __init__(self, guard: Guard, ca_bundle: Path | None) -> None:
        self._guard = guard
        self._tls = create_urllib3_context()
        if ca_bundle is not None:
            self._tls.load_verify_locations(ca_bundle)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _guarded_pools(self._guard)


def _resolve(host: str, port: int | None, seconds: float) -> Iterable[Address]:
    """Every address of a host. Python reads odd forms (0x7f.1) as the system does: by resolving.

    The system's resolver knows no deadline, so a thread of its own waits for it. Raises OSError.
    """
    found: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM))
        except Exception as error:
            found.set_exception(error)

    Thread(target=look_up, daemon=True).start()
    entries = found.result(seconds)
    return dict.fromkeys(ip_address(str(entry[4][0]).split("%")[0]) for entry in entries)


def is_public(address: Address) -> bool:
    """Whether an address, and any IPv4 address hidden inside it, is out on the internet."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in UNICAST:
            return False
    return address.is_global and not address.is_multicast


def _guarded_pools(guard: Guard) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's pools by scheme. `_new_conn` is the seam its own SOCKS support overrides."""

    class Plain(HTTPConnection):
        response_class = TimelyResponse

        def _new_conn(self) -> socket.socket:
            return guard.connect(self, float(self.timeout or 0), encrypted=False)

        def connect(self) -> None:
            with _nothing_sent():
                super().connect()

    class Encrypted(HTTPSConnection):
        response_class = TimelyResponse

        def _new_conn(self) -> socket.socket:
            return guard.connect(self, float(self.timeout or 0), encrypted=True)

        def connect(self) -> None:
            with _nothing_sent():
                super().connect()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """Faults of name, address and TLS: all before the first byte of the request."""
    try:
        yield
    except (OSError, HTTPError, UnicodeError) as error:
        raise PlatformUnreachable(type(error).__name__, sent_maybe=False) from None
