"""An LMS registers Rounds by itself: LTI Dynamic Registration 1.0, the tool's side.

The LMS names an address where its configuration lies. Nothing of it is believed before its shape,
its size and its host were looked at, every call goes through the guarded client, and no refusal
repeats what was fetched.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import marshmallow as ma
from marshmallow.fields import List, Nested
from marshmallow.validate import Length

from lti_tool.domain.errors import (
    ClaimMissing,
    ClaimsMalformed,
    IssuerForeign,
    PlatformAnswerWrong,
    PlatformUnreachable,
    RegistrationFaulty,
    RegistrationRefused,
    RegistrationUnanswered,
)
from lti_tool.lms.http import Answer, Http
from lti_tool.lms.products.asks import NAME, NOTICES, Ability, Addresses, Asks
from lti_tool.lms.products.choose import choose, guess
from lti_tool.lms.shapes import ID_LENGTH, Address, Claims, Text, identifier, load, optional

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"

NAME_LENGTH = 255
URL_LENGTH = 2000
SCOPE_LENGTH = 255
MOST_SCOPES = 200


@dataclass(frozen=True, slots=True)
class Request:
    """What an LMS sends the browser of its administrator here with. The token is a secret."""

    configuration_url: str = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration the LMS made, under the names of the columns.

    `scopes` are those it granted, None where it does not tell; `lacking` is what is not possible
    without those that were asked for and not granted.
    """

    issuer: str
    client_id: str
    name: str
    product: str
    auth_login_url: str
    auth_token_url: str
    auth_audience: str | None
    jwks_url: str
    deployment_id: str | None
    scopes: tuple[str, ...] | None
    lacking: tuple[Ability, ...]


class Registrar:
    """Asks LMSs to register us. The caller has no transaction open."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def register(self, request: Request, tool: Addresses) -> Registered:
        """Read the LMS's configuration, ask it to register us, and read what it granted.

        Raises AddressRefused, RegistrationUnanswered, RegistrationFaulty, IssuerForeign and
        RegistrationRefused.
        """
        try:
            offer = self._read_offer(request)
            product = guess(_platform(offer).get("product_family_code"))
            asks = choose(product).asks
            answer = self._post(
                offer["registration_endpoint"], request, _document(offer, asks, tool)
            )
            granted = _checked(_ANSWER, answer.document)
        except PlatformUnreachable as error:
            raise RegistrationUnanswered(str(error)) from None
        except PlatformAnswerWrong as error:
            raise RegistrationFaulty(str(error)) from None
        return _registered(offer, product, asks, granted)

    def _read_offer(self, request: Request) -> dict[str, Any]:
        """The openid configuration, whose host must be the issuer's own.

        An LMS may want the token in the address, in the header or in both: the address is called
        with its query as it came.
        """
        answer = self._http.get_json(request.configuration_url, _bearer(request))
        offer = _checked(_OFFER, answer.document)
        check_hosts(offer, request.configuration_url)
        return offer

    def _post(self, url: str, request: Request, document: Mapping[str, Any]) -> Answer:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        answer = self._http.post(url, json.dumps(document), headers | _bearer(request))
        if not answer.ok:
            raise RegistrationRefused(f"the LMS answered with status {answer.status}")
        return answer


def check_hosts(offer: Mapping[str, Any], came_from: str) -> None:
    """Raise unless the issuer speaks for its own host, and TLS is not given up on the way.

    The guard reads a configuration without TLS only in a private network that an operator named.
    """
    source = urlsplit(came_from)
    if urlsplit(offer["issuer"]).hostname != source.hostname:
        raise IssuerForeign("the issuer's host is not the host of its configuration")
    for name in _ENDPOINTS:
        if source.scheme == "https" and urlsplit(offer[name]).scheme != "https":
            raise RegistrationFaulty(f"the configuration's {name} is not https")


def _bearer(request: Request) -> dict[str, str]:
    return {"Authorization": f"Bearer {request.token}"} if request.token else {}


def _document(offer: Mapping[str, Any], asks: Asks, tool: Addresses) -> dict[str, Any]:
    """The registration we ask for. Scopes that the LMS does not know would refuse it all."""
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["client_credentials", "implicit"],
        "initiate_login_uri": tool.login,
        "redirect_uris": [tool.launch],
        "client_name": NAME,
        "client_uri": tool.origin,
        "jwks_uri": tool.keys,
        "logo_uri": tool.icon,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(_known(offer["scopes_supported"], asks.scopes)),
        TOOL: asks.tool_configuration(tool, _placements(offer)),
    }


def _known(supported: Collection[str] | None, wanted: Collection[str]) -> tuple[str, ...]:
    return tuple(scope for scope in wanted if supported is None or scope in supported)


def _registered(
    offer: Mapping[str, Any], product: str, asks: Asks, granted: Mapping[str, Any]
) -> Registered:
    scopes = None if granted["scope"] is None else _known(granted["scope"].split(), asks.scopes)
    audience = offer["authorization_server"] if asks.server_is_audience else None
    return Registered(
        issuer=offer["issuer"],
        client_id=granted["client_id"],
        name=_name(asks.school(_platform(offer))) or urlsplit(offer["issuer"]).hostname or "",
        product=product,
        auth_login_url=offer["authorization_endpoint"],
        auth_token_url=offer["token_endpoint"],
        auth_audience=audience or None,
        jwks_url=offer["jwks_uri"],
        deployment_id=granted["deployment_id"] or (granted["tool"] or {}).get("deployment_id"),
        scopes=scopes,
        lacking=() if scopes is None else _lacking(offer["scopes_supported"], asks, scopes),
    )


def _lacking(
    supported: Collection[str] | None, asks: Asks, granted: Collection[str]
) -> tuple[Ability, ...]:
    """Abilities without a scope. Who may make columns may find them.

    Few LMSs send notices: where one does not offer to, there is nothing to allow.
    """
    able = {asks.scopes[scope] for scope in granted}
    if Ability.MAKE_COLUMNS in able:
        able.add(Ability.FIND_COLUMNS)
    if supported is not None and NOTICES not in supported:
        able.add(Ability.NOTICES)
    return tuple(ability for ability in asks.scopes.values() if ability not in able)


def _platform(offer: Mapping[str, Any]) -> dict[str, str]:
    """What the LMS says of itself as a platform, as far as it is text."""
    told = offer["platform"] or {}
    return {name: value for name, value in told.items() if isinstance(value, str)}


def _placements(offer: Mapping[str, Any]) -> dict[str, list[str]]:
    """The placements of each message, where the LMS lists them."""
    messages = (offer["platform"] or {}).get("messages_supported") or []
    return {one["type"]: one["placements"] for one in messages if one["placements"]}


def _name(given: str | None) -> str:
    """What the LMS calls itself, as something that can stand in a line."""
    shown = "".join(letter for letter in given or "" if letter.isprintable() or letter.isspace())
    return " ".join(shown.split())[:NAME_LENGTH]


# Shapes -------------------------------------------------------------------------------------------


def _checked(schema: ma.Schema, document: Any) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        raise RegistrationFaulty("what the LMS sent is no JSON object")
    try:
        return load(schema, document)
    except (ClaimMissing, ClaimsMalformed) as error:
        raise RegistrationFaulty(str(error)) from None


def _plain(url: str) -> None:
    if "#" in url:
        raise ma.ValidationError("an address with a fragment")


def _endpoint(most: int = URL_LENGTH) -> Address:
    return Address(most, ascii_only=True, required=True, validate=_plain)


_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")


class _Message(Claims):
    type = Text(SCOPE_LENGTH, required=True)
    placements = optional(List, Text(SCOPE_LENGTH))


class _Platform(ma.Schema):
    """What an LMS says of itself as a platform, with what only its product says."""

    class Meta:
        unknown = ma.INCLUDE

    messages_supported = optional(List, Nested(_Message))


class _Offer(Claims):
    """An openid configuration (OpenID Connect Discovery 1.0 §3)."""

    issuer = _endpoint(ID_LENGTH)
    authorization_endpoint = _endpoint()
    token_endpoint = _endpoint()
    jwks_uri = _endpoint()
    registration_endpoint = _endpoint()
    authorization_server = optional(Text, URL_LENGTH, ascii_only=True)
    scopes_supported = optional(List, Text(SCOPE_LENGTH), validate=Length(max=MOST_SCOPES))
    platform = optional(Nested, _Platform, data_key=PLATFORM)


class _ToolAnswer(Claims):
    deployment_id = optional(Text, ID_LENGTH, ascii_only=True)


class _Answer(Claims):
    """What was registered. A deployment is named in the tool's part of it, or beside it."""

    client_id = identifier()
    scope = optional(Text, MOST_SCOPES * SCOPE_LENGTH)
    deployment_id = optional(Text, ID_LENGTH, ascii_only=True)
    tool = optional(Nested, _ToolAnswer, data_key=TOOL)


_OFFER = _Offer()
_ANSWER = _Answer()
