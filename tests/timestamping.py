"""A timestamp service on loopback: pyHanko's own dummy behind HTTP, well or ill behaved."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler

from asn1crypto import keys, tsp, x509
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lti_tool.credentials.jwk import written
from tests import loopback, seals

NAME = "Time Service of Tests"


@dataclass
class Service:
    """Where it is, and how it behaves: `answer` may be changed to anything."""

    url: str = ""
    asked: int = 0
    delay: float = 0
    status: int = 200
    answer: Callable[[bytes], bytes] = field(default_factory=lambda: stamp)


def stamp(request: bytes, name: str = NAME) -> bytes:
    """What a good service answers."""
    return _service(name)(request)


def stamp_by(service: seals.Issued, *issuers: seals.Issued) -> Callable[[bytes], bytes]:
    """A service with this certificate, which sends these along. Its key is of RSA."""
    own, *others = (x509.Certificate.load(one.der) for one in (service, *issuers))
    certificates = SimpleCertificateStore.from_certs(others)
    dummy = DummyTimeStamper(own, keys.PrivateKeyInfo.load(written(service.key)), certificates)

    def answer(request: bytes) -> bytes:
        return bytes(dummy.request_tsa_response(tsp.TimeStampReq.load(request)).dump())

    return answer


def stamp_of_something_else(request: bytes) -> bytes:
    """A token that is sound in itself, over another hash."""
    other = tsp.TimeStampReq.load(request).copy()
    other["message_imprint"]["hashed_message"] = bytes(32)
    return stamp(other.dump())


@contextlib.contextmanager
def serving() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service.asked += 1
            request = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(service.delay)
            body = service.answer(request)
            with contextlib.suppress(OSError):  # whoever asked may be gone
                self.send_response(service.status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with loopback.serving(Handler) as origin:
        service.url = f"{origin}/tsa"
        yield service


@cache
def _service(name: str) -> Callable[[bytes], bytes]:
    """It signs with RSA alone, and always with the same certificate, as services do."""
    return stamp_by(seals.issued(name, key=seals.rsa_key(), purposes=seals.STAMPING))
