"""The id_token as Canvas makes it. Canvas: lib/lti/messages/jwt_message.rb."""

import json
from datetime import UTC
from typing import Any

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.claims import Claims
from lti_tool.sandbox.client import Placement
from lti_tool.sandbox.flavours.canvas.notices import NOTICE_TYPES, tool_id
from lti_tool.sandbox.flavours.canvas.people import CanvasPeople
from lti_tool.sandbox.people import hex_id, uuid_id
from lti_tool.sandbox.platform import Launch, Platform
from lti_tool.sandbox.world import STAFF, Activity, Course

# Canvas: gems/lti-advantage/lib/lti_advantage/serializers/jwt_message_serializer.rb leaks these.
JUNK: dict[str, Any] = {"validation_context": None, "errors": {"errors": {}}}

ISO = "%Y-%m-%dT%H:%M:%SZ"

# What the tool's developer key asks for. Canvas: lib/lti/variable_expander.rb.
CUSTOM_FIELDS = {
    "canvas_course_id": "$Canvas.course.id",
    "canvas_user_id": "$Canvas.user.id",
    "canvas_assignment_id": "$Canvas.assignment.id",
    "assignment_points": "$Canvas.assignment.pointsPossible",
    "assignment_published": "$Canvas.assignment.published",
    "due_at": "$Canvas.assignment.dueAt.iso8601",
    "membership_roles": "$Canvas.membership.roles",
    "allowed_attempts": "$Canvas.assignment.allowedAttempts",
    "can_grade": "$Canvas.membership.permissions<manage_grades>",
    "section_names": "$com.instructure.User.sectionNames",
    "context_history": "$Context.id.history",
    "timezone": "$Person.address.timezone",
}


class CanvasClaims(Claims):
    people: CanvasPeople

    def __init__(self, platform: Platform, people: CanvasPeople) -> None:
        super().__init__(platform, people)
        self.people = people

    ags_scopes = (v.LINE_ITEM, v.RESULT_READ, v.SCORE, v.PROGRESS_READ)

    def course_ref(self, course: Course) -> str:
        return str(course.number)

    def activity_ref(self, activity: Activity) -> str:
        return str(activity.number)

    def context_id(self, course: Course) -> str:
        return hex_id(self.platform.identity.key, "course", course.key)

    def link_id(self, course: Course, activity: Activity) -> str:
        """The course's own id when there is no link: navigation."""
        if activity.kind in ("navigation", "retrieved"):
            return self.context_id(course)
        return uuid_id(self.platform.identity.key, "link", course.key, activity.key)

    def build(self, launch: Launch, nonce: str) -> dict[str, Any]:
        claims = super().build(launch, nonce)
        client_id = self.platform.client.client_id
        claims |= {"azp": client_id, "locale": "en", "errors": {"errors": {}}}
        placement = self.placement(launch)
        claims["https://www.instructure.com/placement"] = placement.name if placement else None
        if not launch.person.anonymous:
            claims |= self._personal(launch)
        return {
            name: value | JUNK if isinstance(value, dict) and _is_object_claim(name) else value
            for name, value in claims.items()
        }

    def _personal(self, launch: Launch) -> dict[str, Any]:
        legacy = hex_id(self.platform.identity.key, "legacy", launch.person.key)
        claims: dict[str, Any] = {
            v.CLAIM + "lti11_legacy_user_id": legacy,
            v.CLAIM + "lti1p1": {"user_id": legacy},
        }
        privacy = self.platform.switches.privacy
        if privacy in ("public", "name_only"):
            claims[v.CLAIM + "lis"] = {
                "person_sourcedid": "$Person.sourcedId",
                "course_offering_sourcedid": f"{launch.course.label}-A26",
            }
        enrolment = launch.course.enrolments.get(launch.person.key)
        if privacy == "public" and enrolment and enrolment.observes:
            world = self.platform.world
            claims[v.CLAIM + "role_scope_mentor"] = [
                self.people.sub(world.people[key], launch.course) for key in enrolment.observes
            ]
        return claims

    def message(self, launch: Launch) -> dict[str, Any]:
        claims = super().message(launch)
        course, activity = launch.course, launch.activity
        navigation = activity.kind == "navigation"
        claims[v.CLAIM + "tool_platform"] = {
            "guid": self.platform.identity.guid,
            "name": self.platform.identity.school,
            "version": "cloud",
            "product_family_code": "canvas",
        }
        pages = f"{self.platform.origins.pages}/courses/{course.number}"
        claims[v.CLAIM + "launch_presentation"] = {
            "document_target": "iframe",
            "return_url": f"{pages}/external_content/success/external_tool_redirect"
            if navigation
            else f"{pages}/external_content/cancel/external_tool_dialog"
            if launch.choice
            else f"{pages}/assignments",
            "locale": "en",
            "height": 400 if navigation else None,
            "width": 800 if navigation else None,
        }
        if v.NOTICE_HANDLERS in self.platform.switches.scopes:
            claims[v.PNS_CLAIM] = self.notice_service(course)
        link = claims[v.CLAIM + "resource_link"]
        link["title"] = course.title if navigation else activity.title
        link["description"] = activity.text or None
        return claims

    def placement(self, launch: Launch) -> Placement | None:
        if launch.activity.kind == "navigation":
            return self.platform.client.placement("course_navigation", v.RESOURCE_LINK_REQUEST)
        return launch.placement

    def notice_service(self, course: Course) -> dict[str, Any]:
        deployment = self.platform.client.deployments[course.deployment]
        return {
            "service_versions": ["1.0"],
            "platform_notification_service_url": self.platform.address(
                "notices", tool=tool_id(deployment)
            ),
            "scope": [v.NOTICE_HANDLERS],
            "notice_types_supported": list(NOTICE_TYPES),
        }

    def history(self, course: Course) -> str:
        """At most a thousand courses, then `truncated`; `timed out` after half a minute.

        Canvas: lib/lti/substitutions_helper.rb.
        """
        found = super().history(course)
        answers = {"truncated": f"{found},truncated", "timed-out": "timed out"}
        return answers.get(self.platform.switches.history, found)

    def variables(self, launch: Launch) -> dict[str, str]:
        person, course, activity = launch.person, launch.course, launch.activity
        enrolment = course.enrolments.get(person.key)
        staff = bool(set(STAFF) & set(course.kinds(person)))
        values = {
            "$Canvas.course.id": str(course.number),
            "$Canvas.user.id": str(self.people.canvas_id(person)),
            "$Canvas.membership.roles": self.people.role_names(person, course),
            "$Canvas.membership.permissions<manage_grades>": "manage_grades" if staff else "",
            "$com.instructure.User.sectionNames": json.dumps(
                list(enrolment.sections) if enrolment else []
            ),
            "$Context.id.history": self.history(course),
            "$Person.address.timezone": "Europe/Vienna",
        }
        if activity.kind == "assignment":
            values |= {
                "$Canvas.assignment.id": str(activity.number),
                "$Canvas.assignment.pointsPossible": f"{activity.points:f}",
                "$Canvas.assignment.published": str(activity.published).lower(),
                "$Canvas.assignment.allowedAttempts": str(activity.attempts_allowed or -1),
            }
            dates = {
                "dueAt": activity.due,
                "unlockAt": activity.opens,
                "lockAt": activity.closes,
            }
            values |= {
                f"$Canvas.assignment.{name}.iso8601": at.astimezone(UTC).strftime(ISO)
                for name, at in dates.items()
                if at
            }
        return values


def _is_object_claim(name: str) -> bool:
    return name.startswith("https://purl.imsglobal.org/") and not name.endswith("/custom")
