"""Canvas: where it departs from the standard.

References are paths in github.com/instructure/canvas-lms.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pylti1p3.grade import Grade

from lti_tool.domain.passback import File, Message
from lti_tool.lms.products.base import AnswerKind, Meaning, Product, moment

SUBMISSION = "https://canvas.instructure.com/lti/submission"
"""The score extension: doc/api/score.md, app/controllers/lti/ims/scores_controller.rb."""

ROLE_NAMES = "membership_roles"
"""The custom parameter our configuration fills with $Canvas.membership.roles."""


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
    # Texts: doc/api/score.md and concerns/gradebook_services.rb; "published" and "at this time"
    # are those of app/models/assignment.rb and submission.rb.
    meanings = (
        Meaning(400, "older-stamp", words="last updated timestamp"),
        Meaning(401, "scope-missing", words="insufficient permissions"),
        Meaning(401, "token-refused", words="developer key"),
        Meaning(401, "tool-removed", words="not linked to a tool"),
        # lib/request_throttle.rb: 403 until October 2025, 429 since.
        Meaning(403, "throttled", AnswerKind.TRY_AGAIN, words="rate limit exceeded"),
        Meaning(412, "column-gone"),
        Meaning(422, "not-a-student", words="not a student"),
        Meaning(422, "unpublished", words="published"),
        Meaning(422, "attempts-used-up", words="allowed attempts"),
        Meaning(422, "course-over", words="concluded"),
        Meaning(422, "locked", words="cannot be changed at this time"),
    )

    def role_name(self, custom: Mapping[str, str]) -> str | None:
        """Custom roles ("Clinical Preceptor") are named here only: their URI is the base role's."""
        return custom.get(ROLE_NAMES) or None

    def grade(self, message: Message, stamp: datetime) -> Grade:
        """A score makes no attempt; a certificate makes the one that carries its file.

        Without `new_submission: false` every score would be an attempt, and late (canvas-lms issues
        1705, 1799). `submittedAt` stays the same in each message about one certificate, so that a
        repetition is the same attempt; the certificate's message repeats the score, since one
        without it would clear the grade, and `preserve_score` would blank the result.
        """
        grade = super().grade(message, stamp)
        if message.file is None:
            return grade.set_extra_claims({SUBMISSION: {"new_submission": False}})
        extension: dict[str, Any] = {"new_submission": True, "content_items": [_item(message.file)]}
        if message.score is None:
            extension["preserve_score"] = True
        return grade.set_submitted_at(moment(message.at)).set_extra_claims({SUBMISSION: extension})


def _item(file: File) -> dict[str, str]:
    return {
        "type": "file",
        "url": file.address,
        "title": file.title,
        "media_type": "application/pdf",
    }
