"""The people of a course as its LMS lists them (Names and Role Provisioning Services 2.0)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import marshmallow as ma
from marshmallow.fields import List, String
from pylti1p3.names_roles import NamesRolesProvisioningService

from lti_tool.domain.errors import PlatformAnswerWrong
from lti_tool.domain.people import MEMBERSHIP
from lti_tool.lms.connector import Connector
from lti_tool.lms.http import Http
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Platform

MOST_PAGES = 400
MOST_MEMBERS = 20_000
"""Far above any course. A roster that goes on is refused, not cut: who is missing has left."""

ACTIVE = "Active"


@dataclass(frozen=True, slots=True)
class Member:
    """Someone the LMS counts among the course's people now. `roles` are whole URIs."""

    subject: str
    roles: tuple[str, ...]
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Everyone in the course, each once. `skipped` counts entries that could not be read."""

    members: tuple[Member, ...]
    skipped: int = 0


class RosterReader:
    """Reads rosters. The caller has no transaction open."""

    def __init__(self, http: Http, tokens: Tokens) -> None:
        self._http = http
        self._tokens = tokens

    def read(self, platform: Platform, url: str) -> Roster:
        """The whole roster at a course's memberships address, page after page.

        No `limit` is sent: the LMS's own page size always works, asking for another not everywhere.
        Raises what Connector.make_service_request raises.
        """
        connector = Connector(self._http, self._tokens, platform)
        service = NamesRolesProvisioningService(connector, {"context_memberships_url": url})
        entries: list[Any] = []
        following: str | None = url
        for _ in range(MOST_PAGES):
            if following is None:
                return _roster(entries)
            page = service.get_nrps_data(following)
            entries += _entries(page["body"])
            if len(entries) > MOST_MEMBERS:
                break
            following = page["next_page_url"]
        raise PlatformAnswerWrong("the roster does not come to an end")


def _entries(container: Any) -> list[Any]:
    entries = container.get("members") if isinstance(container, dict) else None
    if not isinstance(entries, list):
        raise PlatformAnswerWrong("the answer is no membership container")
    return entries


def _roster(entries: Iterable[Any]) -> Roster:
    """Pages may overlap when people come and go between them: the first entry counts."""
    members: dict[str, Member] = {}
    skipped = 0
    for entry in entries:
        try:
            found = _MEMBER.load(entry)
        except ma.ValidationError:
            skipped += 1
            continue
        if found.pop("status") == ACTIVE:
            member = Member(**found | {"roles": _whole(found["roles"])})
            members.setdefault(member.subject, member)
    return Roster(tuple(members.values()), skipped)


def _whole(roles: Iterable[str]) -> tuple[str, ...]:
    """Roles as URIs. A short name stands for the context role (NRPS 2.0 §2.2)."""
    return tuple(role if ":" in role else MEMBERSHIP + role for role in roles)


# What an entry may hold ---------------------------------------------------------------------------


def _storable(text: str) -> None:
    """Refuse what JSON can say and a database cannot keep: NUL, and half a surrogate pair."""
    if any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text):
        raise ma.ValidationError("not storable")


def _text(least: int, most: int, **kwargs: Any) -> String:
    checks = ma.validate.And(ma.validate.Length(least, most), _storable)
    return String(validate=checks, **kwargs)


def _optional(most: int) -> String:
    """Absent, null or empty: LMSs say in each of these ways that there is none."""
    return _text(0, most, load_default=None, allow_none=True)


class _MemberSchema(ma.Schema):
    class Meta:
        unknown = ma.EXCLUDE

    subject = _text(1, 255, data_key="user_id", required=True)
    roles = List(_text(1, 255), required=True, validate=ma.validate.Length(max=50))
    status = String(load_default=ACTIVE)
    name = _optional(500)
    given_name = _optional(255)
    family_name = _optional(255)
    email = _optional(320)


_MEMBER = _MemberSchema()
