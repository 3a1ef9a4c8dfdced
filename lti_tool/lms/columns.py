"""Columns of a platform's gradebook: found, made, and deleted again (AGS 2.0 §3.1, §3.2)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import marshmallow as ma

from lti_tool.domain.errors import ColumnGone, ColumnRefused, PlatformAnswerWrong, ScopeMissing
from lti_tool.lms.connector import Connector, answer_of
from lti_tool.lms.http import Answer, Http
from lti_tool.lms.shapes import Address, Claims, Text, optional
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Platform

WRITE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
"""The scope to make and delete columns with."""
READ: Final = ("https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly", WRITE)
"""Each of these lets columns be read."""

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
"""To be said exactly: some LMSs know neither lists of types nor `*/*`."""

MOST_COLUMNS = 2000
"""Far above any course: an LMS that goes on is not followed."""

LONGEST_ADDRESS = 2000
GONE = (404, 410)
BUSY = (408, 429)


class ColumnSchema(Claims):
    """A line item (AGS 2.0 §3.1), as far as we read it."""

    id = Address(LONGEST_ADDRESS, required=True)
    scoreMaximum = ma.fields.Decimal(
        required=True,
        allow_nan=False,
        validate=ma.validate.Range(0, 1_000_000, min_inclusive=False),
    )
    resourceId = optional(Text)
    resourceLinkId = optional(Text)


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A column that the gradebook has."""

    url: str
    maximum: Decimal
    resource_id: str | None = None
    link_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column to be made, out of 100. With a link's id it becomes that link's own."""

    label: str
    resource_id: str
    tag: str
    link_id: str | None = None

    @property
    def body(self) -> str:
        """What is posted."""
        said = {
            "label": self.label,
            "scoreMaximum": 100,
            "resourceId": self.resource_id,
            "tag": self.tag,
        }
        return json.dumps(said | ({"resourceLinkId": self.link_id} if self.link_id else {}))


class LineItems:
    """Finds, makes and deletes columns. The caller has no transaction open.

    Each method raises what Tokens.bearer and Http raise, and PlatformAnswerWrong or one of its
    kinds for an answer that is no answer to the question.
    """

    def __init__(self, http: Http, tokens: Tokens) -> None:
        self._http = http
        self._tokens = tokens

    def list(
        self, platform: Platform, columns_url: str, scope: str, only: Mapping[str, str]
    ) -> list[FoundColumn]:
        """The columns of a course that fit a filter of AGS 2.0 §3.2.6, such as `tag`.

        An LMS may ignore a filter, so the caller looks again. No `limit` is sent: what one LMS says
        of further pages then, no parser understands. `scope` is one of READ that is granted.
        """
        joint = "&" if urlsplit(columns_url).query else "?"
        url = f"{columns_url}{joint}{urlencode(only)}"
        connector = Connector(self._http, self._tokens, platform)
        found: list[FoundColumn] = []
        for page in connector.get_paginated_data([scope], url, accept=ITEMS):
            if not isinstance(page["body"], list):
                raise PlatformAnswerWrong("the answer is no list of columns")
            found += (_column(entry, answer_of(page)) for entry in page["body"])
            if len(found) > MOST_COLUMNS:
                raise PlatformAnswerWrong("the list of columns does not come to an end")
        return found

    def read(self, platform: Platform, column_url: str, scope: str) -> FoundColumn:
        """One column. Raises also ColumnGone. `scope` is one of READ that is granted."""
        connector = Connector(self._http, self._tokens, platform)
        try:
            found = connector.make_service_request([scope], column_url, accept=ITEM)
        except PlatformAnswerWrong as error:
            if error.status in GONE:
                raise ColumnGone("the column is no longer there") from None
            raise
        return _column(found["body"], found["answer"])

    def make(self, platform: Platform, columns_url: str, new: NewColumn) -> FoundColumn:
        """Make a column. Raises also ColumnRefused. WRITE is granted.

        Nothing is known of a column whose making was not answered: look for it before the next try.
        """
        connector = Connector(self._http, self._tokens, platform)
        answer = connector.make_service_request(
            [WRITE], columns_url, is_post=True, data=new.body, content_type=ITEM, accept=ITEM
        )["answer"]
        _accepted(answer)
        return _column(answer.document, answer)

    def delete(self, platform: Platform, column_url: str) -> None:
        """Delete a column with its grades; one that is gone already is fine. WRITE is granted."""
        connector = Connector(self._http, self._tokens, platform)
        answer = connector.delete([WRITE], column_url)
        if answer.status not in GONE:
            _accepted(answer)


def _accepted(answer: Answer) -> None:
    if answer.ok:
        return
    if answer.status == 401:
        raise ScopeMissing("the LMS does not let Rounds change columns")
    if answer.status in BUSY or not 400 <= answer.status < 500:
        raise PlatformAnswerWrong(f"the column's service answered with status {answer.status}")
    raise ColumnRefused(f"the LMS refused a column with status {answer.status}")


def _column(entry: Any, answer: Answer) -> FoundColumn:
    """A column as told. Our token goes to its address, so that must be where it was told."""
    try:
        told = ColumnSchema().load(entry)
    except ma.ValidationError:
        raise PlatformAnswerWrong("the answer is no column with an address and a maximum") from None
    if not answer.same_origin(told["id"]):
        raise PlatformAnswerWrong("a column is said to be at another origin")
    return FoundColumn(told["id"], told["scoreMaximum"], told["resourceId"], told["resourceLinkId"])
