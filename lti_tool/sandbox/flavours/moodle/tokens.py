"""The token endpoint as Moodle keeps it. Moodle: mod/lti/token.php."""

from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Response

from lti_tool.sandbox.answers import Refusal, answer, dump
from lti_tool.sandbox.tokens import KeysUnreachable, Tokens

HTML = "text/html; charset=utf-8"
ERROR_PAGE = "<!doctype html><title>Error</title><h1>Error</h1><p>Coding error detected: keys.</p>"


class MoodleTokens(Tokens):
    missing_scope_status = 401

    def tool_keys(self) -> dict[str, dict[str, str]]:
        """cURL security blocks private hosts and odd ports unless an administrator opens them."""
        if self.platform.switches.keys_blocked:
            raise KeysUnreachable("the URL is blocked")
        return super().tool_keys()

    def check_claims(self, claims: Mapping[str, Any]) -> None:
        """aud and jti are not looked at; iss, iat and exp only if there, with no leeway."""
        client_id = self.platform.client.client_id
        if claims.get("iss", client_id) != client_id:
            self.refuse("invalid_client", "iss is another client")
        now = self.platform.now().timestamp()
        if claims.get("iat", 0) > now or claims.get("exp", now + 1) <= now:
            self.refuse("invalid_request", "iat or exp is not now")

    def new_token(self) -> str:
        """32 hex digits, anew at each request."""
        return super().new_token().encode().hex()[:32]

    def reply(self, body: dict[str, Any], status: int = 200) -> Response:
        """JSON under the name of HTML."""
        return answer(body, HTML, status)

    def refuse(self, error: str, description: str) -> NoReturn:
        self.platform.note("Refused", f"No access token: {description}.", {"error": error})
        raise Refusal(400, dump({"error": error}), HTML)

    def keys_unreachable(self, reason: str) -> Response:
        """An uncaught error of Moodle's: a whole HTML page with status 404, not OAuth's JSON."""
        self.platform.note("Refused", "The tool's keys could not be fetched.", {"why": reason})
        return Response(ERROR_PAGE, status=404, content_type=HTML)

    def deny(self, status: int, words: str) -> NoReturn:
        """No token, a bad one or a missing scope: all 401."""
        raise Refusal(401, "[]")
