"""Authorities: asking those that issue certificates whether they revoked one.

By OCSP (RFC 6960), else by a list (CRL, RFC 5280 §5), at the addresses in the certificate itself.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import Certificate, ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID as Access

from lti_tool import pdf
from lti_tool.domain.certificate import tidy
from lti_tool.domain.errors import AddressRefused, EvidenceAway, PlatformUnreachable
from lti_tool.lms.http import Http
from lti_tool.pdf import Evidence, Standing
from lti_tool.settings import Settings

LARGEST = 256 * 1024
"""Bytes of an answer: each document that is signed meanwhile carries it."""
SECONDS = 5.0
MOST_ADDRESSES = 2
PAUSE = timedelta(minutes=5)
"""How long a host that gave no answer is left alone."""
MOST_SILENT = 64
SOON_OLD = timedelta(minutes=30)
"""When an answer is outdated that does not say when: as pyHanko has it."""

Found = tuple[Evidence, datetime]
"""Evidence, and until when it is good."""


class Authorities:
    """Asks authorities; for one thread at a time.

    Public addresses are called, with TLS or without: what they answer is signed by the authority
    and judged before it is used. Private ones are called where the setting `private_platforms`
    names their network. An operator did name the seal and the timestamp service. But whoever stands
    between us and a service that speaks plain HTTP could show a certificate with any address in it.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        small = replace(settings, http_bytes=min(LARGEST, settings.http_bytes))
        seconds = min(SECONDS, settings.http_read_seconds)
        self._http = Http(small, read_seconds=seconds, plain=True)
        self._clock = clock
        self._silent: dict[str, tuple[datetime, str]] = {}
        """Hosts that gave no answer, until when they are left alone, and why."""

    def ask(self, own: Certificate, issuer: Certificate) -> Found:
        """What is said of a certificate by whom issued it: the first that counts.

        Raises EvidenceAway, SigningOff.
        """
        why = []
        for find in (*self._answers(own, issuer), *self._lists(own)):
            try:
                evidence, until = find()
                standing = pdf.judge(der(own), der(issuer), evidence, self._clock())
            except EvidenceAway as error:
                why.append(str(error))
                continue
            if standing is not Standing.UNKNOWN:
                return replace(evidence, revoked=standing is Standing.REVOKED), until
            why.append(f"what is said of the certificate of {name(own.subject)} does not count")
        nobody = f"the certificate of {name(own.subject)} names nobody to ask whether it is revoked"
        raise EvidenceAway("; ".join(dict.fromkeys(why)) or nobody)

    def issuer(self, own: Certificate) -> Found:
        """The certificate of whom issued this one (RFC 5280 §4.2.2.1). Raises EvidenceAway."""
        why = []
        for address in _accesses(own, Access.CA_ISSUERS):
            try:
                given = _certificates(self._fetch(address))
            except EvidenceAway as error:
                why.append(str(error))
                continue
            for one in given:
                if pdf.issued(own, one):
                    return Evidence(certificates=(der(one),)), one.not_valid_after_utc
        nobody = f"nobody has the certificate of {name(own.issuer)}"
        raise EvidenceAway("; ".join(dict.fromkeys(why)) or nobody)

    def _answers(self, own: Certificate, issuer: Certificate) -> Iterator[Callable[[], Found]]:
        named = SHA1()  # noqa: S303  # the issuer's name, as all responders know it: RFC 5019 §2.1.1
        asked = ocsp.OCSPRequestBuilder().add_certificate(own, issuer, named)
        request = asked.build().public_bytes(Encoding.DER)
        for address in _accesses(own, Access.OCSP):
            yield partial(self._answer, address, request)

    def _lists(self, own: Certificate) -> Iterator[Callable[[], Found]]:
        for address in _list_addresses(own):
            yield partial(self._list, address)

    def _answer(self, address: str, request: bytes) -> Found:
        content = self._fetch(address, request)
        try:
            said = list(ocsp.load_der_ocsp_response(content).responses)
            until = min(one.next_update_utc or one.this_update_utc + SOON_OLD for one in said)
        except pdf.UNREADABLE:
            raise EvidenceAway(f"{_host(address)} answers nothing that OCSP knows") from None
        return Evidence(answers=(content,)), until

    def _list(self, address: str) -> Found:
        content = self._fetch(address)
        try:
            found = x509.load_der_x509_crl(content)
            until = found.next_update_utc or found.last_update_utc + SOON_OLD
        except pdf.UNREADABLE:
            raise EvidenceAway(f"{_host(address)} gives no list of revoked certificates") from None
        return Evidence(lists=(content,)), until

    def _fetch(self, address: str, request: bytes | None = None) -> bytes:
        """What is at an address or, to a request, answered there. Raises EvidenceAway."""
        host, now = _host(address), self._clock()
        until, trouble = self._silent.get(host, (now, ""))
        if now < until:
            raise EvidenceAway(trouble)
        headers = {"Content-Type": "application/ocsp-request"}
        try:
            answer = (
                self._http.post(address, request, headers) if request else self._http.get(address)
            )
        except (AddressRefused, PlatformUnreachable) as error:
            raise self._left_alone(host, f"{host} gives no answer: {error}") from None
        if not answer.whole:
            raise self._left_alone(host, f"{host} answers too much or too slowly")
        if not answer.ok:
            raise EvidenceAway(f"{host} answers with status {answer.status}")
        return answer.body

    def _left_alone(self, host: str, trouble: str) -> EvidenceAway:
        now = self._clock()
        self._silent = {one: kept for one, kept in self._silent.items() if now < kept[0]}
        if len(self._silent) < MOST_SILENT:
            self._silent[host] = now + PAUSE, trouble
        return EvidenceAway(trouble)


def _certificates(content: bytes) -> list[Certificate]:
    """One certificate, or those in a message of CMS that can be read."""
    if (alone := pdf.read_certificate(content)) is not None:
        return [alone]
    try:
        several = pkcs7.load_der_pkcs7_certificates(content)
    except pdf.UNREADABLE:
        raise EvidenceAway("what is given as an authority's certificate is none") from None
    return list(filter(None, map(pdf.read_certificate, map(der, several))))


def _accesses(own: Certificate, method: x509.ObjectIdentifier) -> list[str]:
    """Addresses for one kind of access to its authority (RFC 5280 §4.2.2.1)."""
    try:
        found = own.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return []
    return _web(one.access_location for one in found if one.access_method == method)


def _list_addresses(own: Certificate) -> list[str]:
    """Where its list is found (RFC 5280 §4.2.1.13)."""
    try:
        found = own.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    return _web(one for point in found for one in point.full_name or ())


def _web(names: Iterable[x509.GeneralName]) -> list[str]:
    """Those that are web addresses: some authorities name a directory (LDAP), too."""
    found = [one.value for one in names if isinstance(one, x509.UniformResourceIdentifier)]
    return [one for one in found if one.startswith(("http://", "https://"))][:MOST_ADDRESSES]


def _host(address: str) -> str:
    """Whom an address leads to, for people to read; the address may be anybody's."""
    try:
        return tidy(urlsplit(address).netloc)
    except ValueError:
        return "an address that is none"


def der(certificate: Certificate) -> bytes:
    """A certificate as it is written into documents."""
    return certificate.public_bytes(Encoding.DER)


def name(found: x509.Name) -> str:
    """A name in a certificate, which may be anybody's, for people to read."""
    return tidy(found.rfc4514_string())
