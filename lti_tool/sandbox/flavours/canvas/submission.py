"""The submission that may come with a score, and the attempt Canvas makes of it.

Canvas: app/controllers/lti/ims/scores_controller.rb.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lti_tool.sandbox.flavours.canvas.tokens import refuse
from lti_tool.sandbox.scores import moment

SUBMITTING = ("Submitted", "Completed")
SUBMISSION_TYPES = (
    "none",
    "basic_lti_launch",
    "online_text_entry",
    "external_tool",
    "online_upload",
    "online_url",
)
CLOCK_SLACK = timedelta(minutes=1)


@dataclass
class Submission:
    """The extension of a score, with Canvas's defaults."""

    new: bool
    preserve_score: bool
    prioritize_others: bool
    kind: str
    data: str
    at: datetime | None
    items: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, body: Mapping[str, Any], extension: Mapping[str, Any]) -> "Submission":
        inner = body.get("submission")
        stamp = inner.get("submittedAt") if isinstance(inner, dict) else None
        kind = extension.get("submission_type") or "external_tool"
        items = [item for item in extension.get("content_items") or [] if isinstance(item, dict)]
        return cls(
            new=bool(extension.get("new_submission", kind != "none")),
            preserve_score=bool(extension.get("preserve_score", False)),
            prioritize_others=bool(extension.get("prioritize_non_tool_grade", False)),
            kind="online_upload" if items else kind,
            data=str(extension.get("submission_data") or ""),
            at=moment(stamp or extension.get("submitted_at")),
            items=items,
        )

    def check(self, now: datetime) -> None:
        """Refuses what Canvas would, before a file is fetched."""
        if self.kind not in SUBMISSION_TYPES:
            refuse(400, "Invalid submission_type")
        if self.at and self.at > now + CLOCK_SLACK:
            refuse(400, "Provided submittedAt timestamp is in the future.")
        if self.kind == "online_upload" and not self.items:
            refuse(422, "Content items must be provided with submission type 'online_upload'")
