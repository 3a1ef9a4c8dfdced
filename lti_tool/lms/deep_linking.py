"""Deep linking: the signed answer to an LMS that asked for a choice, and the links made by one.

Deep Linking 2.0: §4.5 has the answer, §3.2 the items. A link carries the key of its activity as a
custom parameter and, where the product keeps to it, in its own address; both come back in launches.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from lti_tool.domain.column import TAG
from lti_tool.lms import claims
from lti_tool.lms.claims import DeepLink, Launch
from lti_tool.lms.products.choose import choose
from lti_tool.models.platform import Platform

RESOURCE_LINK = "ltiResourceLink"
RESPONSE = "LtiDeepLinkingResponse"
LASTS = timedelta(minutes=5)
"""The oldest answer that any LMS takes."""

KEY_PARAMETER = "rounds_activity"
KEY_IN_ADDRESS = "activity"
MAXIMUM = 100
"""What a column's grades are out of: no LMS takes more by default, and our grades are 0 to 100."""

_KEY = re.compile(r"[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an activity, as the LMS shows it. `key` is models.activity.Activity.key."""

    key: str
    title: str
    text: str
    graded: bool = True
    """Whether there will ever be a grade: a column that stays empty helps nobody."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose request it is that is answered: the answer says so itself."""

    platform: Platform
    deployment_id: str
    deep_link: DeepLink


def answer(
    asked: Asked, links: Sequence[Link], *, words: str, launch_url: str, now: datetime
) -> dict[str, Any]:
    """The claims of the answer that brings these links; none of them means a choice given up."""
    platform, deep_link = asked.platform, asked.deep_link
    found: dict[str, Any] = {
        "iss": platform.client_id,
        "aud": platform.issuer,
        "iat": int(now.timestamp()),
        "exp": int((now + LASTS).timestamp()),
        "nonce": secrets.token_urlsafe(16),
        claims.DEPLOYMENT_ID: asked.deployment_id,
        claims.MESSAGE_TYPE: RESPONSE,
        claims.VERSION: claims.LTI_VERSION,
        claims.DEEP_LINK_ITEMS: [_item(asked, link, launch_url) for link in links],
    }
    if deep_link.data is not None:
        found[claims.DEEP_LINK_DATA] = deep_link.data
    if words:
        found[claims.DEEP_LINK_WORDS] = words
    return found


def _item(asked: Asked, link: Link, launch_url: str) -> dict[str, Any]:
    product = choose(asked.platform.product)
    item: dict[str, Any] = {
        "type": RESOURCE_LINK,
        "title": link.title,
        "text": link.text,
        "custom": {KEY_PARAMETER: link.key},
    }
    if product.links_have_addresses:
        item["url"] = f"{launch_url}?{urlencode({KEY_IN_ADDRESS: link.key})}"
    if asked.deep_link.lineitem and link.graded:
        item["lineItem"] = {
            "label": link.title,
            "scoreMaximum": MAXIMUM,
            "resourceId": link.key,
            "tag": TAG,
            **product.column_extras,
        }
    return item


def activity_key(launch: Launch) -> str | None:
    """The key that the launched link carries. Who places a link can write any: prove it first."""
    address = dict(parse_qsl(urlsplit(launch.target_link_uri).query))
    key = launch.custom.get(KEY_PARAMETER) or address.get(KEY_IN_ADDRESS, "")
    return key if _KEY.fullmatch(key) else None
