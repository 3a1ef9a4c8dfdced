"""Who issues certificates, for machines: a profile, the list of what counts no longer, keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = dict[str, Any]

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
]
"""The first two are required, in this order; the third defines the types of schema and status."""


class Signs(StrEnum):
    """What a key of certificates signs."""

    CREDENTIAL = "credential"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues: the school of a platform, at its public address."""

    address: str
    name: str
    url: str = ""
    email: str = ""

    @property
    def revocations(self) -> str:
        """Where the list of what counts no longer is found."""
        return f"{self.address}/revocations"

    def achievement(self, key: str) -> str:
        """Where it is found what an activity, told by its key, asks for."""
        return f"{self.address}/achievements/{key}"


def profile(issuer: Issuer) -> Json:
    """The issuer as a Profile; what is not known is left out."""
    known = {"url": issuer.url, "email": issuer.email}
    named = {"id": issuer.address, "type": ["Profile"], "name": issuer.name}
    return named | {member: text for member, text in known.items() if text}


def revocation_list(issuer: Issuer, ended: Iterable[tuple[str, str]]) -> Json:
    """The list that verifiers read (1EdTech Revocation List Status Method 1.0): the id of each
    credential that counts no longer, and a word for why.
    """
    revoked = [{"id": id, "revoked": True, "revocationReason": reason} for id, reason in ended]
    return {"id": issuer.revocations, "issuer": issuer.address, "revokedCredential": revoked}
