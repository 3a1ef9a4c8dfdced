"""A tool that is asked to choose content, and answers as a test wants."""

import time
from dataclasses import dataclass
from typing import Any

import jwt
import requests

from tests.lms_walker import LastPost, LmsWalker
from tests.unit.sandbox.conftest import CLAIM, Lms

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SETTINGS = DL + "deep_linking_settings"
ITEMS = DL + "content_items"


def item(title: str = "Patient communication", **bend: Any) -> dict[str, Any]:
    """A link with a column of 20 points. Fields given as None are left out."""
    found = {
        "type": "ltiResourceLink",
        "title": title,
        "text": "Scored by a supervisor.",
        "custom": {"rounds_activity": "0123456789abcdef"},
        "lineItem": {
            "label": f"{title}, column",
            "scoreMaximum": 20,
            "resourceId": "0123456789abcdef",
            "tag": "rounds",
        },
    } | bend
    return {name: value for name, value in found.items() if value is not None}


@dataclass
class Asked:
    """A deep linking request that reached the tool."""

    lms: Lms
    walker: LmsWalker
    claims: dict[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        found: dict[str, Any] = self.claims[SETTINGS]
        return found

    def answer(self, *items: Any, **bend: Any) -> dict[str, Any]:
        """The claims of the answer. Names without a colon stand at the top, as `iss` does."""
        now = int(time.time())
        claims = {
            "iss": self.claims["aud"],
            "aud": self.claims["iss"],
            "iat": now - 1,
            "exp": now + 60,
            "nonce": "n-2",
            CLAIM + "message_type": "LtiDeepLinkingResponse",
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": self.claims[CLAIM + "deployment_id"],
            ITEMS: list(items),
        }
        if "data" in self.settings:
            claims[DL + "data"] = self.settings["data"]
        claims |= bend
        return {name: value for name, value in claims.items() if value is not None}

    def post(self, token: str) -> requests.Response:
        address = self.settings["deep_link_return_url"]
        return self.walker.browser.post(address, {"JWT": token}, origin=self.lms.tool.origin)

    def send(self, *items: Any, **bend: Any) -> requests.Response:
        """The signed answer posted back: what the frame then shows."""
        return self.post(self.lms.tool.key.sign(self.answer(*items, **bend)))

    def finish(self, *items: Any, **bend: Any) -> requests.Response:
        """The answer, and the page of the LMS it leads the whole window to."""
        page = self.walker.follow(self.send(*items, **bend))
        assert isinstance(page, requests.Response)
        return page


def choose(lms: Lms, place: str = "", person: str = "ingrid", **form: str) -> Asked:
    walker = LmsWalker(lms.home)
    last = walker.choose(lms.key, person, place, **form)
    assert isinstance(last, LastPost), f"{last.status_code} {last.url}"
    claims = jwt.decode(last.fields["id_token"], options={"verify_signature": False})
    return Asked(lms, walker, claims)


def activities(lms: Lms) -> list[dict[str, Any]]:
    """What was made of content items, oldest first."""
    state = requests.get(f"{lms.home}/control/state.json", timeout=5).json()[lms.key]
    return [
        link | {"course": key}
        for key, course in state["courses"].items()
        for link in course["links"].values()
        if link["key"].startswith("chosen-")
    ]


def columns(lms: Lms) -> list[dict[str, Any]]:
    state = requests.get(f"{lms.home}/control/state.json", timeout=5).json()[lms.key]
    return [found for found in state["columns"] if found["activity"].startswith("chosen-")]
