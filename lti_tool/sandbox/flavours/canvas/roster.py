"""Names and roles as Canvas serves them.

Canvas: app/controllers/lti/ims/names_and_roles_controller.rb and ims/providers/*.rb.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.flavours.canvas.claims import CanvasClaims
from lti_tool.sandbox.flavours.canvas.tokens import refuse
from lti_tool.sandbox.people import People, hex_id
from lti_tool.sandbox.platform import Launch, Platform
from lti_tool.sandbox.roster import Roster
from lti_tool.sandbox.world import Activity, Course, Person


class CanvasRoster(Roster):
    claims: CanvasClaims

    def __init__(self, platform: Platform, people: People, claims: CanvasClaims) -> None:
        super().__init__(platform, people, claims)
        self.claims = claims

    def check_accept(self, headers: Mapping[str, str]) -> None:
        """Canvas does not look at Accept."""

    def limit(self, query: Mapping[str, str]) -> int:
        """50 a page, and never more."""
        most = self.platform.switches.roster_page
        return min(super().limit(query) or most, most)

    def narrowed(
        self, course: Course, members: list[Person], query: Mapping[str, str]
    ) -> list[Person]:
        """`role` must be the whole address of a role; an unknown one leaves nobody."""
        self.link(course, query)
        role = query.get("role")
        if not role:
            return members
        return [person for person in members if role in self.people.roster_roles(person, course)]

    def link(self, course: Course, query: Mapping[str, str]) -> Activity | None:
        """The activity of `rlid`; the course's own id means the whole course."""
        rlid = query.get("rlid")
        if not rlid or rlid == self.claims.context_id(course):
            return None
        for activity in course.activities.values():
            if self.claims.link_id(course, activity) == rlid:
                return activity
        refuse(400, "Requested ResourceLink was not found in this context")

    def member(self, person: Person, course: Course, query: Mapping[str, str]) -> dict[str, Any]:
        member = super().member(person, course, query)
        member["lti11_legacy_user_id"] = hex_id(self.platform.identity.key, "legacy", person.key)
        activity = self.link(course, query)
        if activity is not None:
            member["message"] = [self.message(person, course, activity)]
        return member

    def message(self, person: Person, course: Course, activity: Activity) -> dict[str, Any]:
        launch = Launch("", person, course, activity, self.platform.now())
        return {
            v.CLAIM + "message_type": "LtiResourceLinkRequest",
            "locale": "en",
            v.CLAIM + "custom": self.claims.custom(launch),
        }

    def refuse(self, status: int, words: str) -> NoReturn:
        refuse(status, "The specified resource does not exist.")
