"""Notices: ask an LMS to tell us of copied courses (Platform Notification Service 1.0).

Without that, a copied course is known only by what its launches say of its history.
"""

import json
from typing import Final

from lti_tool.domain.errors import PlatformAnswerWrong
from lti_tool.lms.claims import COPY_NOTICE
from lti_tool.lms.connector import Connector
from lti_tool.lms.http import Http
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
        wanted = {"notice_type": COPY_NOTICE, "handler": handler}
        answer = connector.put([SCOPE], url, json.dumps(wanted))
        if not answer.ok:
            raise PlatformAnswerWrong(f"the answer's status is {answer.status}")
