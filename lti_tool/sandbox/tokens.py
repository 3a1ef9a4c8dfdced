"""The token endpoint: the client's assertion checked against the tool's own published keys."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn

import jwt
import requests
from flask import Response

from lti_tool.sandbox.answers import Refusal, answer, dump
from lti_tool.sandbox.platform import Platform, Token

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 3600
KEYS_TIMEOUT = 5


class KeysUnreachable(Exception):
    """The tool's key set could not be fetched or read."""


class Tokens:
    """The standard's token endpoint; it believes nothing it need not."""

    missing_scope_status = 403
    required = ("iss", "sub", "aud", "iat", "exp", "jti")
    leeway = 30

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def issue(self, form: Mapping[str, str]) -> Response:
        if form.get("grant_type") != "client_credentials":
            self.refuse("unsupported_grant_type", "grant_type must be client_credentials")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            self.refuse("invalid_request", "client_assertion_type is wrong")
        self.check_claims(self.verify(form.get("client_assertion", "")))
        granted = self.grant(form.get("scope", "").split())
        token = self.new_token()
        ends = self.platform.now() + timedelta(seconds=LIFETIME)
        with self.platform.lock:
            self.platform.tokens[token] = Token(tuple(granted), ends)
        self.platform.note("Token", "The tool was given an access token.", {"scope": granted})
        return self.reply(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "scope": " ".join(granted),
            }
        )

    def verify(self, assertion: str) -> dict[str, Any]:
        """The assertion's claims, its signature checked; times are left to check_claims."""
        try:
            kid = jwt.get_unverified_header(assertion).get("kid")
            key = self.tool_keys()[str(kid)]
            claims: dict[str, Any] = jwt.decode(
                assertion,
                jwt.PyJWK(key).key,
                algorithms=["RS256"],
                options={
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except KeyError:
            self.refuse("invalid_client", "no key of the tool has this kid")
        except jwt.PyJWTError as error:
            self.refuse("invalid_client", str(error))
        return claims

    def tool_keys(self) -> dict[str, dict[str, str]]:
        """The tool's key set by kid, fetched anew. Raises KeysUnreachable."""
        try:
            found = requests.get(self.platform.client.jwks, timeout=KEYS_TIMEOUT)
            found.raise_for_status()
            return {key["kid"]: key for key in found.json()["keys"]}
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise KeysUnreachable(str(error)) from error

    def check_claims(self, claims: Mapping[str, Any]) -> None:
        missing = [name for name in self.required if name not in claims]
        if missing:
            self.refuse("invalid_request", f"missing claims: {', '.join(missing)}")
        client_id = self.platform.client.client_id
        if claims["iss"] != client_id or claims["sub"] != client_id:
            self.refuse("invalid_client", "iss and sub must be the client id")
        self.check_audience(claims["aud"])
        now = self.platform.now().timestamp()
        if claims["exp"] < now - self.leeway or claims["iat"] > now + self.leeway:
            self.refuse("invalid_request", "iat or exp is not now")
        if claims["iat"] < now - 300:
            self.refuse("invalid_request", "iat is more than 5 minutes old")
        self.use_once(str(claims["jti"]))

    def audiences(self) -> set[str]:
        return {self.platform.address("token")}

    def check_audience(self, audience: object) -> None:
        named = set(audience) if isinstance(audience, list) else {audience}
        if not named & self.audiences():
            self.refuse("invalid_client", "aud must be the token address")

    def use_once(self, jti: str) -> None:
        with self.platform.lock:
            if jti in self.platform.assertions:
                self.refuse("invalid_request", "this assertion was used before")
            self.platform.assertions[jti] = self.platform.now()

    def grant(self, asked: list[str]) -> list[str]:
        granted = [scope for scope in asked if scope in self.platform.switches.scopes]
        if not granted:
            self.refuse("invalid_scope", "none of these scopes is granted")
        return granted

    def new_token(self) -> str:
        return secrets.token_urlsafe(32)

    def reply(self, body: dict[str, Any], status: int = 200) -> Response:
        return answer(body, status=status, headers={"Cache-Control": "no-store"})

    def refuse(self, error: str, description: str) -> NoReturn:
        self.platform.note("Refused", f"No access token: {description}.", {"error": error})
        raise Refusal(400, dump({"error": error, "error_description": description}))

    def keys_unreachable(self, reason: str) -> Response:
        body = {"error": "invalid_client", "error_description": "the tool's keys are out of reach"}
        self.platform.note("Refused", "The tool's keys could not be fetched.", {"why": reason})
        return self.reply(body, 400)

    def require(self, authorization: str | None, scopes: tuple[str, ...]) -> None:
        """Let a service request pass only with a live token that has one of the scopes."""
        scheme, _, value = (authorization or "").partition(" ")
        token = self.platform.tokens.get(value)
        if scheme.lower() != "bearer" or token is None or token.ends <= self.platform.now():
            self.deny(401, "the access token is missing, unknown or too old")
        if not set(scopes) & set(token.scopes):
            self.deny(self.missing_scope_status, "the access token lacks the scope")

    def deny(self, status: int, words: str) -> NoReturn:
        raise Refusal(
            status, dump({"error": words}), headers={"WWW-Authenticate": 'Bearer realm="sandbox"'}
        )
