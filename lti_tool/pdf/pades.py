"""Sign a PDF with pyHanko: PAdES (ETSI EN 319 142-1), level B-B, or B-T with a timestamp.

The signature is an increment behind the file. Its field lies outside of the page: PDF/A-3 forbids
to hide it and PDF/UA-1 to have it in sight without a tag.
"""

import asyncio
import io
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from asn1crypto import cms, tsp
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lti_tool.domain.errors import SigningFailed, TimestampAway
from lti_tool.pdf.seal import Seal, Stamp

# It logs the traceback of whatever it cannot vouch for, and nothing that we do not tell ourselves.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

FIELD = SigFieldSpec(
    "Issuer",
    readable_field_name="Signature of the issuer",
    invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
)
DIGEST = "sha256"

T = TypeVar("T")


def sign(content: bytes, seal: Seal, *, name: str, stamp: Stamp | None) -> bytes:
    """As `signing.sign`, which see."""
    metadata = PdfSignatureMetadata(
        field_name=FIELD.sig_field_name,
        name=name,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    stamper = _stamper(stamp) if stamp else None
    try:
        signer = PdfSigner(metadata, _signer(seal), timestamper=stamper, new_field_spec=FIELD)
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        signed = apart(lambda: signer.sign_pdf(writer))
    except TimestampAway:
        raise
    except Exception as error:
        # Of many kinds, and their text may hold what stands in the document. One of them is that
        # a service's answer outgrew the room that its answers used to take.
        _stamper.cache_clear()
        raise SigningFailed(f"signing broke: {type(error).__name__}") from error
    return bytes(signed.getvalue())


def try_stamp(stamp: Stamp) -> None:
    """As `signing.try_stamp`, which see."""
    apart(lambda: asyncio.run(Stamper(stamp).async_dummy_response(DIGEST)))


def apart(call: Callable[[], T]) -> T:
    """Have something done in a thread of its own: pyHanko starts an event loop for each document,
    which Python refuses in a thread where one runs already.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(call).result()


class Stamper(TimeStamper):
    """Has a service of ours asked, and takes nothing from it but a stamp over what it was given."""

    def __init__(self, stamp: Stamp) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # it has no types here
        self._stamp = stamp

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._stamp(req.dump()))

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            await _check_stamp(token, message_digest)
        except TimestampAway:
            raise
        except Exception as error:
            # Whatever an answer that is none makes of the reader.
            raise TimestampAway(f"no timestamp in the answer: {type(error).__name__}") from error
        return token


async def _check_stamp(token: cms.ContentInfo, digest: bytes) -> None:
    """Raise TimestampAway unless the token is signed and is about this digest.

    Whether its service is to be trusted is for those to say who read the document.
    """
    found = await validate_tst_signed_data(
        token["content"], ValidationContext(trust_roots=[]), lambda _: digest
    )
    if not (found["intact"] and found["valid"]):
        raise TimestampAway("the timestamp in the answer is of something else")


class Signer(SimpleSigner):
    """Reads its key once: for RSA that takes longer than to sign."""

    def __init__(self, seal: Seal) -> None:
        own, *issuers = map(Certificate.load, seal.certificates)
        registry = SimpleCertificateStore()
        registry.register_multiple(issuers)
        super().__init__(own, PrivateKeyInfo.load(seal.private), registry)
        self._key = load_der_private_key(seal.private, password=None)

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        match self._key:
            case RSAPrivateKey() as key:
                return key.sign(data, PKCS1v15(), SHA256())
            case EllipticCurvePrivateKey() as key:
                return key.sign(data, ECDSA(SHA256()))
        raise TypeError("a seal that is neither RSA nor of an elliptic curve")


_signer = lru_cache(maxsize=2)(Signer)
_stamper = lru_cache(maxsize=1)(Stamper)
"""Kept, because it remembers how much room a service's answer takes."""
