"""A tool that registers itself with the sandbox, bent as a test wants."""

from typing import Any

import requests

from tests.unit.sandbox.conftest import LINE_ITEM, RESULT, ROSTER, SCORE, Lms

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
UNKNOWN_SCOPE = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
DEEP_LINKING = "LtiDeepLinkingRequest"
RESOURCE_LINK = "LtiResourceLinkRequest"


def document(lms: Lms, tool: dict[str, Any] | None = None, **bend: Any) -> dict[str, Any]:
    """A registration the standard is content with. Fields given as None are left out."""
    origin = lms.tool.origin
    target = f"{origin}/lti/launch"
    configuration = {
        "domain": origin.partition("://")[2],
        "description": "Rubrics for internships",
        "target_link_uri": target,
        "custom_parameters": {"timezone": "$Person.address.timezone", "odd": "a=b"},
        "claims": ["iss", "sub", "name", "email"],
        "messages": [
            {"type": RESOURCE_LINK, "label": "Open"},
            {"type": DEEP_LINKING, "target_link_uri": f"{target}?choose=1", "label": "Choose"},
        ],
    } | (tool or {})
    found = {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{origin}/lti/login",
        "redirect_uris": [target],
        "client_name": "Stand-in",
        "jwks_uri": f"{origin}/lti/jwks.json",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join([LINE_ITEM, RESULT, SCORE, ROSTER, UNKNOWN_SCOPE]),
        TOOL: {name: value for name, value in configuration.items() if value is not None},
    } | bend
    return {name: value for name, value in found.items() if value is not None}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def ask(address: str, token: str = "") -> requests.Response:
    """The openid configuration, with the token where there is one."""
    return requests.get(address, headers=bearer(token) if token else {}, timeout=5)


def send(lms: Lms, token: str, body: Any) -> requests.Response:
    address = lms.platform.address("registration")
    return requests.post(address, json=body, headers=bearer(token), timeout=5)


def register(
    lms: Lms, tool: dict[str, Any] | None = None, *, update: bool = False, **bend: Any
) -> requests.Response:
    """Invited by the control interface, and registered."""
    token = lms.control("invite", update=update)["registration_token"]
    return send(lms, token, document(lms, tool, **bend))
