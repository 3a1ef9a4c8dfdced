"""Whose X-Forwarded-For is believed."""

from ipaddress import ip_network

import pytest
from flask import Flask

from lti_tool.web.proxies import TrustedProxies, caller

NETWORKS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "nearest"),
    [
        ("203.0.113.7", "1.2.3.4", "203.0.113.7"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "9.9.9.9, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("::ffff:203.0.113.7", "1.2.3.4", "::ffff:203.0.113.7"),
        ("10.0.0.1", "1.2.3.4:51234", "1.2.3.4"),
        ("10.0.0.1", "[2001:db8::5]:51234", "2001:db8::5"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4, <script>", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("", "1.2.3.4", ""),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_calls(
    peer: str, forwarded: str, nearest: str
) -> None:
    seen: list[str] = []

    def app(environ: dict[str, str], start_response: object) -> list[bytes]:
        seen.append(environ["REMOTE_ADDR"])
        return []

    TrustedProxies(app, NETWORKS)(
        {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}, lambda *_: lambda _: None
    )
    assert seen == [nearest]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_a_house_is_counted_as_one_caller(address: str, counted: str) -> None:
    with Flask("x").test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert caller() == counted
