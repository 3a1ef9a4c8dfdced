"""Trouble on purpose: slow answers, odd statuses, replies lost after the work was done."""

import contextlib
import socket
import time

from flask import Flask, Response, g, request

from lti_tool.sandbox.flavour import Lms
from lti_tool.sandbox.platform import Fault

# What may fail: everything the tool or its browser asks of an LMS, never the sandbox's own pages.
TARGETS = (
    "openid_configuration",
    "registration",
    "auth",
    "jwks",
    "token",
    "lineitems",
    "lineitem",
    "scores",
    "results",
    "result",
    "roster",
    "progress",
    "notices",
)


def take(lms: Lms, endpoint: str) -> Fault | None:
    """The next fault waiting for this endpoint, counted down."""
    if endpoint not in TARGETS:
        return None
    with lms.platform.lock:
        for fault in lms.platform.faults:
            if fault.where in (endpoint, "*") and fault.times > 0:
                fault.times -= 1
                return fault
    return None


def install(app: Flask, lmses: list[Lms]) -> None:
    def strike() -> Response | None:
        endpoint = (request.endpoint or "").partition("-")[0]
        found = (fault for lms in lmses if (fault := take(lms, endpoint)))
        fault = next(found, None)
        if fault is None:
            return None
        # Read first: a server that closes on an unread body resets the connection, and the sender
        # would see a lost reply where it was told a status.
        request.get_data()
        time.sleep(fault.delay)
        g.drop = fault.drop
        if fault.status is None:
            return None
        return Response(fault.body, status=fault.status, headers=fault.headers)

    def lose_reply(response: Response) -> Response:
        connection = request.environ.get("werkzeug.socket")
        if g.get("drop") and connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return response

    app.before_request(strike)
    app.after_request(lose_reply)
