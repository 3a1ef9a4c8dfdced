"""Live views: the addresses by which an LMS's grader shows an intern's work in place of a file."""

from datetime import datetime
from secrets import token_hex

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.domain.passback import View
from lti_tool.lms.live_views import LiveView
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.person import Membership


class LiveViews:
    """Says where there can be live views, and makes their addresses."""

    def __init__(self, session: Session, now: datetime, launch_url: str) -> None:
        self._session = session
        self._now = now
        self._launch_url = launch_url

    def offered(self, course_id: int) -> bool:
        """Whether the course's LMS opens addresses of ours as students' work."""
        platform = self._session.get_one(Course, course_id).deployment.platform
        return choose(platform.product).live_view

    def of(self, activity: Activity, column: GradeColumn, intern_id: int) -> View:
        """The view of an intern's work that goes with their scores in this column.

        It began when the column was first owed anything about them, and that never changes: all
        scores are one attempt, and late once at most.
        """
        begun = self._session.scalar(
            select(func.min(Passback.created_at)).where(
                Passback.column_id == column.id, Passback.intern_id == intern_id
            )
        )
        named = LiveView(activity.key, self._key(activity.course_id, intern_id))
        return View(named.address(self._launch_url), begun or self._now)

    def _key(self, course_id: int, person_id: int) -> str:
        """A member's key, made when it is first needed."""
        member = self._session.scalars(
            select(Membership).filter_by(course_id=course_id, person_id=person_id)
        ).one()
        if member.key is None:
            self._session.refresh(member, with_for_update=True)
            member.key = member.key or token_hex(16)
        return member.key
