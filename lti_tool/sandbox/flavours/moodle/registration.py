"""Dynamic registration as Moodle does it.

Moodle: mod/lti/startltiadvregistration.php, mod/lti/openid-registration.php and
mod/lti/classes/local/ltiopenid/registration_helper.php.
"""

import secrets
import string
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Response

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import Refusal
from lti_tool.sandbox.client import Client, Placement, domain_of
from lti_tool.sandbox.registration import Document, Registrar

LETTERS = string.ascii_letters + string.digits
TEXT = "text/html; charset=utf-8"
KEY_JWT = "private_key_jwt"
GRADES_READ = (v.SCORE, v.RESULT_READ, v.LINE_ITEM_READ)


class MoodleRegistrar(Registrar):
    created_status = 200
    active_at_once = False
    offered_at_once = False
    presents = True
    product = "moodle"
    version = "4.5.6 (Build: 20250811)"
    variables = (
        "Context.id",
        "Context.title",
        "Context.label",
        "Context.id.history",
        "CourseSection.title",
        "CourseSection.timeFrame.begin",
        "CourseSection.timeFrame.end",
        "ResourceLink.id",
        "ResourceLink.title",
        "ResourceLink.description",
        "User.id",
        "User.username",
        "Person.name.full",
        "Person.email.primary",
        "Person.sourcedId",
        "Person.address.timezone",
        "Membership.role",
        "Moodle.Person.userGroupIds",
    )

    def token_claims(self, *, update: bool) -> dict[str, Any]:
        """`sub` is the client id to be."""
        new_id = "".join(secrets.choice(LETTERS) for _ in range(15))
        return super().token_claims(update=update) | {
            "sub": self.platform.client.client_id if update else new_id,
            "scope": "reg-update" if update else "reg",
        }

    def known(self, registration_address: str) -> bool:
        return domain_of(registration_address) == self.platform.client.domain

    def about(self) -> Document:
        document = super().about()
        document["scopes_supported"] = [*document["scopes_supported"][1:], "openid"]
        document["subject_types_supported"] = ["public", "pairwise"]
        document["claims_supported"] = ["sub", "iss", *document["claims_supported"][2:]]
        return document

    def present(self, authorization: str | None) -> Response:
        """What is registered, for a tool that holds a token to update it."""
        if self.bearer(authorization)["scope"] != "reg-update":
            bare(401, "invalid_registration_token")
        return super().present(authorization)

    def spend(self, claims: Mapping[str, Any]) -> None:
        if claims["jti"] in self.platform.spent:
            bare(401, "token_already_used")
        super().spend(claims)

    def check(self, document: Document) -> None:
        """One fault at a time, in bare words."""
        for name in (
            "response_types",
            "initiate_login_uri",
            "redirect_uris",
            "client_name",
            "jwks_uri",
            "token_endpoint_auth_method",
            v.TOOL_CONFIGURATION,
        ):
            if not document.get(name):
                bare(400, f"missing required attribute {name}")
        tool = document[v.TOOL_CONFIGURATION]
        if not isinstance(tool, dict) or not tool.get("domain"):
            bare(400, "missing_domain")
        target = tool.get("target_link_uri") or f"https://{tool['domain']}"
        if domain_of(tool["domain"]) != domain_of(target):
            bare(400, "domain_targetlinkuri_mismatch")
        if "id_token" not in document["response_types"]:
            bare(400, "invalid_response_types")
        if not isinstance(document["redirect_uris"], list):
            bare(400, "invalid_redirect_uris")
        if document["token_endpoint_auth_method"] != KEY_JWT:
            bare(400, "invalid_token_endpoint_auth_method")
        if document.get("application_type", "web") != "web":
            bare(400, "invalid_application_type")

    def client_of(self, document: Document, claims: Mapping[str, Any]) -> Client:
        """An update leaves the tool as switched on and as visible as it was."""
        client = super().client_of(document, claims)
        if claims["scope"] == "reg-update":
            client.active = self.platform.client.active
            client.offered = self.platform.client.offered
        return client

    def new_ids(self, claims: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """The token named the client; its one deployment is the number of the tool's type."""
        number = int(self.platform.client.deployments[0])
        if claims["scope"] == "reg":
            number += 1
        return claims["sub"], (str(number), str(number))

    def custom(self, tool: Document) -> dict[str, str]:
        """Kept as lines of `name=value`: what follows a second `=` is lost."""
        found = super().custom(tool)
        return {name: value.partition("=")[0] for name, value in found.items()}

    def placements(self, message: Document, target: str) -> list[Placement]:
        """Only deep linking is kept; placements and labels are not."""
        if message["type"] != v.DEEP_LINKING_REQUEST:
            return []
        address = message.get("target_link_uri") or target
        return [Placement("ContentArea", v.DEEP_LINKING_REQUEST, address)]

    def granted(self, document: Document) -> list[str]:
        """What it does not know it drops; any grade scope brings all that read and score."""
        asked = str(document.get("scope") or "").split()
        granted: list[str] = []
        if {*GRADES_READ, v.LINE_ITEM} & set(asked):
            granted += GRADES_READ
        granted += [scope for scope in (v.LINE_ITEM, v.ROSTER_READ) if scope in asked]
        return granted

    def registered(self, document: Document, client: Client) -> Document:
        """A document of Moodle's own making rather than an echo."""
        asked = document.get(v.TOOL_CONFIGURATION, {})
        privacy = self.platform.switches.privacy
        claims = ["sub", "iss"]
        claims += ["name", "family_name", "given_name"] * (privacy in ("public", "name_only"))
        claims += ["email"] * (privacy in ("public", "email_only"))
        tool = {
            "version": "1.3.0",
            "deployment_id": client.deployments[0],
            "target_link_uri": client.target,
            "domain": client.domain,
            "description": asked.get("description", ""),
            "messages": [
                {"type": place.message, "target_link_uri": place.target}
                for place in client.placements
            ],
            "custom_parameters": client.custom,
            "claims": claims,
        }
        return {
            "client_id": client.client_id,
            "response_types": ["id_token"],
            "jwks_uri": client.jwks,
            "initiate_login_uri": client.login,
            "grant_types": ["client_credentials", "implicit"],
            "redirect_uris": list(client.redirects),
            "application_type": "web",
            "token_endpoint_auth_method": KEY_JWT,
            "client_name": client.name,
            "logo_uri": document.get("logo_uri", ""),
            "scope": " ".join(self.platform.switches.scopes),
            v.TOOL_CONFIGURATION: {name: value for name, value in tool.items() if value},
        }

    def read(self, raw: bytes) -> Document:
        try:
            return super().read(raw)
        except Refusal:
            bare(400, "missing required attribute response_types")

    def deny(self, words: str) -> NoReturn:
        missing = "missing_registration_token"
        bare(401, missing if "missing" in words else "invalid_registration_token")


def bare(status: int, words: str) -> NoReturn:
    """Moodle refuses in one bare word."""
    raise Refusal(status, words, TEXT)
