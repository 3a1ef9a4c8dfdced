"""Where LMSs post their notices: signed by the LMS, believed for its own deployments only."""

from typing import Any

import marshmallow as ma
from flask import Blueprint, request
from marshmallow.fields import List, Nested, String
from marshmallow.validate import Length

from lti_tool.domain.errors import NoticeMalformed
from lti_tool.web import journal
from lti_tool.web.session import rounds
from lti_tool.web.tries import failures_counted

notices = Blueprint("notices", __name__, url_prefix="/lti")

MOST_NOTICES = 50
LONGEST_TOKEN = 200_000


class _Notice(ma.Schema):
    class Meta:
        unknown = ma.EXCLUDE

    jwt = String(required=True, validate=Length(1, LONGEST_TOKEN))


class _Notices(ma.Schema):
    """The body of a delivery (Platform Notification Service 1.0)."""

    class Meta:
        unknown = ma.EXCLUDE

    notices = List(Nested(_Notice), required=True, validate=Length(1, MOST_NOTICES))


_NOTICES = _Notices()


@notices.post("/notices")
@failures_counted("launch")
def take() -> tuple[str, int]:
    """Take the notices of an LMS: all of them are kept, or none."""
    told = []
    for token in _read():
        with rounds().reading() as unit:
            platform = unit.notices.sender(token)
        journal.note(platform=platform.id, product=platform.product)
        told.append((platform, rounds().gate.check_notice(token, platform, rounds().clock())))
    with rounds().work() as unit:
        for platform, notice in told:
            if notice is not None:
                unit.notices.copied(platform, notice)
    journal.accepted("notices")
    return "", 204


def _read() -> list[str]:
    try:
        document: Any = request.get_json(silent=True)
        found = _NOTICES.load(document if isinstance(document, dict) else {})
    except (ma.ValidationError, RecursionError):
        raise NoticeMalformed("the body is no list of notices") from None
    return [one["jwt"] for one in found["notices"]]
