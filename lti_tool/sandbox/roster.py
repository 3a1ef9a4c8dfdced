"""Names and Role Provisioning Services 2.0."""

from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlencode

from flask import Response

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import Refusal, answer, dump, media_type
from lti_tool.sandbox.claims import Claims
from lti_tool.sandbox.people import People
from lti_tool.sandbox.platform import Platform
from lti_tool.sandbox.world import Course, Person


class Roster:
    """The standard: pages of the `limit` asked for, long roles, the one media type."""

    def __init__(self, platform: Platform, people: People, claims: Claims) -> None:
        self.platform = platform
        self.people = people
        self.claims = claims

    def answer(
        self, course_id: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Response:
        course = self.course(course_id)
        self.check_accept(headers)
        found = self.narrowed(course, list(self.people.members(course)), query)
        start = int(query["from"]) if query.get("from", "").isdigit() else 0
        limit = self.limit(query)
        page = found[start : start + limit] if limit else found
        more = bool(limit) and start + len(page) < len(found)
        link = self.next_link(course, query, start + len(page)) if more else {}
        self.platform.note("Roster", f"{len(page)} people of {course.title} were read.")
        container = {
            "id": self.claims.roster_url(course),
            "context": {
                "id": self.claims.context_id(course),
                "label": course.label,
                "title": course.title,
            },
            "members": [self.member(person, course, query) for person in page],
        }
        return answer(container, v.ROSTER_TYPE, headers=link)

    def course(self, course_id: str) -> Course:
        found = self.claims.find_course(course_id)
        if found is None:
            self.refuse(404, "no such course")
        return found

    def check_accept(self, headers: Mapping[str, str]) -> None:
        accepted = [media_type(part) for part in (headers.get("Accept") or "*/*").split(",")]
        if not {v.ROSTER_TYPE, "*/*"} & set(accepted):
            self.refuse(406, f"only {v.ROSTER_TYPE} is served here")

    def narrowed(
        self, course: Course, members: list[Person], query: Mapping[str, str]
    ) -> list[Person]:
        role = query.get("role")
        if not role:
            return members
        wanted = role.rpartition("#")[2]
        return [
            person
            for person in members
            if any(
                role == had or ("#" not in role and had.endswith(f"#{wanted}"))
                for had in self.people.roster_roles(person, course)
            )
        ]

    def limit(self, query: Mapping[str, str]) -> int:
        asked = query.get("limit", "")
        return int(asked) if asked.isdigit() else 0

    def next_link(self, course: Course, query: Mapping[str, str], start: int) -> dict[str, str]:
        more = urlencode({**query, "from": start})
        return {"Link": f'<{self.claims.roster_url(course)}?{more}>; rel="next"'}

    def member(self, person: Person, course: Course, query: Mapping[str, str]) -> dict[str, Any]:
        return {
            "status": "Active",
            "user_id": self.people.sub(person, course),
            "roles": self.people.roster_roles(person, course),
        } | self.people.names(person)

    def refuse(self, status: int, words: str) -> NoReturn:
        raise Refusal(status, dump({"error": words}))
