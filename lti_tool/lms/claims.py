"""A verified id_token becomes a frozen Launch; the only file that spells claim URIs.

The shape of every claim that is used is checked; others are ignored (LTI core 1.3 §4.2). What the
LMS product does in its own way is settled here, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from marshmallow.fields import Boolean, Dict, List, Nested

from lti_tool.domain.certificate import tidy
from lti_tool.domain.errors import MessageUnsupported, VersionWrong
from lti_tool.domain.people import display_name
from lti_tool.lms.products.base import Product
from lti_tool.lms.products.choose import recognised
from lti_tool.lms.shapes import (
    ID_LENGTH,
    MESSAGES,
    UNSTORABLE,
    Address,
    Claims,
    Text,
    identifier,
    load,
    optional,
)

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
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
FOR_USER = _LTI + "for_user"
NOTICES = _LTI + "platformnotificationservice"
NOTICE = _LTI + "notice"
ORIGIN_CONTEXTS = _LTI + "origin_contexts"
DEEP_LINK = _DEEP_LINKING + "deep_linking_settings"
DEEP_LINK_ITEMS = _DEEP_LINKING + "content_items"
DEEP_LINK_DATA = _DEEP_LINKING + "data"
DEEP_LINK_WORDS = _DEEP_LINKING + "msg"
GRADES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

LTI_VERSION = "1.3.0"

NAME_LENGTH = 500
URL_LENGTH = 2000
RETURN_LENGTH = 4000
DATA_LENGTH = 20_000

COPY_NOTICE = "LtiContextCopyNotice"


class MessageType(StrEnum):
    """What an LMS asks for by a launch."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    REVIEW = "LtiSubmissionReviewRequest"


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
    scopes: tuple[str, ...] | None
    """What the gradebook's service lets us do; None where the launch does not speak of it."""
    history: tuple[str, ...]
    """Context ids of courses whose content came into this one, where the LMS tells."""


@dataclass(frozen=True, slots=True)
class DeepLink:
    """What an LMS takes back from a choice (Deep Linking 2.0 §4.4.1)."""

    return_url: str = field(repr=False)
    """May hold the LMS's own session key: never logged."""
    data: str | None = field(repr=False)
    """Echoed unread."""
    types: tuple[str, ...]
    multiple: bool
    lineitem: bool
    """Whether an item may bring a gradebook column: yes, unless the LMS says no."""
    title: str
    """What the LMS would call the activity; empty where it leaves that to us."""


@dataclass(frozen=True, slots=True)
class Notices:
    """The LMS's notification service: where to ask for notices, and of which types."""

    url: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Launch:
    """All that Rounds takes from one launch. Texts are clean and fit the tables.

    `resource_link_id` is None where no link was opened: for a choice by deep linking, and from a
    menu of the course. `deep_link` is there with MessageType.DEEP_LINKING only, and `for_user`,
    whose work is to be shown, with REVIEW only.
    """

    message: MessageType
    product: str
    """The product it was read as: products.choose.PRODUCTS."""
    platform_id: int
    deployment_id: str
    subject: str
    person_name: str
    email: str | None
    roles: tuple[str, ...]
    role_name: str | None
    course: CourseClaim | None
    resource_link_id: str | None
    resource_link_title: str
    lineitem_url: str | None
    attempts: int | None
    """How many attempts the link's column allows: see `Product.attempts`."""
    locale: str
    document_target: str
    frame_resize: bool
    roster_confirms_leads: bool
    custom: Mapping[str, str]
    target_link_uri: str
    for_user: str | None
    deep_link: DeepLink | None
    notices: Notices | None
    return_url: str | None = field(repr=False)
    """May hold the LMS's own session key: never logged."""

    @property
    def from_menu(self) -> bool:
        """Whether it comes from a menu of the course, and so opens the course and no one link."""
        return self.message is MessageType.RESOURCE_LINK and self.resource_link_id is None


def read_launch(claims: Mapping[str, Any], platform_id: int, product: Product) -> Launch:
    """The launch that verified claims describe. `product` is the registration's: one that was left
    at the standard is told by what the launch says of itself.

    Raises ClaimMissing, VersionWrong, MessageUnsupported, ClaimsMalformed.
    """
    envelope = load(_ENVELOPE, claims)
    if envelope["version"] != LTI_VERSION:
        raise VersionWrong("the version claim is not 1.3.0")
    schema = _MESSAGES.get(envelope["message_type"])
    if schema is None:
        raise MessageUnsupported("a message of a type that Rounds does not take")
    found = load(schema, claims)
    product = recognised(product, (found["tool_platform"] or {}).get("family"))
    presentation = found["presentation"] or {}
    custom = _kept(product.clean_custom(found["custom"] or {}))
    course = _course(found, custom, product)
    link = _link(found, course, product)
    deep_link = found.get("deep_link")
    return Launch(
        message=MessageType(envelope["message_type"]),
        product=product.name,
        platform_id=platform_id,
        deployment_id=found["deployment_id"],
        subject=found["sub"],
        person_name=display_name(
            found["name"], found["given_name"], found["family_name"], found["email"], found["sub"]
        )[:NAME_LENGTH],
        email=found["email"] or None,
        roles=tuple(found["roles"]),
        role_name=_short(product.role_name(custom)),
        course=course,
        resource_link_id=link.get("id"),
        resource_link_title=(link.get("title") or "")[:NAME_LENGTH],
        lineitem_url=(found["grades"] or {}).get("lineitem"),
        attempts=product.attempts(custom),
        locale=found["locale"] or presentation.get("locale") or "",
        document_target=presentation.get("document_target") or "",
        frame_resize=product.frame_resize,
        roster_confirms_leads=product.roster_confirms_leads,
        custom=custom,
        target_link_uri=found["target_link_uri"],
        for_user=(found.get("for_user") or {}).get("user_id"),
        deep_link=_deep_link(deep_link) if deep_link else None,
        notices=_notices(found["notices"]),
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
        scopes=tuple(grades.get("scope") or ()) if found["grades"] is not None else None,
        history=product.history(custom),
    )


def _link(
    found: Mapping[str, Any], course: CourseClaim | None, product: Product
) -> Mapping[str, Any]:
    """The link that was opened; nothing where the launch comes from a menu of the course."""
    link: Mapping[str, Any] = found.get("resource_link") or {}
    if course and link and product.is_menu(link["id"], course.context_id):
        return {}
    return link


def _deep_link(found: Mapping[str, Any]) -> DeepLink:
    return DeepLink(
        return_url=found["return_url"],
        data=found["data"],
        types=tuple(found["types"]),
        multiple=bool(found["multiple"]),
        lineitem=found["lineitem"] is not False,
        title=tidy(found["title"] or "")[:NAME_LENGTH],
    )


def _notices(found: Mapping[str, Any] | None) -> Notices | None:
    if found is None or not found["url"]:
        return None
    return Notices(found["url"], tuple(found["types"] or ()))


def _kept(custom: Mapping[str, str]) -> dict[str, str]:
    """The custom parameters a database can store. Any LMS adds its own: the others are no fault."""
    return {name: value for name, value in custom.items() if not UNSTORABLE.search(value)}


def _short(role_name: str | None) -> str | None:
    """A role name that fits its column; a longer one is none that anybody mapped."""
    return role_name if role_name and len(role_name) <= ID_LENGTH else None


# What a launch may say ----------------------------------------------------------------------------


class _Envelope(Claims):
    version = Text(required=True, data_key=VERSION)
    message_type = Text(required=True, data_key=MESSAGE_TYPE)


class _Link(Claims):
    id = identifier()
    title = optional(Text)


class Context(Claims):
    id = identifier()
    title = optional(Text)
    label = optional(Text)


class _ToolPlatform(Claims):
    family = optional(Text, data_key="product_family_code")
    name = optional(Text)
    description = optional(Text)


class _Presentation(Claims):
    return_url = optional(Address, RETURN_LENGTH)
    locale = optional(Text, 64)
    document_target = optional(Text, 64)


class _Grades(Claims):
    scope = optional(List, Text(ID_LENGTH))
    lineitems = optional(Address, URL_LENGTH)
    lineitem = optional(Address, URL_LENGTH)


class _Roster(Claims):
    context_memberships_url = optional(Address, URL_LENGTH)


class _Notices(Claims):
    url = optional(Address, URL_LENGTH, data_key="platform_notification_service_url")
    types = optional(List, Text(ID_LENGTH), data_key="notice_types_supported")


class _DeepLink(Claims):
    return_url = Address(RETURN_LENGTH, required=True, data_key="deep_link_return_url")
    data = optional(Text, DATA_LENGTH)
    types = List(Text(ID_LENGTH), required=True, error_messages=MESSAGES, data_key="accept_types")
    multiple = optional(Boolean, data_key="accept_multiple")
    title = optional(Text)
    lineitem = optional(Boolean, data_key="accept_lineitem")


class _ForUser(Claims):
    user_id = identifier()


class _Launch(Claims):
    sub = identifier()
    name = optional(Text)
    given_name = optional(Text)
    family_name = optional(Text)
    email = optional(Text, 320)
    locale = optional(Text, 64)
    deployment_id = identifier(data_key=DEPLOYMENT_ID)
    target_link_uri = Text(URL_LENGTH, required=True, data_key=TARGET_LINK_URI)
    roles = List(Text(), required=True, error_messages=MESSAGES, data_key=ROLES)
    context = optional(Nested, Context, data_key=CONTEXT)
    tool_platform = optional(Nested, _ToolPlatform, data_key=TOOL_PLATFORM)
    presentation = optional(Nested, _Presentation, data_key=PRESENTATION)
    custom = optional(Dict, data_key=CUSTOM)
    grades = optional(Nested, _Grades, data_key=GRADES)
    roster = optional(Nested, _Roster, data_key=ROSTER)
    notices = optional(Nested, _Notices, data_key=NOTICES)


class _ResourceLink(_Launch):
    resource_link = Nested(_Link, required=True, error_messages=MESSAGES, data_key=RESOURCE_LINK)


class _DeepLinking(_Launch):
    deep_link = Nested(_DeepLink, required=True, error_messages=MESSAGES, data_key=DEEP_LINK)


class _Review(_Launch):
    resource_link = Nested(_Link, required=True, error_messages=MESSAGES, data_key=RESOURCE_LINK)
    for_user = Nested(_ForUser, required=True, error_messages=MESSAGES, data_key=FOR_USER)


_ENVELOPE = _Envelope()
_MESSAGES = {
    MessageType.RESOURCE_LINK: _ResourceLink(),
    MessageType.DEEP_LINKING: _DeepLinking(),
    MessageType.REVIEW: _Review(),
}
