"""Canvas: what its registrations ask for, both dynamic and pasted.

References are paths in github.com/instructure/canvas-lms; doc/api/registration.md and
doc/api/lti_dev_key_config.md describe the two shapes.
"""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from lti_tool.lms.products.asks import (
    DEEP_LINKING,
    DESCRIPTION,
    NAME,
    NOTHING,
    RESOURCE_LINK,
    Ability,
    Addresses,
    Asks,
    Entry,
    Step,
)

EXTENSION = "https://canvas.instructure.com/lti/"
PROGRESS = "https://canvas.instructure.com/lti-ags/progress/scope/show"
ROLE_NAMES = "membership_roles"
ATTEMPTS = "allowed_attempts"
TOOL_ID = "rounds"
PRIVACY = "public"
"""Names and e-mail. Rounds does without either, and then shows people as a short code."""

MENU = "course_navigation"
"""Off until a teacher switches it on in a course: most courses of a school have no interns."""

FORMS = ("assignment_selection", "submission_type_selection")
"""Where one activity is chosen for the form of an assignment."""

LISTS = (
    "link_selection",
    "course_assignments_menu",
    "module_index_menu_modal",
    "module_menu_modal",
)
"""Where several can be chosen at once."""

SIZE = {"selection_width": 900, "selection_height": 700}
MAY_ADD = {"course_assignments_menu": {"required_permissions": "manage_assignments_add"}}
IN_TYPES = {
    "submission_type_selection": {
        "description": "Supervisors assess interns by described competencies",
        "require_resource_selection": True,
    }
}


class CanvasAsks(Asks):
    """What is asked of Canvas."""

    scopes: ClassVar = {**Asks.scopes, PROGRESS: Ability.FOLLOW_FILES}
    custom: ClassVar = {
        **Asks.custom,
        ROLE_NAMES: "$Canvas.membership.roles",
        ATTEMPTS: "$Canvas.assignment.allowedAttempts",
    }
    # app/models/lti/resource_placement.rb: each placement takes one message, each message needs a
    # placement, or it becomes link_selection; a review has none and would be refused.
    entries = (
        Entry(
            RESOURCE_LINK,
            (MENU,),
            {
                f"{EXTENSION}course_navigation/default_enabled": False,
                f"{EXTENSION}visibility": "members",
            },
        ),
        Entry(
            DEEP_LINKING,
            FORMS + LISTS,
            {
                f"{EXTENSION}launch_width": SIZE["selection_width"],
                f"{EXTENSION}launch_height": SIZE["selection_height"],
            },
        ),
    )
    left_to_do = (Step.SWITCH_ON, Step.SET_PRIVACY, Step.ADD_TO_MENU, Step.TRY_IT)
    # app/controllers/security_controller.rb names a bare host there, while
    # lib/canvas/oauth/client_credentials_provider.rb wants the token address.
    server_is_audience = False

    def domain(self, tool: Addresses) -> str:
        """Without a port: app/models/context_external_tool.rb compares it with host names."""
        return urlsplit(tool.origin).hostname or ""

    def tool_configuration(
        self, tool: Addresses, offered: Mapping[str, Collection[str]] = NOTHING
    ) -> dict[str, Any]:
        """With Canvas's own additions; app/models/lti/ims/registration.rb."""
        return {
            **super().tool_configuration(tool, offered),
            f"{EXTENSION}privacy_level": PRIVACY,
            f"{EXTENSION}tool_id": TOOL_ID,
            f"{EXTENSION}vendor": NAME,
        }

    def place(self, name: str) -> str:
        """Canvas lists its own placements with an address before them."""
        return name.removeprefix(EXTENSION)

    def school(self, platform: Mapping[str, str]) -> str | None:
        """The name of the root account."""
        return platform.get(f"{EXTENSION}account_name")

    def pasted(self, tool: Addresses) -> dict[str, Any]:
        """The configuration of a developer key: lib/schemas/lti_configuration.rb."""
        return {
            "title": NAME,
            "description": DESCRIPTION,
            "target_link_uri": tool.launch,
            "oidc_initiation_url": tool.login,
            "public_jwk_url": tool.keys,
            "scopes": list(self.scopes),
            "custom_fields": dict(self.custom),
            "extensions": [
                {
                    "platform": "canvas.instructure.com",
                    "domain": self.domain(tool),
                    "tool_id": TOOL_ID,
                    "privacy_level": PRIVACY,
                    "settings": {
                        "text": NAME,
                        "icon_url": tool.icon,
                        "placements": [
                            _menu(tool),
                            *(_choice(name, tool) for name in FORMS + LISTS),
                        ],
                    },
                }
            ],
        }


def _menu(tool: Addresses) -> dict[str, Any]:
    return {
        "placement": MENU,
        "message_type": RESOURCE_LINK,
        "target_link_uri": tool.launch,
        "visibility": "members",
        "default": "disabled",
    }


def _choice(placement: str, tool: Addresses) -> dict[str, Any]:
    return {
        "placement": placement,
        "message_type": DEEP_LINKING,
        "target_link_uri": tool.launch,
        **SIZE,
        **MAY_ADD.get(placement, {}),
        **IN_TYPES.get(placement, {}),
    }
