"""Keys as others read them: JSON Web Keys (RFC 7517), named by their own thumbprint."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
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


def written(key: PrivateKey) -> bytes:
    """A private key as it is sealed: PKCS #8, DER."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
