"""Our own signatures: the RSA keys of this installation, and what we sign with them.

An LMS learns the public halves from /lti/jwks.json, and may keep what it read for a while. So a new
key is published first and signs one overlap later, and the one before stays published for another.
All of it follows from two moments of a row: when the key was made, and when it is retired, that is,
no longer published. A key id is never used again: it is the key's own thumbprint (RFC 7638).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.domain.errors import KeysRotating, SigningKeyMissing
from lti_tool.models.platform import SigningKey
from lti_tool.sealing import reseal, seal, unseal
from lti_tool.settings import Settings

BITS = 2048
ALGORITHM = "RS256"
GONE = b""
NO_KEY = "this installation has no signing key yet; run: rounds upgrade"


@dataclass(frozen=True, slots=True)
class KeyView:
    """A published key as operators see it: whether it signs, and until when it is published."""

    kid: str
    made_at: datetime
    signs: bool
    signs_from: datetime
    """When every LMS will have seen it. The first key of an installation signs earlier."""
    published_until: datetime | None


def ensure_key(session: Session, settings: Settings, now: datetime) -> None:
    """Make the first key if there is none, and seal anew what an older secret key sealed.

    Private halves that sign no more are forgotten; their rows stay, and with them the keys' ids.
    Two processes that start at once may make one each: both are published, so both are good. Raises
    SecretKeyWrong.
    """
    keys = session.scalars(_published(now)).all()
    for key in keys:
        key.private = reseal(settings, key.private)
    session.execute(update(SigningKey).where(SigningKey.retired_at <= now).values(private=GONE))
    if not keys:
        session.add(_new_key(settings, now))
    session.flush()


def rotate(session: Session, settings: Settings, now: datetime, *, at_once: bool) -> None:
    """Publish a new key, and set the day on which those before are no longer published.

    They go on signing for one overlap, while LMSs come to see the new key, and stay published for
    another, so that what they signed verifies. With `at_once` they are gone now: after a theft, or
    when nothing opens them any more. Otherwise raises KeysRotating while the newest key does not
    sign yet, and SecretKeyWrong.
    """
    in_turn = select(SigningKey.kid).where(SigningKey.retired_at.is_(None)).with_for_update()
    session.execute(in_turn)
    if not at_once:
        ensure_key(session, settings, now)
    keys = session.scalars(_published(now)).all()
    if not at_once and _signing(keys, settings, now) is not keys[0]:
        ready = keys[0].created_at + _overlap(settings)
        raise KeysRotating(f"the newest key signs from {ready:%Y-%m-%d %H:%M} UTC; rotate after it")
    for key in keys:
        if at_once:
            key.retired_at, key.private = now, GONE
        elif key.retired_at is None:
            key.retired_at = now + 2 * _overlap(settings)
    session.add(_new_key(settings, now))
    session.flush()


def published_keys(session: Session, settings: Settings, now: datetime) -> list[KeyView]:
    """The keys that LMSs are to know, the newest first."""
    keys = session.scalars(_published(now)).all()
    signing = _signing(keys, settings, now)
    return [
        KeyView(
            kid=key.kid,
            made_at=key.created_at,
            signs=key is signing,
            signs_from=key.created_at + _overlap(settings),
            published_until=key.retired_at,
        )
        for key in keys
    ]


def check_keys(session: Session, settings: Settings, now: datetime) -> None:
    """Raise SigningKeyMissing without a key, SecretKeyWrong where one cannot be opened."""
    keys = session.scalars(_published(now)).all()
    if not keys:
        raise SigningKeyMissing(NO_KEY)
    for key in keys:
        unseal(settings, key.private)


def public_jwks(session: Session, now: datetime) -> dict[str, list[dict[str, str]]]:
    """The key set to publish (RFC 7517 §5)."""
    return {"keys": [key.public for key in session.scalars(_published(now))]}


def sign(session: Session, settings: Settings, claims: Mapping[str, Any], now: datetime) -> str:
    """A JWT of these claims, by a key that LMSs know. Raises SigningKeyMissing, SecretKeyWrong."""
    key = _signing(session.scalars(_published(now)).all(), settings, now)
    if key is None:
        raise SigningKeyMissing(NO_KEY)
    private = _parsed(unseal(settings, key.private))
    return jwt.encode(dict(claims), private, algorithm=ALGORITHM, headers={"kid": key.kid})


def _published(now: datetime) -> Select[SigningKey]:
    return (
        select(SigningKey)
        .where(or_(SigningKey.retired_at.is_(None), SigningKey.retired_at > now))
        .order_by(SigningKey.created_at.desc(), SigningKey.kid)
    )


def _signing(keys: Sequence[SigningKey], settings: Settings, now: datetime) -> SigningKey | None:
    """Of keys in order, the newest that every LMS has had time to see; else the oldest."""
    seen = (key for key in keys if key.created_at + _overlap(settings) <= now)
    return next(seen, keys[-1] if keys else None)


def _overlap(settings: Settings) -> timedelta:
    return timedelta(hours=settings.key_overlap_hours)


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
