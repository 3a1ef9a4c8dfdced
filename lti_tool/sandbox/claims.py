"""The id_token of a launch as the standard wants it."""

import time
from typing import Any

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.client import Placement
from lti_tool.sandbox.people import People, uuid_id
from lti_tool.sandbox.platform import Launch, Platform
from lti_tool.sandbox.world import Activity, Course, Person

AGS_SCOPES = (v.LINE_ITEM, v.LINE_ITEM_READ, v.RESULT_READ, v.SCORE)


class Claims:
    lifetime = 3600
    ags_scopes: tuple[str, ...] = AGS_SCOPES

    def __init__(self, platform: Platform, people: People) -> None:
        self.platform = platform
        self.people = people

    def course_ref(self, course: Course) -> str:
        """How the course is written in addresses."""
        return course.key

    def activity_ref(self, activity: Activity) -> str:
        return activity.key

    def find_course(self, ref: str) -> Course | None:
        courses = self.platform.world.courses.values()
        return next((found for found in courses if self.course_ref(found) == ref), None)

    def context_id(self, course: Course) -> str:
        return uuid_id(self.platform.identity.key, "course", course.key)

    def link_id(self, course: Course, activity: Activity) -> str:
        return uuid_id(self.platform.identity.key, "link", course.key, activity.key)

    def column_url(self, course: Course, column_id: str) -> str:
        ref = self.course_ref(course)
        return self.platform.address("lineitem", course=ref, column=column_id)

    def columns_url(self, course: Course) -> str:
        return self.platform.address("lineitems", course=self.course_ref(course))

    def roster_url(self, course: Course) -> str:
        return self.platform.address("roster", course=self.course_ref(course))

    def target_link_uri(self, launch: Launch) -> str:
        placement = self.placement(launch)
        own = placement.target if placement else self.platform.client.target
        return launch.address or launch.activity.url or own

    def placement(self, launch: Launch) -> Placement | None:
        """Where in the LMS the tool is opened, unless it is by a link of its own."""
        return launch.placement

    def build(self, launch: Launch, nonce: str) -> dict[str, Any]:
        claims = self.envelope(launch, nonce) | self.message(launch)
        if launch.about is not None:
            claims[v.CLAIM + "for_user"] = self.for_user(launch.about, launch.course)
        if launch.choice is not None:
            del claims[v.CLAIM + "resource_link"]
            claims[v.DL_CLAIM + "deep_linking_settings"] = launch.choice.settings
        sub = self.people.sub(launch.person, launch.course)
        if sub is not None:
            claims["sub"] = sub
        return claims | self.people.names(launch.person)

    def envelope(self, launch: Launch, nonce: str) -> dict[str, Any]:
        now = int(time.time() + self.platform.switches.clock_offset)
        client = self.platform.client
        return {
            "iss": self.platform.origins.issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + self.lifetime,
            "nonce": nonce,
            v.CLAIM + "deployment_id": client.deployments[launch.course.deployment],
            v.CLAIM + "message_type": launch.message,
            v.CLAIM + "version": "1.3.0",
            v.CLAIM + "target_link_uri": self.target_link_uri(launch),
        }

    def message(self, launch: Launch) -> dict[str, Any]:
        course, activity = launch.course, launch.activity
        return {
            v.CLAIM + "roles": self.people.launch_roles(launch.person, course),
            v.CLAIM + "context": {
                "id": self.context_id(course),
                "label": course.label,
                "title": course.title,
                "type": [v.COURSE_OFFERING],
            },
            v.CLAIM + "resource_link": {
                "id": self.link_id(course, activity),
                "title": activity.title,
                "description": activity.text,
            },
            v.CLAIM + "tool_platform": {
                "guid": self.platform.identity.guid,
                "name": self.platform.identity.school,
                "product_family_code": "rounds-sandbox",
                "version": "1",
            },
            v.CLAIM + "launch_presentation": {
                "document_target": launch.target,
                "return_url": self.platform.address("course", course=self.course_ref(course)),
                "locale": "en",
            },
            v.CLAIM + "custom": self.custom(launch),
            v.AGS_CLAIM: self.grade_services(course, activity),
            v.NRPS_CLAIM: {
                "context_memberships_url": self.roster_url(course),
                "service_versions": ["2.0"],
            },
        }

    def for_user(self, person: Person, course: Course) -> dict[str, Any]:
        """Whom a submission review is about: the id, and what privacy lets out."""
        roles = self.people.launch_roles(person, course)
        about = {"user_id": self.people.sub(person, course), "roles": roles}
        return about | self.people.names(person)

    def history(self, course: Course) -> str:
        """`$Context.id.history`: what the course was made from, the latest first."""
        courses = self.platform.world.courses
        return ",".join(self.context_id(courses[key]) for key in course.history)

    def custom(self, launch: Launch) -> dict[str, Any]:
        """Variables without a value arrive as they are written."""
        values = self.variables(launch)
        return {name: values.get(text, text) for name, text in self.parameters(launch).items()}

    def parameters(self, launch: Launch) -> dict[str, str]:
        """The tool's parameters, then the placement's, then the link's: the later one wins."""
        placement = self.placement(launch)
        own = placement.custom if placement else {}
        return self.platform.client.custom | own | launch.activity.custom | launch.custom

    def variables(self, launch: Launch) -> dict[str, str]:
        return {
            "$Context.id": self.context_id(launch.course),
            "$Context.id.history": self.history(launch.course),
            "$Person.address.timezone": "Europe/Vienna",
        }

    def grade_services(self, course: Course, activity: Activity) -> dict[str, Any]:
        granted = self.platform.switches.scopes
        claim: dict[str, Any] = {
            "scope": [scope for scope in self.ags_scopes if scope in granted],
            "lineitems": self.columns_url(course),
        }
        column = self.platform.book.column_of(course, activity)
        if column is not None:
            claim["lineitem"] = self.column_url(course, column.id)
        return claim
