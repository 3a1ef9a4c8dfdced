"""Signs whatever a test asks for: a person's normal launch, bent as wanted."""

import json
from typing import Any

from lti_tool.sandbox.flavour import Lms
from lti_tool.sandbox.keys import SigningKey, base64url
from lti_tool.sandbox.world import Activity, Course, Person

ABSENT = object()


def forge(
    lms: Lms,
    person: Person,
    course: Course,
    activity: Activity,
    *,
    nonce: Any,
    key: str,
    set: dict[str, Any],
    remove: list[str],
    header: dict[str, Any],
    header_remove: list[str],
    payload: Any = ABSENT,
) -> str:
    """A compact JWS. `payload` replaces the claims whole; `key` none leaves it unsigned."""
    launch = lms.platform.begin_launch(person, course, activity)
    claims = lms.claims.build(launch, nonce) | set
    claims = {name: value for name, value in claims.items() if name not in remove}
    signer = _key(lms, key)
    head = {"typ": "JWT", "alg": "RS256", "kid": signer.kid} | header
    head = {name: value for name, value in head.items() if name not in header_remove}
    body = claims if payload is ABSENT else payload
    if key == "none":
        return ".".join([*(base64url(json.dumps(part).encode()) for part in (head, body)), ""])
    return signer.sign(body, head)


def _key(lms: Lms, name: str) -> SigningKey:
    ring = lms.platform.keys
    named = {"oldest": ring.keys[0], "newest": ring.keys[-1], "foreign": ring.foreign}
    return named.get(name, ring.present)
