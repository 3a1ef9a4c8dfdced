"""Choices by deep linking at the stand-in: the launch, and the answer as an LMS reads it."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import jwt
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.lms.signing import ensure_key
from tests.stand_in import LTI, StandIn
from tests.visitor import Visitor

DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
RETURN_URL = "https://lms.example.edu/mod/lti/contentitem_return.php?course=2&sesskey=s3cr3tK3y"
DATA = "csrftoken:c7fbba78"

CHOICE = {
    "use-teamwork": "1",
    "weight-teamwork": "60",
    "use-documentation": "1",
    "weight-documentation": "40",
    "min_assessments": "6",
    "min_supervisors": "2",
    "min_seen": "2",
    "min_mean": "3",
    "floor": "2",
    "critical": "3",
    "flags": "1",
    "mapping": "points",
    "send_when": "when-enough",
}
"""A choice of two competencies, as the form that every choice is made by posts it."""

FORM = CHOICE | {"title": "Ward skills"}


def ask(
    lms: StandIn, client: FlaskClient, settings: dict[str, Any] | None = None, **changes: Any
) -> Visitor:
    """Launch for a choice; a setting given as None is left out. Who chooses, with a session."""
    with lms.rounds.work() as unit:
        ensure_key(unit.session, lms.rounds.settings, unit.now)
    asked: dict[str, Any] = {
        "deep_link_return_url": RETURN_URL,
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
        "data": DATA,
        **(settings or {}),
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    answer = lms.launch(
        client,
        message_type="LtiDeepLinkingRequest",
        resource_link=None,
        **{DEEP_LINKING + "deep_linking_settings": asked, **changes},
    )
    assert answer.status_code == 303, answer.text
    return Visitor(client, answer.location.split("/")[2])


def token_of(page: TestResponse) -> str:
    """The token that the forms of a page carry."""
    found = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert found, page.text
    return found[1]


def add(chooser: Visitor, **changed: str | None) -> TestResponse:
    """Fill the form in, and add what was chosen to the course."""
    fields = {**FORM, **changed, "csrf": token_of(chooser.get("deep-link"))}
    kept = {name: text for name, text in fields.items() if text is not None}
    return chooser.post("deep-link", kept)


@dataclass(frozen=True)
class Returned:
    """What the page of an answer posts, read as the LMS reads it."""

    url: str
    claims: dict[str, Any]

    @property
    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.claims[DEEP_LINKING + "content_items"]
        return found


def returned(page: TestResponse, client: FlaskClient) -> Returned:
    """Check the signature by the published keys, as an LMS does, and give what was signed."""
    assert page.status_code == 200, page.text
    action = re.search(r'id="answer" action="([^"]+)"', page.text)
    value = re.search(r'name="JWT" value="([\w.-]+)"', page.text)
    assert action, page.text
    assert value, page.text
    assert page.text.count("<input") == 1, "the one parameter is JWT"
    kid = jwt.get_unverified_header(value[1])["kid"]
    keys = jwt.PyJWKSet.from_dict(client.get("/lti/jwks.json").json or {})
    claims = jwt.decode(
        value[1], keys[kid].key, algorithms=["RS256"], options={"verify_aud": False}
    )
    return Returned(unescape(action[1]), claims)


def claim(name: str) -> str:
    """The address of a claim of LTI's core."""
    return LTI + name


def launch_of(item: dict[str, Any], link: str, **more: Any) -> dict[str, Any]:
    """The claims by which an LMS launches a link that it made of an item."""
    return {
        "resource_link": {"id": link, "title": item["title"]},
        claim("custom"): item["custom"],
        **more,
    }
