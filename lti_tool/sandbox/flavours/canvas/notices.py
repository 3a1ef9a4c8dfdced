"""Platform notifications: who asked to hear of course copies, and telling them.

Canvas: app/controllers/lti/ims/notice_handlers_controller.rb,
app/services/lti/platform_notification_service.rb, lib/lti/messages/pns_notice.rb.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Response

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import answer, read_object
from lti_tool.sandbox.claims import Claims
from lti_tool.sandbox.flavours.canvas.tokens import refuse
from lti_tool.sandbox.platform import Platform, SentNotice
from lti_tool.sandbox.world import Course

COPY_NOTICE = "LtiContextCopyNotice"
NOTICE_TYPES = (
    "LtiHelloWorldNotice",
    "LtiAssetProcessorSubmissionNotice",
    COPY_NOTICE,
    "LtiAssetProcessorContributionNotice",
)
TIMEOUT = 10
HOUR = 3600

# What a forger, or a mishap, makes of the claims of a notice; and every way to send one.
SPOILT: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "wrong-audience": lambda claims: claims | {"aud": "somebody-else", "azp": "somebody-else"},
    "old": lambda claims: claims | {"iat": claims["iat"] - 2 * HOUR, "exp": claims["iat"] - HOUR},
    "unknown-deployment": lambda claims: claims | {v.CLAIM + "deployment_id": "9:nowhere"},
}
WAYS = ("true", *SPOILT, "foreign-key", "garbage")


def tool_id(deployment: str) -> str:
    """The number of the installed tool, with which its deployment id begins."""
    return deployment.partition(":")[0]


class Notices:
    def __init__(self, platform: Platform, claims: Claims) -> None:
        self.platform = platform
        self.claims = claims

    # what the tool asks for

    def list(self, tool: str, headers: Mapping[str, str]) -> Response:
        deployment = self._deployment(tool)
        handlers = self.platform.handlers
        body = {
            "client_id": self.platform.client.client_id,
            "deployment_id": deployment,
            "notice_handlers": [
                {"notice_type": kind, "handler": handlers.get((deployment, kind), "")}
                for kind in NOTICE_TYPES
            ],
        }
        return answer(body)

    def put(self, tool: str, raw: bytes, headers: Mapping[str, str]) -> Response:
        """One handler per type and deployment; an empty one unsubscribes."""
        deployment = self._deployment(tool)
        try:
            body = read_object(raw)
        except ValueError:
            refuse(400, "the body could not be read")
        kind, handler = body.get("notice_type"), body.get("handler")
        if not kind:
            refuse(400, "param is missing or the value is empty: notice_type")
        if not isinstance(handler, str) or (handler and not urlsplit(handler).hostname):
            refuse(400, "handler must be a valid URL or an empty string")
        if kind not in NOTICE_TYPES:
            refuse(400, f"unknown notice_type, it must be one of [{', '.join(NOTICE_TYPES)}]")
        if handler and urlsplit(handler).netloc != self.platform.client.domain:
            refuse(400, "handler url should match tool's domain")
        with self.platform.lock:
            self.platform.handlers[deployment, kind] = handler
        self.platform.note("Notices", f"{kind} goes to {handler or 'nobody'}.", body)
        return answer({"notice_type": kind, "handler": handler})

    def _deployment(self, tool: str) -> str:
        for deployment in self.platform.client.deployments:
            if tool_id(deployment) == tool:
                return deployment
        refuse(404, "not found")

    # what the tool is told

    def send_copy(
        self,
        course: Course,
        origins: tuple[str, ...],
        how: str = "true",
        more: Mapping[str, Any] | None = None,
        address: str = "",
    ) -> SentNotice | None:
        """Tell of a copy, once and never again; None where nobody asked to be told.

        `origins` are keys of courses. `how` is one of WAYS, `more` claims put on top.
        """
        deployment = self.platform.client.deployments[course.deployment]
        handler = address or self.platform.handlers.get((deployment, COPY_NOTICE), "")
        if not handler:
            return None
        claims = self.copy_claims(course, origins, deployment)
        if how in SPOILT:
            claims = SPOILT[how](claims)
        return self._deliver(handler, course, how, self._signed(claims | dict(more or {}), how))

    def copy_claims(
        self, course: Course, origins: tuple[str, ...], deployment: str
    ) -> dict[str, Any]:
        """An id_token in all but `sub`: nobody launched anything."""
        now = int(time.time() + self.platform.switches.clock_offset)
        courses = self.platform.world.courses
        client_id = self.platform.client.client_id
        return {
            "aud": client_id,
            "azp": client_id,
            "iss": self.platform.origins.issuer,
            "iat": now,
            "exp": now + HOUR,
            "nonce": uuid.uuid4().hex,
            v.CLAIM + "deployment_id": deployment,
            v.CLAIM + "version": "1.3.0",
            v.CLAIM + "notice": {
                "id": str(uuid.uuid4()),
                "timestamp": self.platform.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
                "type": COPY_NOTICE,
            },
            v.CLAIM + "context": {
                "id": self.claims.context_id(course),
                "label": course.label,
                "title": course.title,
                "type": [v.COURSE_OFFERING],
            },
            v.CLAIM + "origin_contexts": [self.claims.context_id(courses[key]) for key in origins],
        }

    def _signed(self, claims: dict[str, Any], how: str) -> str:
        if how == "garbage":
            return "not.a.token"
        ring = self.platform.keys
        if how == "foreign-key":
            # Under the kid of the key it pretends to be.
            header = {"typ": "JWT", "alg": "RS256", "kid": ring.present.kid}
            return ring.foreign.sign(claims, header)
        return ring.present.sign(claims)

    def _deliver(self, handler: str, course: Course, how: str, token: str) -> SentNotice:
        body = {"notices": [{"jwt": token}]}
        try:
            status = requests.post(handler, json=body, timeout=TIMEOUT).status_code
        except requests.RequestException:
            status = 0
        sent = SentNotice(COPY_NOTICE, course.key, handler, how, status, token)
        self.platform.notices.append(sent)
        words = f"Of the copy {course.title}: {status or 'no answer'}."
        self.platform.note("Notice sent", words, body)
        return sent
