"""Our own signatures: the RSA keys of this installation, and what we sign with them.

An LMS learns the public halves from /lti/jwks.json. Every key that is not retired is published, the
newest one signs, and a key id is never used again: it is the key's own thumbprint (RFC 7638).
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from pylti1p3.registration import Registration
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lti_tool.domain.errors import SigningKeyMissing
from lti_tool.lms.sealing import reseal, seal, unseal
from lti_tool.models.platform import SigningKey
from lti_tool.settings import Settings

BITS = 2048
ALGORITHM = "RS256"


def ensure_key(session: Session, settings: Settings, now: datetime) -> None:
    """Make the first key if there is none, and seal anew what an older secret key sealed.

    Two processes that start at once may make one each: both are published, so both are good.
    Raises SecretKeyWrong.
    """
    keys = session.scalars(_in_use()).all()
    for key in keys:
        key.private = reseal(settings, key.private)
    if not keys:
        session.add(_new_key(settings, now))
    session.flush()


def public_jwks(session: Session) -> dict[str, list[dict[str, str]]]:
    """The key set to publish (RFC 7517 §5)."""
    return {"keys": [key.public for key in session.scalars(_in_use())]}


def sign(session: Session, settings: Settings, claims: Mapping[str, Any]) -> str:
    """A JWT of these claims by the newest key. Raises SigningKeyMissing, SecretKeyWrong."""
    key = session.scalars(_in_use().limit(1)).first()
    if key is None:
        raise SigningKeyMissing("this installation has no signing key yet")
    private = _parsed(unseal(settings, key.private))
    return jwt.encode(dict(claims), private, algorithm=ALGORITHM, headers={"kid": key.kid})


def _in_use() -> Select[SigningKey]:
    return (
        select(SigningKey)
        .where(SigningKey.retired_at.is_(None))
        .order_by(SigningKey.created_at.desc(), SigningKey.kid)
    )


def _new_key(settings: Settings, now: datetime) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    public = dict(Registration.get_jwk(pem.decode()))
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SigningKey(kid=public["kid"], private=seal(settings, der), public=public, created_at=now)


@lru_cache(maxsize=8)
def _parsed(der: bytes) -> rsa.RSAPrivateKey:
    """Reading a key takes longer than signing with it."""
    key = load_der_private_key(der, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("a signing key that is not RSA")
    return key
