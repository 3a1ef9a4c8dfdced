"""Outdated results: whatever changes all results of an activity marks it so in its transaction.

A job computes them anew (services/recomputing.py). The mark stays until it has: what becomes of the
job does not matter, for a pass over the marks hands it to the engine again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.models.activity import Activity
from lti_tool.services.enqueue import Enqueue

REST = timedelta(minutes=5)
"""What could not be computed is a fault of ours: trying at once again would only repeat it."""


class Outdated:
    """Knows the activities whose results are to be computed anew."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def owed(self, limit: int) -> Sequence[int]:
        """Activities whose results are to be computed anew now, the longest outdated first."""
        return self._session.scalars(
            select(Activity.id)
            .where(Activity.recompute_owed_at <= self._now)
            .order_by(Activity.recompute_owed_at)
            .limit(limit)
        ).all()

    def mark(self, activity_id: int) -> datetime | None:
        """The mark of an activity, to be read before its results are computed."""
        return self._session.scalar(
            select(Activity.recompute_owed_at).where(Activity.id == activity_id)
        )

    def computed(self, activity_id: int, mark: datetime | None) -> None:
        """Take the mark away, unless it is a newer one."""
        self._set(activity_id, mark, None)

    def failed(self, activity_id: int, mark: datetime | None) -> None:
        """Have an activity tried again after a rest, unless it was marked anew meanwhile."""
        self._set(activity_id, mark, self._now + REST)

    def _set(self, activity_id: int, mark: datetime | None, to: datetime | None) -> None:
        same = Activity.recompute_owed_at.is_not_distinct_from(mark)
        self._session.execute(
            update(Activity)
            .where(Activity.id == activity_id, same)
            .values(recompute_owed_at=to)
            .execution_options(synchronize_session=False)
        )


def outdate(session: Session, now: datetime, enqueue: Enqueue, activity: Activity) -> None:
    """Owe it to an activity that every result is computed anew, and have a job begin with it.

    Each mark is another one, so that the job for an older one does not take it away.
    """
    is_same = activity.recompute_owed_at == now
    activity.recompute_owed_at = now + timedelta(microseconds=1) if is_same else now
    enqueue(session, "results", f"{activity.id}:{activity.recompute_owed_at:%Y%m%dT%H%M%S%f}")
