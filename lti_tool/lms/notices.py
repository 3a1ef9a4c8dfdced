"""Notices: ask an LMS to tell us of copied courses, and read what it tells.

Platform Notification Service 1.0. Without it, a copied course is known only by what its launches
say of its history.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow.fields import List, Nested
from marshmallow.validate import Length

from lti_tool.domain.errors import PlatformAnswerWrong, VersionWrong
from lti_tool.lms import claims
from lti_tool.lms.connector import Connector
from lti_tool.lms.http import Http
from lti_tool.lms.products.base import MOST_ANCESTORS
from lti_tool.lms.shapes import ID_LENGTH, MESSAGES, Claims, Text, identifier, load
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Platform

SCOPE: Final = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"


class NoticeService:
    """Tells LMSs where to send notices. The caller has no transaction open."""

    def __init__(self, http: Http, tokens: Tokens) -> None:
        self._http = http
        self._tokens = tokens

    def subscribe(self, platform: Platform, url: str, handler: str) -> None:
        """Have notices of copied courses posted to an address of ours.

        Raises what Tokens.bearer raises, and PlatformAnswerWrong when the LMS does not take it.
        """
        connector = Connector(self._http, self._tokens, platform)
        wanted = {"notice_type": claims.COPY_NOTICE, "handler": handler}
        answer = connector.put([SCOPE], url, json.dumps(wanted))
        if not answer.ok:
            raise PlatformAnswerWrong(f"the answer's status is {answer.status}")


@dataclass(frozen=True, slots=True)
class CopyNotice:
    """An LMS's word that content of some courses came into another."""

    deployment_id: str
    context_id: str
    origins: tuple[str, ...]


def read_notice(told: Mapping[str, Any]) -> CopyNotice | None:
    """What verified claims of a notice tell; None for a notice of another type.

    Raises ClaimMissing, VersionWrong, ClaimsMalformed.
    """
    envelope = load(_NOTICE, told)
    if envelope["version"] != claims.LTI_VERSION:
        raise VersionWrong("the version claim is not 1.3.0")
    if envelope["notice"]["type"] != claims.COPY_NOTICE:
        return None
    found = load(_COPIED, told)
    return CopyNotice(found["deployment_id"], found["context"]["id"], tuple(found["origins"]))


class _NoticeType(Claims):
    type = Text(ID_LENGTH, required=True)


class _Notice(Claims):
    version = Text(required=True, data_key=claims.VERSION)
    notice = Nested(_NoticeType, required=True, error_messages=MESSAGES, data_key=claims.NOTICE)


class _Copied(Claims):
    deployment_id = identifier(data_key=claims.DEPLOYMENT_ID)
    context = Nested(
        claims.Context, required=True, error_messages=MESSAGES, data_key=claims.CONTEXT
    )
    origins = List(
        Text(ID_LENGTH, ascii_only=True),
        required=True,
        error_messages=MESSAGES,
        validate=Length(max=MOST_ANCESTORS),
        data_key=claims.ORIGIN_CONTEXTS,
    )


_NOTICE = _Notice()
_COPIED = _Copied()
