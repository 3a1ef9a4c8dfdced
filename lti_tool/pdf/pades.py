"""Sign a PDF with pyHanko: PAdES (ETSI EN 319 142-1), level B-B, or B-T and B-LT with a timestamp.

The signature is an increment behind the file. Its field lies outside of the page: PDF/A-3 forbids
to hide it and PDF/UA-1 to have it in sight without a tag. Evidence stands in the same increment,
together with the certificates of the timestamp service: the signature covers them, so that a
timestamp of another service cannot take the place of this one's.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain

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
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lti_tool.domain.errors import SealRevoked, SigningFailed, TimestampAway, TimestampRevoked
from lti_tool.pdf.apart import apart
from lti_tool.pdf.evidence import add
from lti_tool.pdf.seal import Evidence, Seal, Stamp, Vouch
from lti_tool.pdf.stamping import DIGEST, Service, Signers, Stamper

FIELD = SigFieldSpec(
    "Issuer",
    readable_field_name="Signature of the issuer",
    invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
)
TRIES = 5
"""How often a document is signed anew because a signer of the service was not known before."""


def sign(
    content: bytes, seal: Seal, *, name: str, stamp: Stamp | None, vouch: Vouch | None
) -> bytes:
    """As `signing.sign`, which see."""
    metadata = PdfSignatureMetadata(
        field_name=FIELD.sig_field_name,
        name=name,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )

    def increment(stamper: Stamper | None, evidence: Evidence | None) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        if evidence is not None:
            add(writer, evidence)
        signer = PdfSigner(metadata, _signer(seal), timestamper=stamper, new_field_spec=FIELD)
        return bytes(signer.sign_pdf(writer).getvalue())

    service = _service(stamp) if stamp else None
    try:
        if service is None or vouch is None:
            return apart(lambda: increment(Stamper(service) if service else None, None))
        return apart(lambda: _with_evidence(increment, seal, service, vouch))
    except (SealRevoked, TimestampAway):
        raise
    except TimestampRevoked:
        _service.cache_clear()  # it may have another signer by the time we ask again
        raise
    except Exception as error:
        # Of many kinds, and their text may hold what stands in the document. One of them is that
        # a service's answer outgrew the room that its answers used to take.
        _service.cache_clear()
        raise SigningFailed(f"signing broke: {type(error).__name__}") from error


def _with_evidence(
    increment: Callable[[Stamper, Evidence], bytes], seal: Seal, service: Service, vouch: Vouch
) -> bytes:
    """Evidence is written before the service is asked, so that its signer must be foreseen."""
    ours = vouch(seal.certificates)
    if ours.revoked:
        raise SealRevoked("the authority says that what certificates are signed with is revoked")
    for _ in range(TRIES):
        stamper = Stamper(service)
        foreseen = service.signers() or [stamper.try_once()]
        theirs = [vouch(signers) for signers in foreseen]
        if any(one.revoked for one in theirs):
            raise TimestampRevoked("the certificate of the timestamp service is revoked")
        signed = increment(stamper, _together(seal, foreseen, [ours, *theirs]))
        if stamper.signers in foreseen:
            return signed
    raise TimestampAway("the timestamp service signs with another certificate each time")


def _together(seal: Seal, foreseen: Iterable[Signers], found: Sequence[Evidence]) -> Evidence:
    """All evidence, each piece once. The seal's certificates stand in the signature already."""
    known = chain.from_iterable(one.certificates for one in found)
    others = [one for one in known if one not in seal.certificates]
    return Evidence(
        certificates=tuple(dict.fromkeys((*chain.from_iterable(foreseen), *others))),
        answers=tuple(dict.fromkeys(chain.from_iterable(one.answers for one in found))),
        lists=tuple(dict.fromkeys(chain.from_iterable(one.lists for one in found))),
    )


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
_service = lru_cache(maxsize=1)(Service)
"""Kept, because it remembers how much room a service's answer takes, and who signs it."""
