"""Who is really calling, when a reverse proxy stands in front.

Only the address is taken from X-Forwarded-For, and only from proxies the operator named. Host and
scheme are never taken from a request: addresses follow `base_url`.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from flask import request

from lti_tool.settings import Network

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class TrustedProxies:
    """WSGI middleware that sets REMOTE_ADDR to the nearest address that is no trusted proxy."""

    def __init__(self, app: "WSGIApplication", networks: tuple[Network, ...]) -> None:
        self._app = app
        self._networks = networks

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Pass the request on, its caller put right."""
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        while forwarded and self._is_trusted(environ.get("REMOTE_ADDR", "")):
            told = _read(_without_port(forwarded.pop().strip()))
            if told is None:
                break
            environ["REMOTE_ADDR"] = str(told)
        return self._app(environ, start_response)

    def _is_trusted(self, text: str) -> bool:
        address = _read(text)
        return address is not None and any(address in network for network in self._networks)


def caller() -> str:
    """By what a caller is counted: the address, or of IPv6 the 64 bits that one house has."""
    given = request.remote_addr or ""
    address = _read(given)
    if address is None:
        return given
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address)


def _without_port(text: str) -> str:
    """The address of a caller as some gateways tell it: `192.0.2.7:5678`, `[2001:db8::7]:5678`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """The address a text spells. A socket of both kinds tells IPv4 as `::ffff:192.0.2.7`."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
