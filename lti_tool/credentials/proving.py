"""Proving a file that Rounds gave out: by its signatures and published keys, and nothing else.

What is proven and what cannot be from a file alone is told apart, each in a sentence with a code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import jwt
from cryptography import x509
from jwt.types import Options

from lti_tool.credentials.baking import SIGNATURE, credential_in
from lti_tool.credentials.new_keys import ALGORITHM
from lti_tool.credentials.published_keys import PublishedKeys, Revoked
from lti_tool.domain.errors import (
    FileChanged,
    FileForeign,
    FileMismatched,
    FileUnreadable,
    FileUnsigned,
    KeyRevoked,
)
from lti_tool.pdf import CREDENTIAL_NAME, Checked, check_in_process

LARGEST_FILE = 16 * 1024 * 1024

GENUINE: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}
"""The signature alone is checked: when something is good, and for whom, is another question."""

_JWT = re.compile(rb"\s*([\w-]+\.[\w-]+\.[\w-]+)\s*", re.ASCII)


class Kind(StrEnum):
    """What a file is."""

    DOCUMENT = "document"
    CREDENTIAL = "credential"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is proven, or is not, and its stable code."""

    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a genuine file says, and how far that is proven. Texts are empty where it says none."""

    kind: Kind
    certificate: str
    """The address at which its issuer says whether it still counts."""
    person: str
    issuer: str
    proven: tuple[Statement, ...]
    unproven: tuple[Statement, ...]
    level: str = ""
    """Of a document's signature (ETSI EN 319 142-1 §6): B-B, B-T or B-LT."""


def prove(content: bytes, keys: PublishedKeys, now: datetime) -> Proof:
    """Prove a PDF, a badge or a credential by these keys.

    Raises FileUnreadable, FileUnsigned, FileChanged, FileForeign, FileMismatched, KeyRevoked,
    KeysUnreadable, and SigningOff where the library that reads PDFs' signatures is missing.
    """
    if len(content) > LARGEST_FILE:
        raise FileUnreadable("no file of Rounds is so large")
    if b"%PDF-" in content[:1024]:
        return _prove_document(content, keys, now)
    if whole := _JWT.fullmatch(content):
        return _prove_credential(whole[1].decode(), Kind.CREDENTIAL, keys, now)
    if content.startswith(SIGNATURE) or b"<svg" in content[:1024]:
        token = credential_in(content)
        if token is None:
            raise FileUnsigned("the picture holds no credential")
        return _prove_credential(token, Kind.PICTURE, keys, now)
    raise FileUnreadable("it is neither a PDF, nor a picture or a credential of Rounds")


# -- Documents -------------------------------------------------------------------------------------


def _prove_document(content: bytes, keys: PublishedKeys, now: datetime) -> Proof:
    checked = check_in_process(content)
    kid = keys.of_document(checked.certificates)
    if kid is None:
        raise FileForeign("it is signed, but by a key that is none of the published ones")
    own = x509.load_der_x509_certificate(checked.certificates[0])
    whole = Statement("file-whole", "The file is what was signed, to the last byte.")
    by = f"It was signed by the published key {kid}, of {own.subject.rfc4514_string()}."
    proven = [whole, Statement("signed-by", by), *_of_authority(own, checked)]
    unproven = [*_of_signer(own, checked, now), *_of_time(checked)]
    unproven += _of_revocation(keys.revoked(kid), checked)
    attached = checked.attachments.get(CREDENTIAL_NAME)
    if attached is None:
        says = "It carries no credential, so that only people can read what it says."
        unproven.append(Statement("credential", says))
        unproven.append(_counts("the address that it shows"))
        return Proof(Kind.DOCUMENT, "", "", "", tuple(proven), tuple(unproven), checked.level)
    token = _JWT.fullmatch(attached)
    if token is None:
        raise FileChanged("the credential that it carries cannot be read")
    carried = _prove_credential(token[1].decode(), Kind.DOCUMENT, keys, now)
    if carried.certificate not in checked.addresses:
        raise FileMismatched("the document and the credential that it carries are not of the same")
    same = "Document and credential are of the same certificate."
    return Proof(
        Kind.DOCUMENT,
        carried.certificate,
        carried.person,
        carried.issuer,
        (*proven, *carried.proven, Statement("same", same)),
        (*unproven, *carried.unproven),
        checked.level,
    )


def _of_authority(own: x509.Certificate, checked: Checked) -> Iterator[Statement]:
    """What the evidence in a document says; nobody revokes a certificate that is its own issuer."""
    if checked.unrevoked and own.issuer != own.subject:
        authority = own.issuer.rfc4514_string()
        says = (
            f"The file carries the word of {authority} that the key's certificate was not revoked"
            " at the time of its timestamp."
        )
        yield Statement("signer-not-revoked", says)


def _of_signer(own: x509.Certificate, checked: Checked, now: datetime) -> Iterator[Statement]:
    if own.issuer == own.subject:
        says = "Nobody else vouches for the key that signed the file: its certificate is its own."
        yield Statement("signer-self-signed", says)
    else:
        authority = own.issuer.rfc4514_string()
        says = f"That {authority} vouches for that key; PDF readers can tell."
        yield Statement("signer-vouched", says)
        if not checked.unrevoked:
            says = f"That the key's certificate was not revoked by then: ask {authority}."
            yield Statement("signer-revocation", says)
    until = own.not_valid_after_utc
    signed = checked.stamped_at or checked.signed_at
    if signed is not None and signed > until:
        says = f"The key's certificate had expired when the file was signed, on {until:%Y-%m-%d}."
        yield Statement("signer-expired", says)
    elif now > until:
        # A timestamp changes nothing: anybody may run the service that it is of.
        says = f"That it was signed before the key's certificate expired, on {until:%Y-%m-%d}."
        yield Statement("signer-expired", says)


def _of_time(checked: Checked) -> Iterator[Statement]:
    if checked.stamped_at is not None:
        at, by = checked.stamped_at, checked.stamped_by
        says = f"That it was signed by {_moment(at)}: so says {by}, whom you may trust or not."
        yield Statement("signed-at-stamped", says)
    elif checked.signed_at is not None:
        says = f"That it was signed on {_moment(checked.signed_at)}: so says the signer alone."
        yield Statement("signed-at", says)


def _of_revocation(revoked: Revoked | None, checked: Checked) -> Iterator[Statement]:
    """Raise KeyRevoked unless a timestamp shows that the file was signed before the key was stolen:
    whoever has the key signs what they like, and says any time of it.
    """
    if revoked is None:
        return
    if checked.stamped_at is None or checked.stamped_at >= revoked.since:
        raise KeyRevoked(_stolen("it was signed by a key", revoked))
    says = (
        f"That it is genuine at all: others may have had the key from {_moment(revoked.since)} on."
        f" That it is older, {checked.stamped_by} alone says."
    )
    yield Statement("key-revoked", says)


def _stolen(what: str, revoked: Revoked) -> str:
    """Why a revoked key proves nothing of a file, and whether anything else could."""
    words = f" ({revoked.explanation})" if revoked.explanation else ""
    return (
        f"{what} that others may have had from {_moment(revoked.since)} on{words}, and no timestamp"
        " shows that it is older; ask its address, or for one that is issued again"
    )


# -- Credentials -----------------------------------------------------------------------------------


def _prove_credential(token: str, kind: Kind, keys: PublishedKeys, now: datetime) -> Proof:
    header, payload = _opened(token, keys)
    subject = payload.get("credentialSubject")
    issuer = payload.get("issuer")
    address = str(payload.get("id", ""))
    kid = str(header["kid"]).rpartition("/")[2]
    says = f"The credential was signed by the published key {kid}, and is as it was signed."
    unproven = list(_of_validity(payload, now))
    revoked = keys.revoked(kid)
    if revoked is not None and kind is not Kind.DOCUMENT:
        raise KeyRevoked(_stolen("its credential was signed by a key", revoked))
    if revoked is not None:
        says = "That the credential is genuine without the document around it: its key was revoked."
        unproven.append(Statement("credential-key-revoked", says))
    if kind is Kind.PICTURE:
        unproven.append(Statement("picture", "The picture around the credential is not signed."))
    return Proof(
        kind=kind,
        certificate=address,
        person=_person(subject),
        issuer=str(issuer.get("name", "")) if isinstance(issuer, dict) else "",
        proven=(Statement("credential-whole", says),),
        unproven=(*unproven, _counts(address or "its issuer")),
    )


def _opened(token: str, keys: PublishedKeys) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and payload of a token that one of the keys signed."""
    try:
        header = jwt.get_unverified_header(token)
        key = keys.for_credential(str(header.get("kid", "")))
        if key is None or header.get("alg") != ALGORITHM:
            raise FileForeign("its credential is signed by a key that is none of the published")
        payload = jwt.decode(token, key, [ALGORITHM], options=GENUINE)
    except jwt.InvalidSignatureError:
        raise FileChanged("its credential is not what was signed") from None
    except jwt.PyJWTError:
        raise FileUnreadable("its credential cannot be read") from None
    return header, payload


def _of_validity(payload: dict[str, Any], now: datetime) -> Iterator[Statement]:
    end = payload.get("exp")
    if isinstance(end, int) and end <= now.timestamp():
        try:
            until = _moment(datetime.fromtimestamp(end, UTC))
        except (OverflowError, ValueError, OSError):
            raise FileUnreadable("its credential ends on no day that there is") from None
        yield Statement("expired", f"That it is good still: it was until {until}.")


def _person(subject: Any) -> str:
    """The name in clear (Open Badges 3.0, IdentityObject), where there is one."""
    named = subject.get("identifier") if isinstance(subject, dict) else None
    for one in named if isinstance(named, list) else ():
        if isinstance(one, dict) and one.get("hashed") is False:
            return str(one.get("identityHash", ""))
    return ""


def _counts(where: str) -> Statement:
    """No file knows what became of it."""
    return Statement("revocation", f"Whether it still counts: ask {where}.")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} {at:%Z}".strip()
