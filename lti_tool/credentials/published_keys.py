"""Published keys as those have them who check a file: a set, read from wherever it was kept."""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from lti_tool.credentials.new_keys import ALGORITHM
from lti_tool.domain.errors import KeysUnreadable

PUBLIC = frozenset({"kty", "n", "e"})
"""What is read of a key of credentials: a private half that strayed into a set is left alone."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """That a key may have been in other hands."""

    since: datetime
    explanation: str


class PublishedKeys:
    """The keys of a set (RFC 7517 §5): those of credentials, and the certificates of documents."""

    def __init__(self, document: Any) -> None:
        """Raises KeysUnreadable. What is in the set and no key of ours is passed over."""
        found = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(found, list):
            raise KeysUnreadable("this is no set of keys")
        keys = [key for key in found if isinstance(key, dict) and isinstance(key.get("kid"), str)]
        self._credential: dict[str, dict[str, Any]] = {
            key["kid"]: key for key in keys if key.get("alg") == ALGORITHM and "x5c" not in key
        }
        self._document: dict[str, tuple[bytes, ...]] = {
            key["kid"]: _certificates(key) for key in keys if "x5c" in key
        }
        self._revoked = {key["kid"]: _revoked(key["revoked"]) for key in keys if "revoked" in key}

    @classmethod
    def read(cls, content: bytes) -> "PublishedKeys":
        """The set that was saved in a file. Raises KeysUnreadable."""
        try:
            return cls(json.loads(content))
        except (ValueError, RecursionError):
            raise KeysUnreadable("the file is not JSON") from None

    def for_credential(self, address: str) -> jwt.PyJWK | None:
        """The key that a credential names by its address; None where it is none of these."""
        key = self._credential.get(address.rpartition("/")[2])
        if key is None:
            return None
        try:
            return jwt.PyJWK({name: key[name] for name in PUBLIC & key.keys()}, ALGORITHM)
        except (jwt.PyJWTError, ValueError):
            raise KeysUnreadable("a key of the set cannot be read") from None

    def of_document(self, certificates: tuple[bytes, ...]) -> str | None:
        """The id of the key that these certificates belong to; None where it is none of these."""
        for kid, chain in self._document.items():
            if certificates[:1] == chain[:1] and set(certificates) == set(chain):
                return kid
        return None

    def revoked(self, kid: str) -> Revoked | None:
        """Since when a key may have been in other hands; None where it is in ours alone."""
        return self._revoked.get(kid)


def _revoked(said: Any) -> Revoked:
    """What a key of the set says under `revoked` (OpenID Federation 1.0, "Historical Keys")."""
    try:
        since = datetime.fromtimestamp(said["revoked_at"], UTC)
    except (TypeError, KeyError, ValueError, OverflowError, OSError):
        raise KeysUnreadable("since when a key of the set is revoked cannot be read") from None
    return Revoked(since, str(said.get("explanation", "")))


def _certificates(key: Mapping[str, Any]) -> tuple[bytes, ...]:
    try:
        return tuple(b64decode(one) for one in key["x5c"])
    except (TypeError, binascii.Error, ValueError):
        raise KeysUnreadable("the certificates of a key of the set cannot be read") from None
