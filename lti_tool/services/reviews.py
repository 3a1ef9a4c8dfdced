"""Reviews: whose work an LMS asks to show, and whether whoever asks may see it.

An LMS asks by a submission review (`for_user`), or by opening the address of a live view. Both say
whom they mean and neither that it may be shown: some LMSs let any student ask for any other.
"""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lti_tool.domain.errors import ReviewForeign, ReviewUnknown
from lti_tool.domain.people import Right, Role, may
from lti_tool.lms.claims import Launch
from lti_tool.lms.live_views import live_view
from lti_tool.models.person import Membership, Person
from lti_tool.services.arrivals import Arrived


class Reviews:
    """Answers whom a launch is about."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def about(self, launch: Launch, arrived: Arrived) -> int | None:
        """The intern whose work this launch asks for; None where it asks for nobody's, and for
        those who see nothing in this course whoever they ask for.

        Raises ReviewForeign for an intern who asks for anybody else, known or not, and
        ReviewUnknown where there is no such intern, or no such activity.
        """
        view = live_view(launch)
        if arrived.course_id is None or (view is None and launch.for_user is None):
            return None
        role = self._role(arrived)
        if not any(may(role, right) for right in Right):
            return None
        meant = Membership.key == view.intern_key if view else Person.subject == launch.for_user
        asked = self._intern(arrived.course_id, meant)
        if not may(role, Right.SCORE) and asked != arrived.person_id:
            raise ReviewForeign("an intern asks for somebody else's work")
        if asked is None:
            raise ReviewUnknown("no such intern in this course")
        if view is not None and arrived.activity_id is None:
            raise ReviewUnknown("no such activity in this course")
        return asked

    def _role(self, arrived: Arrived) -> Role:
        found = self._session.scalars(
            select(Membership.role).where(
                Membership.course_id == arrived.course_id,
                Membership.person_id == arrived.person_id,
            )
        )
        return Role(found.one())

    def _intern(self, course_id: int, meant: ColumnElement[bool]) -> int | None:
        return self._session.scalar(
            select(Membership.person_id)
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.course_id == course_id, Membership.role == Role.INTERN, meant)
        )
