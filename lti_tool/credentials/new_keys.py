"""New issuer keys: made here, or of a seal that was brought; each a row, its secret sealed."""

from base64 import b64encode
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import rsa

from lti_tool.credentials.jwk import private_key, public_jwk, written
from lti_tool.credentials.seals import make_seal
from lti_tool.domain.issuer import Signs
from lti_tool.models.issuer import IssuerKey
from lti_tool.pdf import Seal
from lti_tool.sealing import seal
from lti_tool.settings import Settings

BITS = 2048
ALGORITHM = "RS256"


def new_key(signs: Signs, settings: Settings, now: datetime) -> IssuerKey:
    """A key of our own making."""
    if signs is Signs.DOCUMENT:
        return document_key(make_seal(settings.origin, now), settings, now, brought=False)
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    public = public_jwk(private.public_key()) | {"alg": ALGORITHM}
    return _row(signs, written(private), public, settings, now)


def document_key(given: Seal, settings: Settings, now: datetime, *, brought: bool) -> IssuerKey:
    """The key of a seal, told by its certificates (`x5c`, RFC 7517 §4.7)."""
    public = public_jwk(private_key(given.private).public_key())
    public["x5c"] = [b64encode(one).decode() for one in given.certificates]
    row = _row(Signs.DOCUMENT, given.private, public, settings, now)
    row.brought = brought
    return row


def _row(
    signs: Signs, private: bytes, public: dict[str, object], settings: Settings, now: datetime
) -> IssuerKey:
    return IssuerKey(
        kid=str(public["kid"]),
        signs=signs,
        private=seal(settings, private),
        public=public,
        created_at=now,
    )
