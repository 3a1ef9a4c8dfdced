"""Dynamic registration as the standard wants it: the invitation, the checks, the new client.

1EdTech LTI Dynamic Registration 1.0; OpenID Connect Dynamic Client Registration 1.0, section 3.
"""

import secrets
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jwt
from flask import Response

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import Refusal, answer, dump, read_object
from lti_tool.sandbox.client import Client, Placement
from lti_tool.sandbox.platform import Platform

TOKEN_LIFETIME = 3600
NAME_CLAIMS = {"name", "given_name", "family_name"}
Document = dict[str, Any]


class Registrar:
    """The standard's registration; a flavour overrides what its LMS does otherwise."""

    created_status = 201
    single_use = True
    active_at_once = True
    offered_at_once = True
    presents = False
    product = "rounds-sandbox"
    version = "1"
    variables: tuple[str, ...] = ("Context.id", "Context.id.history", "Person.address.timezone")

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    # inviting

    def invite(self, *, update: bool = False) -> str:
        """A registration token, good for an hour."""
        now = int(self.platform.now().timestamp())
        times = {"iat": now, "exp": now + TOKEN_LIFETIME}
        return self.platform.keys.present.sign(self.token_claims(update=update) | times)

    def token_claims(self, *, update: bool) -> dict[str, Any]:
        return {"school": self.platform.identity.key, "jti": secrets.token_hex(8)}

    def configuration_address(self, token: str) -> str:
        return self.platform.address("openid_configuration")

    def opened(self, registration_address: str, token: str) -> str:
        """The tool's registration address as the administrator's browser is led to it."""
        found = urlsplit(registration_address)
        query = [
            *parse_qsl(found.query, keep_blank_values=True),
            ("openid_configuration", self.configuration_address(token)),
            ("registration_token", token),
        ]
        return urlunsplit(found._replace(query=urlencode(query)))

    # telling

    def configuration(self, query: Mapping[str, str], authorization: str | None) -> Response:
        return answer(self.about())

    def about(self) -> Document:
        platform = self.platform
        return {
            "issuer": platform.origins.issuer,
            "authorization_endpoint": platform.address("auth"),
            "token_endpoint": platform.address("token"),
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "jwks_uri": platform.address("jwks"),
            "registration_endpoint": platform.address("registration"),
            "scopes_supported": ["openid", *platform.identity.scopes],
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["iss", "sub", "name", "given_name", "family_name", "email"],
            v.PLATFORM_CONFIGURATION: {
                "product_family_code": self.product,
                "version": self.version,
                "messages_supported": self.messages_supported(),
                "variables": list(self.variables),
            },
        }

    def messages_supported(self) -> list[Document]:
        return [
            {"type": v.RESOURCE_LINK_REQUEST},
            {"type": v.DEEP_LINKING_REQUEST, "placements": ["ContentArea"]},
        ]

    # registering

    def register(self, raw: bytes, authorization: str | None) -> Response:
        claims = self.bearer(authorization)
        document = self.read(raw)
        self.check(document)
        client = self.client_of(document, claims)
        with self.platform.lock:
            self.spend(claims)
            self.platform.client = client
            self.platform.switches.scopes = self.granted(document)
            self.platform.switches.privacy = self.privacy(document[v.TOOL_CONFIGURATION])
        self.platform.note("Registration", f"{client.name} registered itself.", document)
        return answer(self.registered(document, client), status=self.created_status)

    def present(self, authorization: str | None) -> Response:
        """What is registered now, where an LMS tells that."""
        self.bearer(authorization)
        client = self.platform.client
        return answer(self.registered(client.document or {}, client))

    def invited(self, authorization: str | None) -> bool:
        """Whether the token was given out by this school."""
        try:
            self.bearer(authorization)
        except Refusal:
            return False
        return True

    def bearer(self, authorization: str | None) -> dict[str, Any]:
        """The claims of the registration token, if it is one of this school's and in time."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            self.deny("the registration token is missing")
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = {key.kid: key for key in self.platform.keys.keys}[str(kid)]
            claims: dict[str, Any] = jwt.decode(
                token,
                key.private.public_key(),
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
            )
        except (KeyError, jwt.PyJWTError):
            self.deny("the registration token is unknown")
        if claims["school"] != self.platform.identity.key:
            self.deny("the registration token is another school's")
        if claims["exp"] <= self.platform.now().timestamp():
            self.deny("the registration token is too old")
        return claims

    def spend(self, claims: Mapping[str, Any]) -> None:
        if not self.single_use:
            return
        if claims["jti"] in self.platform.spent:
            self.deny("the registration token was used before")
        self.platform.spent.add(claims["jti"])

    def read(self, raw: bytes) -> Document:
        try:
            return read_object(raw)
        except ValueError:
            self.refuse({"": "the body is not a JSON object"})

    def check(self, document: Document) -> None:
        problems = self.problems(document)
        if problems:
            self.refuse(problems)

    def problems(self, document: Document) -> dict[str, str]:
        """What is wrong with a registration, by the field it is wrong with."""
        wanted: dict[str, bool] = {
            "application_type": document.get("application_type") == "web",
            "grant_types": {"implicit", "client_credentials"} <= _texts(document, "grant_types"),
            "response_types": "id_token" in _texts(document, "response_types"),
            "redirect_uris": bool(_texts(document, "redirect_uris")),
            "initiate_login_uri": _is_address(document.get("initiate_login_uri")),
            "client_name": bool(document.get("client_name")),
            "jwks_uri": _is_address(document.get("jwks_uri")),
            "token_endpoint_auth_method": document.get("token_endpoint_auth_method")
            == "private_key_jwt",
            "scope": isinstance(document.get("scope", ""), str),
        }
        configuration = document.get(v.TOOL_CONFIGURATION)
        tool = configuration if isinstance(configuration, dict) else {}
        wanted |= {f"{v.TOOL_CONFIGURATION}/{name}": good for name, good in self.tool(tool).items()}
        return {name: "is missing or wrong" for name, good in wanted.items() if not good}

    def tool(self, tool: Document) -> dict[str, bool]:
        """Which parts of the tool configuration are as they should be."""
        messages = tool.get("messages")
        return {
            "domain": bool(tool.get("domain")),
            "target_link_uri": _is_address(tool.get("target_link_uri")),
            "claims": isinstance(tool.get("claims"), list),
            "custom_parameters": isinstance(tool.get("custom_parameters", {}), dict),
            "messages": isinstance(messages, list)
            and all(isinstance(message, dict) and "type" in message for message in messages),
        }

    def client_of(self, document: Document, claims: Mapping[str, Any]) -> Client:
        tool = document[v.TOOL_CONFIGURATION]
        target = tool.get("target_link_uri") or f"https://{tool['domain']}"
        client_id, deployments = self.new_ids(claims)
        return Client(
            client_id=client_id,
            deployments=deployments,
            name=document["client_name"],
            login=document["initiate_login_uri"],
            redirects=tuple(document["redirect_uris"]),
            target=target,
            jwks=document["jwks_uri"],
            custom=self.custom(tool),
            placements=[
                placement
                for message in tool.get("messages") or []
                for placement in self.placements(message, target)
            ],
            document=document,
            active=self.active_at_once,
            offered=self.offered_at_once,
        )

    def new_ids(self, claims: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """A client id, and the deployment of each of the school's parts."""
        deployment = f"plain-{secrets.token_hex(4)}"
        return secrets.token_urlsafe(12), (deployment, deployment)

    def custom(self, tool: Document) -> dict[str, str]:
        parameters = tool.get("custom_parameters")
        if not isinstance(parameters, dict):
            return {}
        return {name: str(value) for name, value in parameters.items()}

    def placements(self, message: Document, target: str) -> list[Placement]:
        names = message.get("placements") or ["ContentArea"]
        return [
            Placement(
                name,
                message["type"],
                message.get("target_link_uri") or target,
                message.get("label", ""),
                self.custom(message),
            )
            for name in names
        ]

    def granted(self, document: Document) -> list[str]:
        asked = str(document.get("scope") or "").split()
        return [scope for scope in self.platform.identity.scopes if scope in asked]

    def privacy(self, tool: Document) -> str:
        """The level of the switch `privacy` that lets out no more than the claims asked for."""
        asked = set(tool.get("claims") or [])
        names, email = bool(asked & NAME_CLAIMS), "email" in asked
        return {
            (True, True): "public",
            (True, False): "name_only",
            (False, True): "email_only",
            (False, False): "anonymous",
        }[names, email]

    # answering

    def registered(self, document: Document, client: Client) -> Document:
        tool = document[v.TOOL_CONFIGURATION] | {"deployment_id": client.deployments[0]}
        return document | {
            "client_id": client.client_id,
            "scope": " ".join(self.platform.switches.scopes),
            v.TOOL_CONFIGURATION: tool,
        }

    def refuse(self, problems: Mapping[str, str]) -> NoReturn:
        field, words = next(iter(problems.items()))
        redirect = field == "redirect_uris"
        error = "invalid_redirect_uri" if redirect else "invalid_client_metadata"
        raise Refusal(400, dump({"error": error, "error_description": f"{field} {words}".strip()}))

    def deny(self, words: str) -> NoReturn:
        body = dump({"error": "invalid_token", "error_description": words})
        raise Refusal(401, body, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})

    # what an administrator does afterwards

    def known(self, registration_address: str) -> bool:
        """Whether the administrator is asked first: update what is there, or register anew?"""
        return False

    def review(
        self,
        *,
        active: bool | None = None,
        offered: bool | None = None,
        privacy: str | None = None,
        drop_scopes: list[str] | None = None,
        drop_placements: list[str] | None = None,
    ) -> None:
        client, switches = self.platform.client, self.platform.switches
        with self.platform.lock:
            client.active = client.active if active is None else active
            client.offered = client.offered if offered is None else offered
            if offered:
                client.show()
            switches.privacy = privacy or switches.privacy
            dropped = drop_scopes or []
            switches.scopes = [scope for scope in switches.scopes if scope not in dropped]
            gone = drop_placements or []
            client.placements = [place for place in client.placements if place.name not in gone]
        self.platform.note("Review", f"An administrator looked at {client.name}.", vars(client))


def _texts(document: Document, name: str) -> set[str]:
    """A list of texts as a set; empty for anything else."""
    found = document.get(name)
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        return set()
    return set(found)


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))
