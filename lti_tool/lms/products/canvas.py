"""Canvas: where it departs from the standard.

References are paths in github.com/instructure/canvas-lms.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import marshmallow as ma
from pylti1p3.grade import Grade

from lti_tool.domain.column import Further, Own
from lti_tool.domain.errors import PlatformAnswerWrong, ScopeMissing, TokenRefused
from lti_tool.domain.grade_service import Trouble
from lti_tool.domain.passback import ANY_NUMBER, File, Message, View
from lti_tool.lms.http import Answer
from lti_tool.lms.products.base import (
    FETCH_UNCONFIRMED,
    FILE_AWAITED,
    FILE_NOT_FETCHED,
    Answered,
    AnswerKind,
    Meaning,
    Product,
    moment,
)
from lti_tool.lms.products.canvas_asks import ATTEMPTS, PROGRESS, ROLE_NAMES, CanvasAsks

SUBMISSION = "https://canvas.instructure.com/lti/submission"
"""The score extension: doc/api/score.md, app/controllers/lti/ims/scores_controller.rb."""

MOST_LOOKS = 14
"""After how many looks a file that is still queued is given up: most of a day, as waits are set."""


class ItemSchema(ma.Schema):
    """A file that Canvas was told of; we send one."""

    class Meta:
        unknown = ma.EXCLUDE

    progress = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 2000))


class SubmissionSchema(ma.Schema):
    """The score extension of an answer."""

    class Meta:
        unknown = ma.EXCLUDE

    content_items = ma.fields.List(ma.fields.Nested(ItemSchema), required=True)


class ScoreAnswerSchema(ma.Schema):
    """The answer to a score (scores_controller.rb), as far as we read it."""

    class Meta:
        unknown = ma.EXCLUDE

    submission = ma.fields.Nested(SubmissionSchema, required=True, data_key=SUBMISSION)


class ProgressSchema(ma.Schema):
    """How a fetch goes (app/controllers/lti/ims/progress_controller.rb)."""

    class Meta:
        unknown = ma.EXCLUDE

    workflow_state = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["queued", "running", "completed", "failed"])
    )


class Canvas(Product):
    """Canvas, hosted or one's own."""

    name = "canvas"
    families = frozenset({"canvas"})
    # ui/shared/lti/jquery/subjects/lti.frameResize.ts
    frame_resize = True
    # app/models/submission_comment.rb: every comment is one more; none is ever replaced.
    comment_each_time = False
    # scores_controller.rb: a content item of type "file" is fetched and attached to an attempt.
    certificate_as_file = True
    # external_tools_controller.rb (retrieve): SpeedGrader launches the address of a submission of
    # type basic_lti_launch as the grader, and the student's own page as the student.
    live_view = True
    # app/models/lti/line_item.rb keeps no submissionReview.
    column_extras = MappingProxyType({})
    # app/controllers/lti/ims/line_items_controller.rb: with a link's id this makes a second line
    # item of its assignment, whose scores never reach the gradebook; for a link that is no
    # assignment it is 404. Without one it makes an assignment of type "none", published at once.
    own_column = Own.AS_ASSIGNMENT
    further_column = Further.ASSIGNMENT
    # lib/token_scopes.rb
    progress_scope = PROGRESS
    asks = CanvasAsks()
    # Texts: doc/api/score.md and concerns/gradebook_services.rb; "published" and "at this time"
    # are those of app/models/assignment.rb and submission.rb.
    meanings = (
        Meaning(400, "older-stamp", AnswerKind.UNCERTAIN, words="last updated timestamp"),
        Meaning(401, ScopeMissing.code, AnswerKind.TRY_AGAIN, words="insufficient permissions"),
        Meaning(401, TokenRefused.code, AnswerKind.TRY_AGAIN, words="developer key"),
        Meaning(401, "tool-removed", words="not linked to a tool"),
        # lib/request_throttle.rb: 403 until October 2025, 429 since.
        Meaning(403, "throttled", AnswerKind.TRY_AGAIN, words="rate limit exceeded"),
        Meaning(412, "column-gone"),
        Meaning(422, "not-a-student", words="not a student"),
        Meaning(422, "unpublished", words="published"),
        Meaning(422, "attempts-used-up", words="allowed attempts"),
        Meaning(422, "course-over", words="concluded"),
        Meaning(422, "locked", words="cannot be changed at this time"),
        # lib/api/v1/attachment.rb: hosted, the fetch is part of the post, and nothing was kept.
        Meaning(504, FILE_NOT_FETCHED, words="file url timed out"),
    )

    def is_menu(self, resource_link_id: str, context_id: str) -> bool:
        """lti_advantage_adapter.rb: a launch without a link carries the id of the course."""
        return resource_link_id == context_id

    def role_name(self, custom: Mapping[str, str]) -> str | None:
        """Custom roles ("Clinical Preceptor") are named here only: their URI is the base role's."""
        return custom.get(ROLE_NAMES) or None

    def clean_custom(self, custom: object) -> dict[str, str]:
        """lib/lti/variable_expander.rb gives some variables as numbers."""
        numbers = {}
        if isinstance(custom, Mapping):
            told = ((key, value) for key, value in custom.items() if isinstance(key, str))
            numbers = {key: str(value) for key, value in told if type(value) is int}
        return super().clean_custom(custom) | numbers

    def attempts(self, custom: Mapping[str, str]) -> int | None:
        """lib/lti/variable_expander.rb: -1, or nothing, where any number is allowed."""
        told = custom.get(ATTEMPTS)
        if told is None:
            return None
        return int(told) if re.fullmatch(r"[0-9]{1,6}", told, re.ASCII) else ANY_NUMBER

    def grade(self, message: Message, stamp: datetime) -> Grade:
        """A score makes no attempt, but where a view of ours is the work: then all are one attempt.
        A certificate makes the one that carries its file.

        Without `new_submission: false` every score would be an attempt, and late (canvas-lms issues
        1705, 1799). `submittedAt` stays the same in each message about one view or certificate, so
        that all of them are the same attempt; the certificate's message repeats the score, since
        one without it would clear the grade, and `preserve_score` would blank the result.
        """
        grade = super().grade(message, stamp)
        if message.view is not None:
            return _with_attempt(grade, message.view.begun_at, _launched(message.view))
        if message.file is None:
            return grade.set_extra_claims({SUBMISSION: {"new_submission": False}})
        extension: dict[str, Any] = {"content_items": [_item(message.file)]}
        if message.score is None:
            extension["preserve_score"] = True
        return _with_attempt(grade, message.at, extension)

    def progress_url(self, answer: Answer) -> str | None:
        """The file's own, in the score extension; answers of old Canvases have none."""
        try:
            items = ScoreAnswerSchema().load(answer.document)["submission"]["content_items"]
        except (PlatformAnswerWrong, ma.ValidationError):
            return None
        return items[0]["progress"] if items else None

    def read_progress(self, answer: Answer) -> Answered:
        """A score is taken before its file is fetched, so this says only what became of the file.

        Canvas shows the progress neither without the scope (401) nor of a course that has ended
        (404) or an assignment linked to another tool (403, 422): then nobody knows, and the message
        stands as sent.
        """
        answered = self.read_answer(answer)
        if answered.trouble in (Trouble.AWAY, Trouble.BUSY):
            return answered
        try:
            state = ProgressSchema().load(answer.document if answer.ok else {})["workflow_state"]
        except (PlatformAnswerWrong, ma.ValidationError):
            return Answered(AnswerKind.SENT, FETCH_UNCONFIRMED, answer.status)
        if state == "completed":
            return answered
        if state == "failed":
            return Answered(AnswerKind.REFUSED, FILE_NOT_FETCHED, answer.status)
        return Answered(AnswerKind.TRY_AGAIN, FILE_AWAITED, answer.status, tries=MOST_LOOKS)


def _with_attempt(grade: Grade, at: datetime, extension: dict[str, Any]) -> Grade:
    claims = {SUBMISSION: {"new_submission": True, **extension}}
    return grade.set_submitted_at(moment(at)).set_extra_claims(claims)


def _launched(view: View) -> dict[str, str]:
    return {"submission_type": "basic_lti_launch", "submission_data": view.address}


def _item(file: File) -> dict[str, str]:
    return {
        "type": "file",
        "url": file.address,
        "title": file.title,
        "media_type": "application/pdf",
    }
