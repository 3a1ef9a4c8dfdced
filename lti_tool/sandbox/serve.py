"""Serves the sandbox on loopback: `python -m lti_tool.sandbox`."""

import argparse
import ipaddress
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from lti_tool.sandbox.app import Config, Sandbox, create_sandbox


class Quiet(WSGIRequestHandler):
    """Says nothing of each request: the pages show what passed."""

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        return


def loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m lti_tool.sandbox",
        description="A pretend LMS on this computer, in three flavours.",
    )
    parser.add_argument("--tool", default="http://127.0.0.1:8000", help="where the tool lives")
    parser.add_argument("--host", default="localhost", help="a loopback name or address")
    parser.add_argument("--port-base", type=int, default=9000, help="the first of six ports")
    return parser.parse_args(argv)


def start(sandbox: Sandbox) -> list[BaseWSGIServer]:
    """Every app on its port, each in threads of its own. Raises OSError for a port in use."""
    config = sandbox.config
    servers: list[BaseWSGIServer] = []
    for place, app in sandbox.apps.items():
        port = config.port_base + place
        servers.append(make_server(config.host, port, app, threaded=True, request_handler=Quiet))
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return servers


def main(argv: Sequence[str] | None = None) -> int:
    """Runs until interrupted. 0 ended in order, 1 a port is taken, 2 not a loopback host."""
    chosen = options(argv)
    if not loopback(chosen.host):
        print("The sandbox LMS serves this computer only: --host localhost.", file=sys.stderr)
        return 2
    config = Config(chosen.tool.rstrip("/"), chosen.host, chosen.port_base)
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        start(create_sandbox(config))
    except (OSError, SystemExit) as error:
        print(f"The sandbox LMS could not take its ports: {error}", file=sys.stderr)
        return 1
    print(f"Sandbox LMS: {config.origin(0)}/", flush=True)
    # The servers' threads are daemons: they end with the process, and nothing is to be saved.
    ended.wait()
    return 0
