"""Evidence that no certificate of a signature was revoked: put into documents, read, and judged.

It stands in the document security store (ISO 32000-2 §12.8.4.3; ETSI EN 319 142-1 §5.4.2) and is
written together with the signature, which therefore covers it.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.errors import RevokedError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.validate import async_validate_path

from lti_tool.pdf.apart import apart
from lti_tool.pdf.chains import chain_in, is_root
from lti_tool.pdf.seal import Evidence, Standing

CLOCKS_DIFFER = timedelta(minutes=10)
"""Between us, an authority and a timestamp service."""


def judge(own: bytes, issuer: bytes, evidence: Evidence, at: datetime) -> Standing:
    """What the answers and lists say of a certificate at a moment, whatever they are.

    They count when `issuer` signed them, or whom it lets do so (RFC 6960 §4.2.2.2, RFC 5280 §6.3),
    and the moment lies between this and the next update. `issuer` itself is taken for granted.
    """
    try:
        apart(lambda: asyncio.run(_validate(own, issuer, evidence, at)))
    except RevokedError as error:
        # Not of the certificate where it is of whoever signed the answer.
        return Standing.UNKNOWN if error.is_side_validation else Standing.REVOKED
    except Exception:
        # Of many kinds: whatever bytes that are no evidence make of the reader.
        return Standing.UNKNOWN
    return Standing.GOOD


async def _validate(own: bytes, issuer: bytes, evidence: Evidence, at: datetime) -> None:
    above = Certificate.load(issuer)
    context = ValidationContext(
        trust_roots=[above],
        other_certs=[Certificate.load(one) for one in evidence.certificates],
        # Whoever's clock is ahead of ours: what is revoked as of in a moment is revoked.
        moment=at + CLOCKS_DIFFER,
        ocsps=[OCSPResponse.load(one) for one in evidence.answers],
        crls=[CertificateList.load(one) for one in evidence.lists],
        revocation_mode="require",
        time_tolerance=2 * CLOCKS_DIFFER,
    )
    path = ValidationPath(CertTrustAnchor(above), [], Certificate.load(own))
    await async_validate_path(context, path)


def shows(evidence: Evidence, own: bytes, *others: bytes, at: datetime) -> bool:
    """Whether the evidence says of a certificate and all that issued it that they were good.

    The last in the chain has to be its own issuer, of whom nobody else can say anything.
    """
    links = chain_in((own, *others, *evidence.certificates))
    written = [link.public_bytes(Encoding.DER) for link in links]
    return any(map(is_root, links[-1:])) and all(
        judge(link, issuer, evidence, at) is Standing.GOOD for link, issuer in pairwise(written)
    )


def add(writer: BasePdfFileWriter, evidence: Evidence) -> None:
    """Put evidence into a document that is about to be signed."""
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        sig_contents=None,
        certs=[Certificate.load(one) for one in evidence.certificates],
        ocsps=[OCSPResponse.load(one) for one in evidence.answers],
        crls=[CertificateList.load(one) for one in evidence.lists],
    )


def read(reader: PdfFileReader) -> Evidence | None:
    """The evidence in a document; None where it has no place for any."""
    if "/DSS" not in reader.root:
        return None
    store = reader.root["/DSS"]
    return Evidence(
        certificates=tuple(_streams(store, "/Certs")),
        answers=tuple(_streams(store, "/OCSPs")),
        lists=tuple(_streams(store, "/CRLs")),
    )


def _streams(store: Any, key: str) -> Iterator[bytes]:
    for one in store[key] if key in store else ():
        yield one.get_object().data
