"""Issuer keys: one RSA key signs credentials, and one key with a certificate signs documents.

Both are made when they are first needed. Whoever checks a certificate years later finds the public
half by its address, so every key there ever was stays published; the private half of one that signs
no more is forgotten. A key id is the key's own thumbprint (RFC 7638). No LMS has to see a key
before it signs: what it signed says where to find it.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lti_tool.credentials.jwk import PrivateKey, public_jwk, written
from lti_tool.credentials.seals import check_time, make_seal
from lti_tool.domain.errors import SealKnown
from lti_tool.models.issuer import IssuerKey
from lti_tool.pdf import Seal
from lti_tool.sealing import reseal, seal, unseal
from lti_tool.settings import Settings

BITS = 2048
ALGORITHM = "RS256"
GONE = b""


class Signs(StrEnum):
    """What a key signs."""

    CREDENTIAL = "credential"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class IssuerKeyView:
    """A key as operators see it. The last two are None for credentials: such a key has no
    certificate.
    """

    kid: str
    signs: Signs
    brought: bool
    made_at: datetime
    retired_at: datetime | None
    subject: str | None
    """Whom the certificate names."""
    valid_until: datetime | None


def ensure_keys(session: Session, settings: Settings, now: datetime) -> None:
    """Make the keys that are missing, and seal anew what an older secret key sealed.

    Two processes that start at once may make one each: both are published, so both are good, and
    the newest signs. Raises SecretKeyWrong.
    """
    keys = session.scalars(_in_use()).all()
    for key in keys:
        key.private = reseal(settings, key.private)
    for signs in set(Signs) - {Signs(key.signs) for key in keys}:
        session.add(_new_key(signs, settings, now))
    session.flush()


def check_keys(session: Session, settings: Settings) -> None:
    """Change nothing; raise SecretKeyWrong where a key that signs cannot be opened."""
    for key in session.scalars(_in_use()):
        unseal(settings, key.private)


def sign_credential(
    session: Session, settings: Settings, payload: Mapping[str, Any], now: datetime
) -> str:
    """A JWT of this payload whose `kid` is the address of the key that signed it.

    Raises SecretKeyWrong.
    """
    key = _newest(session, settings, Signs.CREDENTIAL, now)
    headers = {"kid": key_address(settings, key.kid), "typ": "JWT"}
    private = _parsed(unseal(settings, key.private))
    return jwt.encode(dict(payload), private, algorithm=ALGORITHM, headers=headers)


def document_seal(session: Session, settings: Settings, now: datetime) -> Seal:
    """What documents are signed with now. Raises SealExpired, SecretKeyWrong."""
    key = _newest(session, settings, Signs.DOCUMENT, now)
    found = Seal(unseal(settings, key.private), tuple(map(b64decode, _chain(key))))
    check_time(found, now)
    return found


def key_address(settings: Settings, kid: str) -> str:
    """Where the public half of a key is found."""
    return f"{settings.origin}/issuers/keys/{kid}"


def published(session: Session) -> dict[str, list[dict[str, object]]]:
    """The set of every key there ever was (RFC 7517 §5), the oldest first.

    A key that signs documents is told by its certificates, `x5c`.
    """
    return {"keys": [key.public for key in session.scalars(_all())]}


def published_key(session: Session, kid: str) -> dict[str, object] | None:
    """One key of that set; None where there never was such a key."""
    key = session.get(IssuerKey, kid)
    return None if key is None else key.public


def issuer_keys(session: Session) -> list[IssuerKeyView]:
    """Every key there ever was, the oldest first."""
    return [_view(key) for key in session.scalars(_all())]


def rotate(session: Session, settings: Settings, signs: Signs, now: datetime) -> None:
    """Sign with a new key of our own making from now on. Raises SecretKeyWrong."""
    _retire(session, settings, signs, now)
    session.add(_new_key(signs, settings, now))
    session.flush()


def bring(session: Session, settings: Settings, given: Seal, now: datetime) -> None:
    """Sign documents with a key of the institution's own from now on.

    One that was here before comes back. With another certificate it is refused: those who check
    what it signed look for the one it had. Raises SealKnown, SecretKeyWrong.
    """
    made = _document_key(given, settings, now, brought=True)
    before = session.get(IssuerKey, made.kid)
    if before is not None and before.public != made.public:
        raise SealKnown("this key was here before with another certificate; bring a new key")
    _retire(session, settings, Signs.DOCUMENT, now)
    if before is None:
        session.add(made)
    else:
        before.private, before.created_at, before.retired_at = made.private, now, None
    session.flush()


# -- Rows ------------------------------------------------------------------------------------------


def _all() -> Select[IssuerKey]:
    return select(IssuerKey).order_by(IssuerKey.created_at, IssuerKey.kid)


def _in_use() -> Select[IssuerKey]:
    return _all().where(IssuerKey.retired_at.is_(None))


def _newest(session: Session, settings: Settings, signs: Signs, now: datetime) -> IssuerKey:
    """The key that signs this, made if there is none."""
    keys = session.scalars(_in_use().where(IssuerKey.signs == signs)).all()
    if not keys:
        ensure_keys(session, settings, now)
        keys = session.scalars(_in_use().where(IssuerKey.signs == signs)).all()
    return keys[-1]


def _retire(session: Session, settings: Settings, signs: Signs, now: datetime) -> None:
    """Have those that sign this sign no more; of several who do so at once, one after the other."""
    session.execute(_in_use().with_for_update())
    ensure_keys(session, settings, now)
    for key in session.scalars(_in_use().where(IssuerKey.signs == signs)):
        key.private, key.retired_at = GONE, now
    session.flush()


def _view(key: IssuerKey) -> IssuerKeyView:
    chain = _chain(key)
    certificate = x509.load_der_x509_certificate(b64decode(chain[0])) if chain else None
    return IssuerKeyView(
        kid=key.kid,
        signs=Signs(key.signs),
        brought=key.brought,
        made_at=key.created_at,
        retired_at=key.retired_at,
        subject=certificate.subject.rfc4514_string() if certificate else None,
        valid_until=certificate.not_valid_after_utc if certificate else None,
    )


def _chain(key: IssuerKey) -> Sequence[str]:
    found = key.public.get("x5c", [])
    if not isinstance(found, list):
        raise TypeError("certificates of a key that are no list")
    return found


# -- New keys --------------------------------------------------------------------------------------


def _new_key(signs: Signs, settings: Settings, now: datetime) -> IssuerKey:
    if signs is Signs.DOCUMENT:
        return _document_key(make_seal(settings.origin, now), settings, now, brought=False)
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    public = public_jwk(private.public_key()) | {"alg": ALGORITHM}
    return _row(signs, written(private), public, settings, now)


def _document_key(given: Seal, settings: Settings, now: datetime, *, brought: bool) -> IssuerKey:
    public = public_jwk(_parsed(given.private).public_key())
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


@lru_cache(maxsize=8)
def _parsed(der: bytes) -> PrivateKey:
    """Reading a key takes longer than signing with it."""
    key = load_der_private_key(der, password=None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("an issuer key that is neither RSA nor of an elliptic curve")
    return key
