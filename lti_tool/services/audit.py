"""The audit trail: one call to say who did what to which thing."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lti_tool.domain.people import Actor
from lti_tool.models.audit import AuditEntry


class Audit:
    """Adds entries to the trail in the transaction of the act itself."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def record(
        self, actor: Actor | None, action: str, about: str, about_id: int | str, **detail: Any
    ) -> AuditEntry:
        """Note an act. `actor` None is Rounds itself; `detail` takes JSON primitives only."""
        entry = AuditEntry(
            at=self._now,
            actor_id=actor.person if actor else None,
            course_id=actor.course if actor else None,
            action=action,
            about=about,
            about_id=str(about_id),
            detail=detail,
        )
        self._session.add(entry)
        return entry
