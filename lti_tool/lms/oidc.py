"""The OpenID Connect side of a launch: begin a login, and verify the id_token that answers it.

Sources: 1EdTech Security Framework 1.0 §5.1, LTI core 1.3 §4 and §5. The decoding is PyJWT's; what
a launch must say about time, parties and its own login is checked here, in the order of the code.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import jwt

from lti_tool.domain.errors import (
    ClaimMissing,
    ClaimsMalformed,
    LaunchExpired,
    NonceWrong,
    TargetChanged,
    TokenForged,
    TokenKeyMissing,
    TokenNotForUs,
    TokenUnreadable,
)
from lti_tool.lms.claims import TARGET_LINK_URI
from lti_tool.lms.launch_store import Begun
from lti_tool.lms.platform_keys import PlatformKeys
from lti_tool.models.platform import Platform

ALGORITHM = "RS256"
"""Security Framework 1.0 §5.1.2: RS256 must be supported; nothing weaker is, and `none` never."""

END_OF_TIME = 1e12
"""Seconds: far beyond any true date, and NaN and infinity are not below it."""

REQUIRED = ("iss", "aud", "sub", "exp", "iat", "nonce")

OF_NOTICE = ("iss", "aud", "exp", "iat", "nonce")
"""A notice is about no person."""

_SIGNATURE_ONLY: jwt.types.Options = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


@dataclass(frozen=True, slots=True)
class Login:
    """A third-party login as a platform begins it. The hints are opaque and go back unaltered."""

    iss: str
    login_hint: str
    target_link_uri: str
    client_id: str | None = None
    lti_message_hint: str | None = None
    lti_storage_target: str | None = None
    """The frame that keeps things for tools whose cookies are refused, if the LMS has one."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a token's times may lie from our clock, in seconds."""

    leeway: float
    age: float


def authorization_url(
    platform: Platform, login: Login, *, redirect_uri: str, state: str, nonce: str
) -> str:
    """Where to send the browser, by a plain GET (Security Framework 1.0 §5.1.1.2).

    Exactly the parameters of the specification: an LMS may give a meaning of its own to any other.
    """
    parameters = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": redirect_uri,
        "login_hint": login.login_hint,
        "state": state,
        "nonce": nonce,
    }
    if login.lti_message_hint is not None:
        parameters["lti_message_hint"] = login.lti_message_hint
    joint = "&" if "?" in platform.auth_login_url else "?"
    return platform.auth_login_url + joint + urlencode(parameters, quote_via=quote)


def verify_token(
    id_token: str,
    begun: Begun,
    platform: Platform,
    keys: PlatformKeys,
    now: datetime,
    bounds: Bounds,
) -> Mapping[str, Any]:
    """The claims of an id_token that answers this very login.

    Raises the refusals of a launch that concern its token, and those of fetching keys.
    """
    claims = _verified(id_token, platform, keys, now, bounds, REQUIRED)
    if not hmac.compare_digest(_text(claims, "nonce").encode(), begun.nonce.encode()):
        raise NonceWrong("the nonce is not the one of this login")
    if claims.get(TARGET_LINK_URI) is None:
        raise ClaimMissing("the claim target_link_uri is missing")
    if claims[TARGET_LINK_URI] != begun.target_link_uri:
        raise TargetChanged("the target_link_uri is not the one of the login")
    return claims


def verify_notice(
    token: str, platform: Platform, keys: PlatformKeys, now: datetime, bounds: Bounds
) -> Mapping[str, Any]:
    """The claims of a notice, which an LMS sends of its own accord.

    Its nonce answers nothing: within the minutes that a notice is young enough, saying it again
    changes nothing either. Raises the refusals of a token, and those of fetching keys.
    """
    return _verified(token, platform, keys, now, bounds, OF_NOTICE)


def parties_of(token: str) -> tuple[str, str]:
    """Issuer and audience that a token names, to find the keys by: nothing is believed yet.

    Raises TokenUnreadable.
    """
    try:
        claims = jwt.decode(token, options={**_SIGNATURE_ONLY, "verify_signature": False})
    except (jwt.PyJWTError, ValueError):
        raise TokenUnreadable("no signed JWT") from None
    issuer, audience = claims.get("iss"), claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(issuer, str) or not isinstance(audience, str):
        raise TokenUnreadable("issuer or audience is missing")
    return issuer, audience


def _verified(
    token: str,
    platform: Platform,
    keys: PlatformKeys,
    now: datetime,
    bounds: Bounds,
    required: Collection[str],
) -> Mapping[str, Any]:
    claims = _decode(token, platform, keys)
    for name in required:
        if claims.get(name) is None:
            raise ClaimMissing(f"the claim {name} is missing")
    _check_parties(claims, platform)
    _check_times(claims, now.timestamp(), bounds)
    return claims


def _decode(id_token: str, platform: Platform, keys: PlatformKeys) -> Mapping[str, Any]:
    """The signed content. Of the header only `alg` and `kid` are read: a key or an address of keys
    that the token brings along (`jwk`, `jku`, `x5u`) is the word of whoever made it.
    """
    try:
        header = jwt.get_unverified_header(id_token)
    except (jwt.PyJWTError, ValueError):
        raise TokenUnreadable("no signed JWT") from None
    if header.get("alg") != ALGORITHM:
        raise TokenUnreadable("not signed with RS256")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise TokenKeyMissing("the header has no kid")
    key = keys.find(platform.jwks_url, kid)
    try:
        return jwt.decode(id_token, key, algorithms=[ALGORITHM], options=_SIGNATURE_ONLY)
    except jwt.InvalidSignatureError:
        raise TokenForged("the signature is not by the named key") from None
    except (jwt.PyJWTError, ValueError):
        raise TokenUnreadable("the signed content is no set of claims") from None


def _check_parties(claims: Mapping[str, Any], platform: Platform) -> None:
    """Exactly our issuer, and us alone as audience (Security Framework 1.0 §5.1.3, 1 to 4)."""
    if claims["iss"] != platform.issuer:
        raise TokenNotForUs("the issuer is not the one of the login")
    audience = claims["aud"]
    if audience not in (platform.client_id, [platform.client_id]):
        raise TokenNotForUs("the audience is not the client of the login alone")
    if claims.get("azp") not in (None, platform.client_id):
        raise TokenNotForUs("the authorised party is another client")


def _check_times(claims: Mapping[str, Any], now: float, bounds: Bounds) -> None:
    expires, issued = _number(claims, "exp"), _number(claims, "iat")
    if issued > now + bounds.leeway:
        raise LaunchExpired("issued in the future", int(issued - now))
    if now >= expires + bounds.leeway:
        raise LaunchExpired("expired", int(now - expires))
    if now - issued > bounds.age + bounds.leeway:
        raise LaunchExpired("issued too long ago", int(now - issued))


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims[name]
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not abs(value) < END_OF_TIME
    ):
        raise ClaimsMalformed(f"the claim {name} has a wrong shape")
    return float(value)


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str) or not value.isascii():
        raise ClaimsMalformed(f"the claim {name} has a wrong shape")
    return value
