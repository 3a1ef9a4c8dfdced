"""Scores to a platform's gradebook, and what it shows of them (AGS 2.0)."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Final
from urllib.parse import quote, urlsplit

import marshmallow as ma
from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.exception import LtiException
from pylti1p3.lineitem import LineItem

from lti_tool.domain.errors import (
    AddressRefused,
    ColumnGone,
    KeysBlocked,
    PlatformAnswerWrong,
    PlatformUnreachable,
    RoundsError,
    ScopeMissing,
    TokenRefused,
)
from lti_tool.domain.passback import Cell, Message
from lti_tool.lms.columns import GONE
from lti_tool.lms.connector import Connector, answer_of
from lti_tool.lms.http import Http
from lti_tool.lms.products.base import (
    COLUMN_ADDRESS_REFUSED,
    FETCH_UNCONFIRMED,
    FILE_AWAITED,
    Answered,
    AnswerKind,
)
from lti_tool.lms.products.choose import choose
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Platform

SCOPE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
RESULTS: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"

MOST_ENTRIES = 20_000
"""Far above any course. An LMS that ignores the person asked for answers with the whole column."""

MOST_POINTS = 10_000_000
"""What a database keeps of a score; no gradebook goes there."""

NOT_TAKEN = (401, 403, 429, 503)
"""Statuses of one who may not come in now, and of a service that is away: the message was not
looked at."""

FINAL = (AddressRefused, KeysBlocked, ScopeMissing, TokenRefused)
"""What trying again would not change: an administrator has to act first."""


def _points() -> ma.fields.Decimal:
    sane = ma.validate.Range(-MOST_POINTS, MOST_POINTS)
    return ma.fields.Decimal(load_default=None, allow_none=True, allow_nan=False, validate=sane)


class ResultSchema(ma.Schema):
    """One entry of a result container (AGS 2.0 §3.3), as far as we read it."""

    class Meta:
        unknown = ma.EXCLUDE

    userId = ma.fields.String(required=True)
    resultScore = _points()
    resultMaximum = _points()
    comment = ma.fields.String(load_default=None, allow_none=True)


@dataclass(frozen=True, slots=True)
class ShownResult:
    """What a gradebook shows of one person in one column; no score is an empty cell."""

    score: Decimal | None
    maximum: Decimal | None
    comment: str | None

    @property
    def cell(self) -> Cell:
        """The number, without the words beside it."""
        return Cell(self.score, self.maximum)


class Grades:
    """Sends scores, and reads results back. The caller has no transaction open."""

    def __init__(self, http: Http, tokens: Tokens) -> None:
        self._http = http
        self._tokens = tokens

    def send(
        self, platform: Platform, column_url: str, message: Message, stamp: datetime
    ) -> Answered:
        """Send one message about one person to a column, and say how that ended.

        No refusal of Rounds is raised. The course's launches have granted SCOPE.
        """
        product = choose(platform.product)
        service = AssignmentsGradesService(self._connector(platform), {"scope": [SCOPE]})
        try:
            grade = product.grade(message, stamp)
            answer = answer_of(service.put_grade(grade, LineItem().set_id(column_url)))
        except PlatformUnreachable as error:
            lost = error.sent_maybe and not product.harmless_to_repeat(message)
            return Answered(AnswerKind.UNCERTAIN if lost else AnswerKind.TRY_AGAIN, error.code)
        except AddressRefused:
            return Answered(AnswerKind.TRY_AGAIN, self._refused_address(platform))
        except RoundsError as error:
            return Answered(AnswerKind.TRY_AGAIN, error.code)
        answered = product.read_answer(answer)
        if product.harmless_to_repeat(message):
            return answered
        progress = product.progress_url(answer)
        known = progress is not None and answer.same_origin(progress)
        return _with_file(answered, progress if known else None)

    def look(self, platform: Platform, progress_url: str) -> Answered:
        """How the LMS gets on with fetching a file, and what that means for the file's message.

        No refusal of Rounds is raised: where the LMS will never tell, the message stands as sent.
        """
        product = choose(platform.product)
        try:
            answer = self._connector(platform).get([product.progress_scope], progress_url)
        except FINAL:
            return Answered(AnswerKind.SENT, FETCH_UNCONFIRMED)
        except RoundsError as error:
            return Answered(AnswerKind.TRY_AGAIN, error.code)
        return product.read_progress(answer)

    def result(self, platform: Platform, column_url: str, user: str) -> ShownResult | None:
        """What the gradebook shows of one person; None when it holds nothing.

        The course's launches have granted RESULTS. Raises what Connector.make_service_request does.
        """
        joint = "&" if urlsplit(column_url).query else "?"
        about = f"{column_url}{joint}user_id={quote(user, safe='')}"
        return self.results(platform, about).get(user)

    def results(self, platform: Platform, column_url: str) -> dict[str, ShownResult]:
        """What the gradebook shows in a column, by person; who has never had a grade is left out.

        No `limit` is sent: it breaks some LMSs. The course's launches have granted RESULTS. Raises
        ColumnGone, and what Connector.make_service_request does.
        """
        service = AssignmentsGradesService(self._connector(platform), {"scope": [RESULTS]})
        try:
            entries = list(islice(service.get_grades(LineItem().set_id(column_url)), MOST_ENTRIES))
            found = ResultSchema(many=True).load(entries)
        except (LtiException, ma.ValidationError):
            raise PlatformAnswerWrong("the answer is no list of results", status=200) from None
        except PlatformAnswerWrong as error:
            if error.status in GONE:
                raise ColumnGone("the column is no longer there") from None
            raise
        return {
            entry["userId"]: ShownResult(
                entry["resultScore"], entry["resultMaximum"], entry["comment"]
            )
            for entry in found
        }

    def _refused_address(self, platform: Platform) -> str:
        """Whose address is refused: the token service's, which is in everybody's way, or one
        column's.
        """
        try:
            self._tokens.bearer(platform, [SCOPE])
        except RoundsError as error:
            return error.code
        return COLUMN_ADDRESS_REFUSED

    def _connector(self, platform: Platform) -> Connector:
        return Connector(self._http, self._tokens, platform)


def _with_file(answered: Answered, progress_url: str | None) -> Answered:
    """The same for a message that brings a file, which is fetched later and must not come twice.

    A message that was taken is done only once its file is fetched. One that failed may have been
    taken before it failed.
    """
    if answered.kind is AnswerKind.SENT and progress_url is None:
        return replace(answered, code=FETCH_UNCONFIRMED)
    if answered.kind is AnswerKind.SENT:
        awaited = replace(answered, kind=AnswerKind.FETCHING, code=FILE_AWAITED)
        return replace(awaited, progress_url=progress_url)
    if answered.kind is AnswerKind.TRY_AGAIN and answered.status not in NOT_TAKEN:
        return replace(answered, kind=AnswerKind.UNCERTAIN)
    return answered
