"""A verified id_token becomes a frozen Launch; the only file that spells claim URIs.

The shape of every claim that is used is checked; others are ignored (LTI core 1.3 §4.2). What the
LMS product does in its own way is settled here, once.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import marshmallow as ma
from marshmallow.fields import Dict, Field, List, Nested

from lti_tool.domain.errors import ClaimMissing, ClaimsMalformed, MessageUnsupported, VersionWrong
from lti_tool.domain.people import display_name
from lti_tool.lms.products.base import Product

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = _LTI + "message_type"
VERSION = _LTI + "version"
DEPLOYMENT_ID = _LTI + "deployment_id"
TARGET_LINK_URI = _LTI + "target_link_uri"
ROLES = _LTI + "roles"
RESOURCE_LINK = _LTI + "resource_link"
CONTEXT = _LTI + "context"
TOOL_PLATFORM = _LTI + "tool_platform"
PRESENTATION = _LTI + "launch_presentation"
CUSTOM = _LTI + "custom"
GRADES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"

ID_LENGTH = 255
"""Core 1.3 §5.3.3 and following: ids are ASCII of at most 255 characters."""
NAME_LENGTH = 500
URL_LENGTH = 2000
RETURN_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class CourseClaim:
    """The course a launch comes from, with the addresses of its services."""

    context_id: str
    title: str
    label: str
    school: str
    time_zone: str | None
    memberships_url: str | None
    lineitems_url: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Launch:
    """All that Rounds takes from one launch. Texts are clean and fit the tables."""

    platform_id: int
    deployment_id: str
    subject: str
    person_name: str
    email: str | None
    roles: tuple[str, ...]
    role_name: str | None
    course: CourseClaim | None
    resource_link_id: str
    resource_link_title: str
    lineitem_url: str | None
    locale: str
    document_target: str
    frame_resize: bool
    roster_confirms_leads: bool
    custom: Mapping[str, str]
    return_url: str | None = field(repr=False)
    """May hold the LMS's own session key: never logged."""


def read_launch(claims: Mapping[str, Any], platform_id: int, product: Product) -> Launch:
    """The launch that verified claims describe.

    Raises ClaimMissing, VersionWrong, MessageUnsupported, ClaimsMalformed.
    """
    envelope = _load(_ENVELOPE, claims)
    if envelope["version"] != "1.3.0":
        raise VersionWrong("the version claim is not 1.3.0")
    if envelope["message_type"] != RESOURCE_LINK_REQUEST:
        raise MessageUnsupported("the message is no resource link request")
    found = _load(_RESOURCE_LINK, claims)
    link, presentation = found["resource_link"], found["presentation"] or {}
    custom = _kept(product.clean_custom(found["custom"] or {}))
    grades = found["grades"] or {}
    return Launch(
        platform_id=platform_id,
        deployment_id=found["deployment_id"],
        subject=found["sub"],
        person_name=display_name(
            found["name"], found["given_name"], found["family_name"], found["email"], found["sub"]
        )[:NAME_LENGTH],
        email=found["email"] or None,
        roles=tuple(found["roles"]),
        role_name=_short(product.role_name(custom)),
        course=_course(found, custom, product),
        resource_link_id=link["id"],
        resource_link_title=(link["title"] or "")[:NAME_LENGTH],
        lineitem_url=grades.get("lineitem"),
        locale=found["locale"] or presentation.get("locale") or "",
        document_target=presentation.get("document_target") or "",
        frame_resize=product.frame_resize,
        roster_confirms_leads=product.roster_confirms_leads,
        custom=custom,
        return_url=presentation.get("return_url"),
    )


def _course(
    found: Mapping[str, Any], custom: Mapping[str, str], product: Product
) -> CourseClaim | None:
    context = found["context"]
    if context is None:
        return None
    grades, roster, school = (found[name] or {} for name in ("grades", "roster", "tool_platform"))
    return CourseClaim(
        context_id=context["id"],
        title=(context["title"] or context["label"] or "")[:NAME_LENGTH],
        label=(context["label"] or "")[:ID_LENGTH],
        school=product.school(school.get("name") or "", school.get("description") or "")[
            :ID_LENGTH
        ],
        time_zone=product.time_zone(custom),
        memberships_url=roster.get("context_memberships_url"),
        lineitems_url=grades.get("lineitems"),
        scopes=tuple(grades.get("scope") or ()),
    )


def _kept(custom: Mapping[str, str]) -> dict[str, str]:
    """The custom parameters a database can store. Any LMS adds its own: the others are no fault."""
    return {name: value for name, value in custom.items() if not _UNSTORABLE.search(value)}


def _short(role_name: str | None) -> str | None:
    """A role name that fits its column; a longer one is none that anybody mapped."""
    return role_name if role_name and len(role_name) <= ID_LENGTH else None


# What a claim may be ------------------------------------------------------------------------------

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL, and half of a surrogate pair, which JSON can say."""

_MISSING = "missing"
_MESSAGES: dict[str, Any] = {"required": _MISSING, "null": _MISSING}


class _Text(Field[str]):
    """Text that both databases can store. `most` is its greatest length in characters."""

    def __init__(self, most: int = 20_000, *, ascii_only: bool = False, **kwargs: Any) -> None:
        super().__init__(error_messages=_MESSAGES, **kwargs)
        self._most, self._ascii_only = most, ascii_only

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or len(value) > self._most:
            raise ma.ValidationError("no text, or too long")
        if _UNSTORABLE.search(value) or (self._ascii_only and not value.isascii()):
            raise ma.ValidationError("characters that are not allowed here")
        return value


class _Address(_Text):
    """An absolute http(s) address that is safe to call, and to show as a link."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value)
        try:
            parts = urlsplit(text)
            sound = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            sound = False
        if not sound or "@" in parts.netloc or "\\" in text or not text.isprintable():
            raise ma.ValidationError("not a web address")
        return text


def _optional(make: Callable[..., Field[Any]], *args: Any, **kwargs: Any) -> Any:
    """A field that may be absent or null: some LMS send null for what they do not have."""
    return make(*args, load_default=None, allow_none=True, **kwargs)


def _id(**kwargs: Any) -> _Text:
    return _Text(ID_LENGTH, ascii_only=True, required=True, validate=_not_empty, **kwargs)


def _not_empty(value: str) -> None:
    if not value.strip():
        raise ma.ValidationError(_MISSING)


class _Claims(ma.Schema):
    """Claims that nobody asked for are no fault."""

    class Meta:
        unknown = ma.EXCLUDE


class _Envelope(_Claims):
    version = _Text(required=True, data_key=VERSION)
    message_type = _Text(required=True, data_key=MESSAGE_TYPE)


class _Link(_Claims):
    id = _id()
    title = _optional(_Text)


class _Context(_Claims):
    id = _id()
    title = _optional(_Text)
    label = _optional(_Text)


class _ToolPlatform(_Claims):
    name = _optional(_Text)
    description = _optional(_Text)


class _Presentation(_Claims):
    return_url = _optional(_Address, RETURN_LENGTH)
    locale = _optional(_Text, 64)
    document_target = _optional(_Text, 64)


class _Grades(_Claims):
    scope = _optional(List, _Text(ID_LENGTH))
    lineitems = _optional(_Address, URL_LENGTH)
    lineitem = _optional(_Address, URL_LENGTH)


class _Roster(_Claims):
    context_memberships_url = _optional(_Address, URL_LENGTH)


class _ResourceLink(_Claims):
    sub = _id()
    name = _optional(_Text)
    given_name = _optional(_Text)
    family_name = _optional(_Text)
    email = _optional(_Text, 320)
    locale = _optional(_Text, 64)
    deployment_id = _id(data_key=DEPLOYMENT_ID)
    roles = List(_Text(), required=True, error_messages=_MESSAGES, data_key=ROLES)
    resource_link = Nested(_Link, required=True, error_messages=_MESSAGES, data_key=RESOURCE_LINK)
    context = _optional(Nested, _Context, data_key=CONTEXT)
    tool_platform = _optional(Nested, _ToolPlatform, data_key=TOOL_PLATFORM)
    presentation = _optional(Nested, _Presentation, data_key=PRESENTATION)
    custom = _optional(Dict, data_key=CUSTOM)
    grades = _optional(Nested, _Grades, data_key=GRADES)
    roster = _optional(Nested, _Roster, data_key=ROSTER)


_ENVELOPE = _Envelope()
_RESOURCE_LINK = _ResourceLink()


def _load(schema: ma.Schema, claims: Mapping[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(claims)
    except ma.ValidationError as error:
        path, problem = next(_faults(error.messages_dict, ()))
        claim = ".".join(path)
        if problem == _MISSING:
            raise ClaimMissing(f"the claim {claim} is missing") from None
        raise ClaimsMalformed(f"the claim {claim} has a wrong shape") from None
    return loaded


def _faults(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every fault with the way to it, out of marshmallow's nest of dicts and lists."""
    if isinstance(messages, dict):
        for step, inner in messages.items():
            yield from _faults(inner, (*path, str(step)))
    else:
        yield path, messages[0] if isinstance(messages, list) else messages
