"""Issuer keys: one RSA key signs credentials, and one key with a certificate signs documents.

Both are made when they are first needed. Whoever checks a certificate years later finds the public
half by its address, so every key there ever was stays published; the private half of one that signs
no more is forgotten. A key id is the key's own thumbprint (RFC 7638). No LMS has to see a key
before it signs: what it signed says where to find it.

A key that was stolen stays published as well, and says so: whoever checks by it has to know.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import jwt
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lti_tool.credentials.jwk import certificates, private_key, public_jwk
from lti_tool.credentials.new_keys import ALGORITHM, document_key, new_key
from lti_tool.credentials.seals import check_time
from lti_tool.domain.errors import NoSuchThing, SealKnown, SealRevoked, SecretKeyWrong
from lti_tool.domain.issuer import Signs
from lti_tool.models.issuer import IssuerKey
from lti_tool.pdf import Seal
from lti_tool.sealing import reseal, unseal
from lti_tool.settings import Settings

GONE = b""
COMPROMISED = "compromised"
"""Why a key was revoked, in the word of OpenID Federation 1.0, "Historical Keys"."""


def ensure_keys(session: Session, settings: Settings, now: datetime) -> None:
    """Make the keys that are missing, and seal anew what an older secret key sealed.

    Two processes that start at once may make one each: both are published, so both are good, and
    the newest signs. Raises SecretKeyWrong.
    """
    keys = session.scalars(_in_use()).all()
    for key in keys:
        key.private = reseal(settings, key.private)
    for signs in set(Signs) - {Signs(key.signs) for key in keys}:
        session.add(new_key(signs, settings, now))
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
    private = private_key(unseal(settings, key.private))
    return jwt.encode(dict(payload), private, algorithm=ALGORITHM, headers=headers)


def document_seal(session: Session, settings: Settings, now: datetime) -> Seal:
    """What documents are signed with now. Raises SealExpired, SecretKeyWrong."""
    key = _newest(session, settings, Signs.DOCUMENT, now)
    found = Seal(unseal(settings, key.private), tuple(certificates(key.public)))
    check_time(found, now)
    return found


def document_certificates(session: Session) -> tuple[bytes, ...]:
    """Those of what documents are signed with (DER), its own first; none at first."""
    keys = session.scalars(_in_use().where(IssuerKey.signs == Signs.DOCUMENT)).all()
    return tuple(certificates(keys[-1].public)) if keys else ()


def key_address(settings: Settings, kid: str) -> str:
    """Where the public half of a key is found."""
    return f"{settings.origin}/issuers/keys/{kid}"


def published(session: Session) -> dict[str, list[dict[str, object]]]:
    """The set of every key there ever was (RFC 7517 §5), the oldest first.

    A key that signs documents is told by its certificates, `x5c`; one that was revoked by the
    member `revoked` (OpenID Federation 1.0, "Historical Keys").
    """
    return {"keys": [_public(key) for key in all_keys(session)]}


def published_key(session: Session, kid: str) -> dict[str, object] | None:
    """One key of that set; None where there never was such a key."""
    key = session.get(IssuerKey, kid)
    return None if key is None else _public(key)


def is_revoked(session: Session, token: str) -> bool:
    """Whether a credential of ours was signed by a key that has been revoked since."""
    key = session.get(IssuerKey, _signer(token))
    return key is not None and key.revoked_at is not None


def require_unrevoked(session: Session, given: Seal, token: str) -> None:
    """Raise SealRevoked where the seal's key, or that of a credential of ours, has been revoked.

    Until this transaction ends, nobody revokes them.
    """
    kids = public_jwk(private_key(given.private).public_key())["kid"], _signer(token)
    held = _all().where(IssuerKey.kid.in_(kids)).with_for_update(read=True)
    if any(key.revoked_at is not None for key in session.scalars(held)):
        raise SealRevoked("a key was revoked while a certificate was made with it")


def _signer(token: str) -> str:
    """The id of the key that signed a credential of ours."""
    return str(jwt.get_unverified_header(token)["kid"]).rpartition("/")[2]


def all_keys(session: Session) -> Sequence[IssuerKey]:
    """Every key there ever was, the oldest first."""
    return session.scalars(_all()).all()


def rotate(
    session: Session, settings: Settings, signs: Signs, now: datetime, *, lost: bool = False
) -> None:
    """Sign with a new key of our own making from now on.

    Raises SecretKeyWrong where the key before cannot be opened: this may be the wrong secret key,
    under which nothing ought to be sealed. With `lost` it is given up.
    """
    keys = _in_turn(session, signs)
    if not lost:
        _check_opens(keys, settings, f"rounds issuer-keys rotate {signs} --secret-key-lost")
    _retire(keys, now)
    session.add(new_key(signs, settings, now))
    session.flush()


def revoke(
    session: Session, settings: Settings, kid: str, since: datetime, explanation: str, now: datetime
) -> None:
    """Say of a key that it may have been in other hands `since` then, and sign no more with it.

    Where nothing else signs what it did, a new key of our own making does. Of one that was revoked
    before, the moment and the words are changed. Raises NoSuchThing.
    """
    _in_turn(session, *Signs)
    key = session.get(IssuerKey, kid)
    if key is None:
        raise NoSuchThing(f"there is no issuer key {kid}")
    key.revoked_at, key.explanation = since, explanation
    if key.retired_at is None:
        _retire([key], now)
    if session.scalar(_in_use().where(IssuerKey.signs == key.signs).limit(1)) is None:
        session.add(new_key(Signs(key.signs), settings, now))
    session.flush()


def bring(session: Session, settings: Settings, given: Seal, now: datetime) -> None:
    """Sign documents with a key of the institution's own from now on.

    One that was here before comes back. With another certificate it is refused: those who check
    what it signed look for the one it had. Raises SealKnown, SealRevoked, SecretKeyWrong.
    """
    made = document_key(given, settings, now, brought=True)
    keys = _in_turn(session, Signs.DOCUMENT)
    before = session.get(IssuerKey, made.kid)
    if before is not None and before.revoked_at is not None:
        raise SealRevoked("this key was revoked, because others may have it; bring a new key")
    if before is not None and before.public != made.public:
        raise SealKnown("this key was here before with another certificate; bring a new key")
    _check_opens(keys, settings, "rounds issuer-keys rotate document --secret-key-lost")
    _retire(keys, now)
    if before is None:
        session.add(made)
    else:
        before.private, before.retired_at = made.private, None
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


def _in_turn(session: Session, *signs: Signs) -> Sequence[IssuerKey]:
    """The keys that sign this; of several who change them at once, one after the other."""
    session.execute(_in_use().with_for_update())
    return session.scalars(_in_use().where(IssuerKey.signs.in_(signs))).all()


def _check_opens(keys: Iterable[IssuerKey], settings: Settings, way_on: str) -> None:
    """Raise SecretKeyWrong, with the way on, where a key cannot be opened."""
    try:
        for key in keys:
            unseal(settings, key.private)
    except SecretKeyWrong as error:
        raise SecretKeyWrong(f"{error}; if it is lost: {way_on}") from None


def _retire(keys: Iterable[IssuerKey], now: datetime) -> None:
    """Have keys sign no more, and forget their private halves."""
    for key in keys:
        key.private, key.retired_at = GONE, now


def _public(key: IssuerKey) -> dict[str, object]:
    if key.revoked_at is None:
        return key.public
    revoked = {
        "revoked_at": int(key.revoked_at.timestamp()),
        "reason": COMPROMISED,
        "explanation": key.explanation,
    }
    return key.public | {"revoked": revoked}
