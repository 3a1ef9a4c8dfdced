"""The token endpoint as Canvas keeps it.

Canvas: lib/canvas/oauth/asymmetric_client_credentials_provider.rb and
lib/canvas/security/jwt_validator.rb.
"""

import time
from collections.abc import Mapping
from typing import Any, NoReturn

import jwt

from lti_tool.sandbox.answers import Refusal, dump
from lti_tool.sandbox.tokens import Tokens


def refuse(status: int, message: str, kind: str | None = None) -> NoReturn:
    """The error body of every tool-level service of Canvas."""
    words = {400: "bad_request", 401: "unauthorized", 404: "not_found", 412: "precondition_failed"}
    shape = {"errors": {"type": kind or words.get(status, "unprocessable_entity")}}
    shape["errors"]["message"] = message
    raise Refusal(status, dump(shape))


class CanvasTokens(Tokens):
    missing_scope_status = 401

    def audiences(self) -> set[str]:
        """The token address of the sign-in domain and of the school's own domain both pass."""
        path = self.platform.paths["token"]
        return {self.platform.address("token"), self.platform.origins.pages + path}

    def check_claims(self, claims: Mapping[str, Any]) -> None:
        super().check_claims(claims)
        if not self.platform.client.active:
            self.refuse("invalid_client", "Unknown or inactive Developer Key")

    def grant(self, asked: list[str]) -> list[str]:
        """One scope the key lacks refuses the whole request."""
        unknown = [scope for scope in asked if scope not in self.platform.switches.scopes]
        if unknown or not asked:
            self.refuse("invalid_scope", "A requested scope is invalid, unknown, malformed")
        return asked

    def new_token(self) -> str:
        claims = {"iss": "Canvas", "sub": super().new_token(), "iat": int(time.time())}
        return jwt.encode(claims, self.platform.secret, "HS256")

    def require(self, authorization: str | None, scopes: tuple[str, ...]) -> None:
        super().require(authorization, scopes)
        if not (self.platform.switches.tool_active and self.platform.client.active):
            refuse(401, "Unknown or inactive Developer Key")

    def deny(self, status: int, words: str) -> NoReturn:
        """A missing scope is 401 too. Canvas: app/controllers/lti/ims/concerns/lti_services.rb."""
        refuse(status, "Insufficient permissions" if "scope" in words else "Invalid access token")
