"""Names and roles as Moodle serves them. Moodle: mod/lti/service/memberships."""

from collections.abc import Mapping
from typing import Any

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import Refusal
from lti_tool.sandbox.roster import Roster
from lti_tool.sandbox.world import Course, Person

KNOWN_ROLES = {
    "Instructor": "Instructor",
    "Learner": "Learner",
    v.INSTRUCTOR: "Instructor",
    v.LEARNER: "Learner",
}


class MoodleRoster(Roster):
    def check_accept(self, headers: Mapping[str, str]) -> None:
        """`*/*` passes here, application/json does not."""
        if (headers.get("Accept") or "*/*").strip() not in (v.ROSTER_TYPE, "*/*"):
            raise Refusal("400 No handler found", "[]")

    def narrowed(
        self, course: Course, members: list[Person], query: Mapping[str, str]
    ) -> list[Person]:
        """Short or long roles; an unknown one is ignored, so everybody comes."""
        wanted = KNOWN_ROLES.get(query.get("role", ""))
        if wanted is None:
            return members
        return [p for p in members if wanted in self.people.roster_roles(p, course)]

    def next_link(self, course: Course, query: Mapping[str, str], start: int) -> dict[str, str]:
        """The next page forgets the role that was asked for."""
        rest = {name: value for name, value in query.items() if name != "role"}
        return super().next_link(course, rest, start)

    def member(self, person: Person, course: Course, query: Mapping[str, str]) -> dict[str, Any]:
        """The username always; no picture, no groups, no sections."""
        member = super().member(person, course, query)
        member |= {"lis_person_sourcedid": "", "ext_user_username": person.username}
        if query.get("rlid"):
            member["message"] = [{v.CLAIM + "message_type": "LtiResourceLinkRequest"}]
        return member
