"""Dynamic registration as Canvas does it.

Canvas: app/controllers/lti/ims/dynamic_registration_controller.rb,
app/controllers/lti/ims/security_controller.rb, lib/schemas/lti/ims/oidc_registration.rb and
lib/schemas/lti/ims/lti_tool_configuration.rb.
"""

import secrets
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlencode

from flask import Response

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import Refusal, dump
from lti_tool.sandbox.client import Client, Placement
from lti_tool.sandbox.flavours.canvas.claims import CUSTOM_FIELDS
from lti_tool.sandbox.people import hex_id
from lti_tool.sandbox.registration import Document, Registrar

LABEL = "https://canvas.instructure.com/lti/"
PRIVACY = ("public", "name_only", "email_only", "anonymous")
STANDARD_NAMES = {"ContentArea": "link_selection", "RichTextEditor": "editor_button"}

# Canvas: app/models/lti/resource_placement.rb, as far as the sandbox has a place for them.
PLACEMENTS = {
    v.RESOURCE_LINK_REQUEST: (
        "course_navigation",
        "assignment_selection",
        "submission_type_selection",
        "link_selection",
        "course_assignments_menu",
        "module_index_menu_modal",
        "module_menu_modal",
    ),
    v.DEEP_LINKING_REQUEST: (
        "assignment_selection",
        "submission_type_selection",
        "link_selection",
        "course_assignments_menu",
        "module_index_menu_modal",
        "module_menu_modal",
    ),
}
# Names it takes although the sandbox has no such place.
ELSEWHERE = {
    "ActivityAssetProcessor",
    "account_navigation",
    "assignment_edit",
    "assignment_group_menu",
    "assignment_index_menu",
    "assignment_menu",
    "assignment_view",
    "editor_button",
    "file_menu",
    "global_navigation",
    "homework_submission",
    "resource_selection",
    "tool_configuration",
}
KNOWN = ELSEWHERE.union(*PLACEMENTS.values())


class CanvasRegistrar(Registrar):
    created_status = 200
    single_use = False
    active_at_once = False
    product = "canvas"
    version = "vCloud"

    def configuration_address(self, token: str) -> str:
        """The token stands in the address too: its controller reads it there."""
        query = urlencode({"registration_token": token})
        return f"{super().configuration_address(token)}?{query}"

    def configuration(self, query: Mapping[str, str], authorization: str | None) -> Response:
        """Asks for the token twice, in the header and in the address's own query."""
        self.bearer(authorization)
        self.bearer(f"Bearer {query.get('registration_token', '')}")
        return super().configuration(query, authorization)

    def about(self) -> Document:
        platform = self.platform
        document = super().about()
        document["claims_supported"] = [
            "sub",
            "picture",
            "email",
            "name",
            "given_name",
            "family_name",
            "locale",
        ]
        document["authorization_server"] = platform.origins.auth.partition("://")[2]
        document[v.PLATFORM_CONFIGURATION] |= {
            "notice_types_supported": ["LtiContextCopyNotice"],
            "variables": [name.removeprefix("$") for name in CUSTOM_FIELDS.values()],
            LABEL + "account_name": platform.identity.school,
            LABEL + "account_lti_guid": platform.identity.guid,
        }
        return document

    def messages_supported(self) -> list[Document]:
        return [
            {"type": message, "placements": [LABEL + name for name in names]}
            for message, names in PLACEMENTS.items()
        ]

    def problems(self, document: Document) -> dict[str, str]:
        problems = super().problems(document)
        tool = document.get(v.TOOL_CONFIGURATION)
        for message in (tool.get("messages") if isinstance(tool, dict) else None) or []:
            for name in self.names(message) if isinstance(message, dict) else ():
                if name not in KNOWN:
                    problems[f"{v.TOOL_CONFIGURATION}/messages/placements"] = f"unknown: {name}"
        return problems

    def tool(self, tool: Document) -> dict[str, bool]:
        """The target may be left out; the domain has no scheme."""
        wanted = super().tool(tool)
        wanted["target_link_uri"] |= "target_link_uri" not in tool
        wanted["domain"] &= "://" not in str(tool.get("domain"))
        wanted[LABEL + "privacy_level"] = tool.get(LABEL + "privacy_level", "public") in PRIVACY
        return wanted

    def names(self, message: Document) -> list[str]:
        """Placements by Canvas's bare names; `link_selection` where none is given."""
        names = [str(name).removeprefix(LABEL) for name in message.get("placements") or []]
        return [STANDARD_NAMES.get(name, name) for name in names] or ["link_selection"]

    def placements(self, message: Document, target: str) -> list[Placement]:
        """The course menu may start hidden, until a teacher shows it."""
        found = super().placements(message | {"placements": self.names(message)}, target)
        shown = message.get(LABEL + "course_navigation/default_enabled") is not False
        for placement in found:
            placement.shown = shown or placement.name != "course_navigation"
        return found

    def new_ids(self, claims: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """Digits; a deployment of its own for each part of the school."""
        number = secrets.randbelow(9000) + 1000
        school = self.platform.identity.school
        parts = range(len(self.platform.identity.deployments))
        deployments = tuple(f"{number + part}:{hex_id(school, number, part)}" for part in parts)
        return f"1000000000{number}", deployments

    def privacy(self, tool: Document) -> str:
        """By Canvas's own extension, else by the claims asked for."""
        return str(tool.get(LABEL + "privacy_level") or super().privacy(tool))

    def registered(self, document: Document, client: Client) -> Document:
        """`deployment_id` only with a feature flag on, and then beside the client id."""
        pages = self.platform.origins.pages
        number = client.client_id[-4:]
        answered = super().registered(document, client)
        answered["scope"] += " openid"
        answered["registration_client_uri"] = f"{pages}/api/lti/registrations/{number}"
        tool = dict(document[v.TOOL_CONFIGURATION])
        tool[LABEL + "registration_config_url"] = f"{pages}/api/lti/registrations/{number}/view"
        answered[v.TOOL_CONFIGURATION] = tool
        if self.platform.switches.tell_deployment:
            answered["deployment_id"] = client.deployments[0]
        return answered

    def refuse(self, problems: Mapping[str, str]) -> NoReturn:
        errors = [f"{field} {words}".strip() for field, words in problems.items()]
        raise Refusal(422, dump({"errors": errors}))

    def deny(self, words: str) -> NoReturn:
        raise Refusal(401, dump({"errorMessage": words}))
