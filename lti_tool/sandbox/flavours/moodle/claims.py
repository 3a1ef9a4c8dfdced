"""The id_token as Moodle makes it. Moodle: mod/lti/locallib.php, lti_build_request and others."""

import json
import re
from html import unescape
from typing import Any

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.claims import Claims
from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.people import hex_id
from lti_tool.sandbox.platform import Launch
from lti_tool.sandbox.world import Activity, Course, Person

BASIC_OUTCOME = "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"

# The tool's own custom parameters, as an administrator types them.
TOOL_CUSTOM = {
    "context_history": "$Context.id.history",
    "groups": "$Moodle.Person.userGroupIds",
    "timezone": "$Person.address.timezone",
    "due_at": "$ResourceLink.submission.endDateTime",
    "membership_role": "$Membership.role",
}


class MoodleClaims(Claims):
    lifetime = 60

    def course_ref(self, course: Course) -> str:
        return str(course.number)

    def activity_ref(self, activity: Activity) -> str:
        return str(activity.number)

    def context_id(self, course: Course) -> str:
        return str(course.number)

    def link_id(self, course: Course, activity: Activity) -> str:
        """The number of the lti row, which is not the number in the page's address."""
        return str(activity.number - 100)

    def message(self, launch: Launch) -> dict[str, Any]:
        claims = super().message(launch)
        course, activity = launch.course, launch.activity
        pages = self.platform.origins.pages
        claims[v.CLAIM + "context"]["type"] = ["CourseSection"]
        claims[v.CLAIM + "resource_link"]["description"] = intro_text(activity.text)
        claims[v.CLAIM + "lis"] = {
            "person_sourcedid": "",
            "course_section_sourcedid": f"SIS-{course.label}",
        }
        claims[v.CLAIM + "launch_presentation"] = {
            "locale": "en",
            "document_target": "frame" if launch.phone else launch.target,
            "return_url": f"{pages}/mod/lti/return.php?course={course.number}"
            f"&launch_container=3&instanceid={activity.number - 100}&sesskey={launch.id[:10]}",
        }
        if launch.choice is not None:
            claims[v.CLAIM + "launch_presentation"] = {"locale": "en"}
        claims[v.CLAIM + "tool_platform"] = {
            "product_family_code": "moodle",
            "version": "2024100706",
            "guid": self.platform.identity.guid,
            "name": "NSM",
            "description": self.platform.identity.school,
        }
        claims[v.CLAIM + "ext"] = {"user_username": launch.person.username, "lms": "moodle-2"}
        claims[v.NRPS_CLAIM]["service_versions"] = ["1.0", "2.0"]
        if self.platform.book.column_of(course, activity) is not None:
            claims[BASIC_OUTCOME] = self.basic_outcome(launch)
        return claims

    def for_user(self, person: Person, course: Course) -> dict[str, Any]:
        """The id and nothing else."""
        return {"user_id": self.people.sub(person, course)}

    def history(self, course: Course) -> str:
        """The course it was copied from, that one's own, and so on; imports leave no trace.

        Moodle: mod/lti/locallib.php, get_course_history.
        """
        courses, found = self.platform.world.courses, []
        while course.copied_from:
            course = courses[course.copied_from]
            found.append(self.context_id(course))
        return ",".join(found)

    def custom(self, launch: Launch) -> dict[str, Any]:
        """Unknown variables stay literal; keys with capitals or spaces arrive twice."""
        values = {
            "$Context.id.history": self.history(launch.course),
            "$Moodle.Person.userGroupIds": "",
            "$Person.address.timezone": "99",
            "$Membership.role": self.people.roster_roles(launch.person, launch.course)[0],
        }
        custom: dict[str, Any] = {}
        for name, value in launch.activity.custom.items():
            custom[re.sub(r"[^a-z0-9]", "_", name.lower())] = value
            custom[name] = value
        for name, value in self.platform.client.custom.items():
            custom[name] = values.get(value, value)
        custom |= launch.custom
        custom["context_memberships_url"] = self.roster_url(launch.course)
        return custom

    def grade_services(self, course: Course, activity: Activity) -> dict[str, Any]:
        """`lineitem` is gone as soon as the link has a second one.

        Moodle: mod/lti/service/gradebookservices, get_launch_parameters.
        """
        claim = super().grade_services(course, activity)
        if len(self.line_items(course, activity)) > 1:
            claim.pop("lineitem", None)
        return claim

    def line_items(self, course: Course, activity: Activity) -> list[Column]:
        """A link's own line item, and those the tool made for it."""
        link = self.link_id(course, activity)
        return [
            column
            for column in self.platform.book.of_course(course)
            if (column.coupled and column.activity == activity.key) or column.link_id == link
        ]

    def basic_outcome(self, launch: Launch) -> dict[str, Any]:
        data = {
            "instanceid": str(launch.activity.number - 100),
            "userid": str(launch.person.number),
            "typeid": self.platform.client.deployments[0],
            "launchid": int(launch.id[:8], 16),
        }
        sourced_id = {"data": data, "hash": hex_id(launch.id)}
        return {
            "lis_result_sourcedid": json.dumps(sourced_id, separators=(",", ":")),
            "lis_outcome_service_url": f"{self.platform.origins.pages}/mod/lti/service.php",
        }


def intro_text(html: str) -> str:
    """The intro as text, bold parts in capitals. Moodle: lib/html2text."""
    loud = re.sub(r"<b>(.*?)</b>", lambda found: found[1].upper(), html)
    return unescape(re.sub(r"<[^>]+>", "", loud))
