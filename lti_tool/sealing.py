"""Secrets at rest: keys and tokens are stored encrypted under a key drawn from ROUNDS_SECRET_KEY.

What the key before (ROUNDS_SECRET_KEY_OLD) sealed can still be opened, and `reseal` renews it.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lti_tool.domain.errors import SecretKeyWrong
from lti_tool.settings import Settings

PURPOSE = b"rounds: secrets at rest, v1"
"""Sets this key apart from any other drawn from the same secret (RFC 5869 §3.2)."""


def seal(settings: Settings, plain: bytes) -> bytes:
    """Encrypt under the present secret key."""
    return _ciphers(settings)[0].encrypt(plain)


def unseal(settings: Settings, sealed: bytes) -> bytes:
    """What was sealed under the present key or the one before. Raises SecretKeyWrong."""
    try:
        return MultiFernet(_ciphers(settings)).decrypt(sealed)
    except InvalidToken:
        raise SecretKeyWrong(
            "what the database keeps was sealed under another ROUNDS_SECRET_KEY; "
            "give that one back, or name it in ROUNDS_SECRET_KEY_OLD"
        ) from None


def reseal(settings: Settings, sealed: bytes) -> bytes:
    """The same bytes if the present key sealed them, else newly sealed. Raises SecretKeyWrong."""
    try:
        _ciphers(settings)[0].decrypt(sealed)
    except InvalidToken:
        return seal(settings, unseal(settings, sealed))
    return sealed


def _ciphers(settings: Settings) -> list[Fernet]:
    secrets = filter(None, (settings.secret_key, settings.secret_key_old))
    return [_cipher(secret) for secret in secrets]


@lru_cache(maxsize=8)
def _cipher(secret: str) -> Fernet:
    drawn = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(urlsafe_b64encode(drawn))
