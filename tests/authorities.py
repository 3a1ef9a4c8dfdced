"""Authorities of tests on loopback: asked by OCSP, for a list, and for their own certificate."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID as Access

from lti_tool.pdf import Evidence
from tests import loopback
from tests.seals import Issued, authority, issued

OCSP, LIST, ISSUER = "/ocsp", "/list", "/issuer"
EVERY_WAY = (OCSP, LIST)
UNKNOWN = x509.ObjectIdentifier("1.2.3.4")


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Authority:
    """It issues certificates and says which of them it revoked; `mangle` changes what it says."""

    own: Issued = field(default_factory=authority)
    url: str = "http://127.0.0.1:9"
    clock: Callable[[], datetime] = utc_now
    lasts: timedelta = timedelta(hours=8)
    """For how long its answers are good."""
    asked: Counter[str] = field(default_factory=Counter)
    """How often, by the way it was."""
    revoked: set[int] = field(default_factory=set)
    given: dict[int, x509.Certificate] = field(default_factory=dict)
    delay: float = 0
    status: int = 200
    padding: int = 0
    """Bytes that make what it says larger, and no less true."""
    broken: set[str] = field(default_factory=set)
    """Ways that lead to nothing."""
    mangle: Callable[[bytes], bytes] = field(default=lambda said: said)

    def issue(
        self,
        name: str = "Seal of Northgate",
        ways: Sequence[str] = EVERY_WAY,
        more: Sequence[x509.ExtensionType] = (),
        **how: Any,
    ) -> Issued:
        """A certificate that names these ways to ask about it."""
        extensions = [*self._named(ways), *more]
        return self._noted(issued(name, self.own, extensions=extensions, **how))

    def authority(self, name: str, ways: Sequence[str] = EVERY_WAY, **more: Any) -> Issued:
        """One that issues certificates itself."""
        return self._noted(authority(name, self.own, extensions=self._named(ways), **more))

    def revoke(self, one: Issued) -> None:
        self.revoked.add(one.certificate.serial_number)

    def evidence(self, *certificates: Issued) -> Evidence:
        """What it says of certificates, by every way and with nobody asked over a network."""
        requests = [ocsp_request(one, self.own) for one in certificates]
        return Evidence(
            certificates=(*(one.der for one in certificates), self.own.der),
            answers=tuple(map(self._answer, requests)),
            lists=(self._list(b""),),
        )

    def says(self, way: str, request: bytes) -> bytes:
        self.asked[way] += 1
        if way in self.broken:
            return b"busy"
        said = {OCSP: self._answer, LIST: self._list, ISSUER: self._certificate}[way](request)
        return self.mangle(said)

    def _answer(self, request: bytes) -> bytes:
        one = self.given[ocsp.load_der_ocsp_request(request).serial_number]
        revoked, now = one.serial_number in self.revoked, self.clock()
        return (
            ocsp.OCSPResponseBuilder()
            .add_response(
                one,
                self.own.certificate,
                SHA1(),  # of the issuer's name, as it was asked
                ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
                this_update=now,
                next_update=now + self.lasts,
                revocation_time=now if revoked else None,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self.own.certificate)
            .add_extension(x509.OCSPNonce(bytes(self.padding)), critical=False)
            .sign(self.own.key, SHA256())
            .public_bytes(Encoding.DER)
        )

    def _list(self, _: bytes) -> bytes:
        now = self.clock()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.own.certificate.subject)
            .last_update(now)
            .next_update(now + self.lasts)
            .add_extension(x509.UnrecognizedExtension(UNKNOWN, bytes(self.padding)), critical=False)
        )
        for serial in self.revoked:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
            builder = builder.add_revoked_certificate(one.build())
        return builder.sign(self.own.key, SHA256()).public_bytes(Encoding.DER)

    def _certificate(self, _: bytes) -> bytes:
        return self.own.der

    def _noted(self, one: Issued) -> Issued:
        self.given[one.certificate.serial_number] = one.certificate
        return one

    def _named(self, ways: Sequence[str]) -> list[x509.ExtensionType]:
        def at(way: str) -> x509.UniformResourceIdentifier:
            return x509.UniformResourceIdentifier(self.url + way)

        methods = {OCSP: Access.OCSP, ISSUER: Access.CA_ISSUERS}
        accesses = [x509.AccessDescription(methods[way], at(way)) for way in ways if way in methods]
        named: list[x509.ExtensionType] = []
        if accesses:
            named.append(x509.AuthorityInformationAccess(accesses))
        if LIST in ways:
            point = x509.DistributionPoint([at(LIST)], None, None, None)
            named.append(x509.CRLDistributionPoints([point]))
        return named


def ocsp_request(one: Issued, issuer: Issued) -> bytes:
    builder = ocsp.OCSPRequestBuilder()
    asked = builder.add_certificate(one.certificate, issuer.certificate, SHA1())
    return asked.build().public_bytes(Encoding.DER)


@contextlib.contextmanager
def serving(own: Issued | None = None, **how: Any) -> Iterator[Authority]:
    """An authority, by itself or by another one, while it answers."""
    found = Authority(own or authority(), **how)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            request = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = found.says(self.path, request)
            time.sleep(found.delay)
            with contextlib.suppress(OSError):  # whoever asked may be gone
                self.send_response(found.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with loopback.serving(Handler) as origin:
        found.url = origin
        yield found
