"""The platform's signing keys: a key set with a past, a present and a future, and raw JWS."""

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True)
class SigningKey:
    kid: str
    private: rsa.RSAPrivateKey

    @classmethod
    def new(cls) -> "SigningKey":
        return cls(secrets.token_hex(10), rsa.generate_private_key(65537, 2048))

    def jwk(self) -> dict[str, str]:
        public = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.kid,
            "n": _number(public.n),
            "e": _number(public.e),
        }

    def sign(self, payload: Any, header: dict[str, Any] | None = None) -> str:
        """A compact RS256 JWS of any JSON, so that bad tokens can be signed too."""
        head = header if header is not None else {"typ": "JWT", "alg": "RS256", "kid": self.kid}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (head, payload))
        signature = self.private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{base64url(signature)}"


@dataclass
class KeyRing:
    """Published keys, oldest first. Canvas: lib/canvas/security.rb keeps past, present, future."""

    size: int = 1
    keys: list[SigningKey] = field(default_factory=list)
    foreign: SigningKey = field(default_factory=SigningKey.new)

    def __post_init__(self) -> None:
        self.keys = [SigningKey.new() for _ in range(self.size)]

    @property
    def present(self) -> SigningKey:
        return self.keys[len(self.keys) // 2]

    def rotate(self) -> None:
        self.keys = [*self.keys[1:], SigningKey.new()]

    def replace(self) -> None:
        """Every key new at once, as after an incident."""
        self.keys = [SigningKey.new() for _ in range(self.size)]

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        return {"keys": [key.jwk() for key in self.keys]}
