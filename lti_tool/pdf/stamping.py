"""Have a timestamp service stamp a signature (RFC 3161), and take nothing from it but that."""

import asyncio
import logging
from collections import deque
from hashlib import sha256

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

from lti_tool.domain.errors import TimestampAway
from lti_tool.pdf.apart import apart
from lti_tool.pdf.seal import Stamp

# It logs the traceback of whatever it cannot vouch for, and nothing that we do not tell ourselves.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

DIGEST = "sha256"
NOTHING = sha256().digest()
LATELY = 50
"""Timestamps of a service whose signers are remembered: a large one has several."""

Signers = tuple[bytes, ...]
"""The certificates in a timestamp, its signer's first."""


def try_stamp(stamp: Stamp) -> Signers:
    """As `signing.try_stamp`, which see."""
    return apart(Stamper(Service(stamp)).try_once)


class Service:
    """A timestamp service and what is remembered of it; any number of threads may use it."""

    def __init__(self, stamp: Stamp) -> None:
        self.stamp = stamp
        self.sample: cms.ContentInfo | None = None
        """An answer of the past: how much room the next one takes."""
        self.lately: deque[Signers] = deque(maxlen=LATELY)

    def signers(self) -> list[Signers]:
        """Who signed its latest timestamps."""
        return list(dict.fromkeys(self.lately.copy()))


class Stamper(TimeStamper):
    """Has a service asked for one document, and takes nothing from it but a stamp over what it was
    given.
    """

    def __init__(self, service: Service) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # it has no types here
        self._service = service
        self.signers: Signers = ()

    def try_once(self) -> Signers:
        """Have something stamped, whatever it is; who signed that. Raises TimestampAway."""
        asyncio.run(self.async_dummy_response(DIGEST))
        return self.signers

    async def async_dummy_response(self, md_algorithm: str) -> cms.ContentInfo:
        if self._service.sample is None:
            self._service.sample = await self.async_timestamp(NOTHING, md_algorithm)
        return self._service.sample

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._service.stamp(req.dump()))

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            self.signers = await _check_stamp(token, message_digest)
            _strip(token["content"])
        except TimestampAway:
            raise
        except Exception as error:
            # Whatever an answer that is none makes of the reader.
            raise TimestampAway(f"no timestamp in the answer: {type(error).__name__}") from error
        self._service.lately.append(self.signers)
        return token


def _strip(stamp: cms.SignedData) -> None:
    """Take away what a timestamp does not cover of itself: nobody could tell if it was changed."""
    [signer] = stamp["signer_infos"]
    for where, what in ((stamp, "crls"), (signer, "unsigned_attrs")):
        if len(where[what]):
            where[what] = None


async def _check_stamp(token: cms.ContentInfo, digest: bytes) -> Signers:
    """Raise TimestampAway unless the token is signed and is about this digest; its certificates.

    Whether its service is to be trusted is for those to say who read the document.
    """
    found = await validate_tst_signed_data(
        token["content"], ValidationContext(trust_roots=[]), lambda _: digest
    )
    if not (found["intact"] and found["valid"]):
        raise TimestampAway("the timestamp in the answer is of something else")
    own = found["signing_cert"].dump()
    others = sorted(one.chosen.dump() for one in token["content"]["certificates"])
    return (own, *(one for one in others if one != own))
