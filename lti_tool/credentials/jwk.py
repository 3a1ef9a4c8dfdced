"""Keys as others read them, JSON Web Keys (RFC 7517) named by their thumbprint; and as kept."""

import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The id that a public key has by itself (RFC 7638 §3)."""
    named = {name: jwk[name] for name in _MEMBERS[jwk["kty"]]}
    digest = hashlib.sha256(json.dumps(named, separators=(",", ":")).encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def public_jwk(key: PublicKey) -> dict[str, object]:
    """A public key, with its id."""
    if isinstance(key, rsa.RSAPublicKey):
        found = RSAAlgorithm.to_jwk(key, as_dict=True)
    else:
        found = ECAlgorithm.to_jwk(key, as_dict=True)
    found.pop("key_ops", None)
    return found | {"kid": thumbprint(found), "use": "sig"}


def certificates(jwk: Mapping[str, object]) -> list[bytes]:
    """The certificates of a key of documents, DER, its own first (RFC 7517 §4.7); else none."""
    found = jwk.get("x5c", [])
    if not isinstance(found, list):
        raise TypeError("certificates of a key that are no list")
    return [b64decode(one) for one in found]


def written(key: PrivateKey) -> bytes:
    """A private key as it is sealed: PKCS #8, DER."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@lru_cache(maxsize=8)
def private_key(der: bytes) -> PrivateKey:
    """The same read again, which takes longer than signing with it."""
    key = load_der_private_key(der, password=None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("an issuer key that is neither RSA nor of an elliptic curve")
    return key
