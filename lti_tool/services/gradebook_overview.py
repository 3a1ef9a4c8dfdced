"""What course leads see of a gradebook: its columns, the messages to it, and how it takes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.domain.people import Actor, Right
from lti_tool.lms.grades import SCOPE
from lti_tool.models.course import Course
from lti_tool.services.activities import Activities, ActivityView
from lti_tool.services.column_views import ColumnsView, columns_view
from lti_tool.services.grade_services import Condition, GradeServices
from lti_tool.services.passback import Passbacks
from lti_tool.services.passback_lists import Listing, Stage, counts
from lti_tool.services.passback_views import Delivery
from lti_tool.services.retrying import Retrying


@dataclass(frozen=True, slots=True)
class GradebookPage:
    """What was told to the gradebook of an activity, and what it shows."""

    activity: ActivityView
    columns: ColumnsView
    service: Condition
    """How the LMS takes grades, of whatever course."""
    counts: Mapping[Stage, int]
    """Messages by stage."""
    stuck: tuple[Delivery, ...]
    """Messages that only a person can move on."""
    changed: tuple[Delivery, ...]
    """Numbers that somebody changed there after they were told."""


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """The messages of an activity, or those of one stage."""

    activity: ActivityView
    sends: bool
    """Whether the course lets Rounds send them."""
    service: Condition
    counts: Mapping[Stage, int]
    listing: Listing
    resendable: int
    """How many refused ones may be sent again together."""


class GradebookOverview:
    """Gathers what the pages about an activity's gradebook show."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        activities: Activities,
        passbacks: Passbacks,
        retrying: Retrying,
        services: GradeServices,
    ) -> None:
        self._session = session
        self._now = now
        self._activities = activities
        self._passbacks = passbacks
        self._retrying = retrying
        self._services = services

    def page(self, actor: Actor, activity_id: int) -> GradebookPage:
        """The columns of an activity, and what became of what was told to them."""
        return GradebookPage(
            columns=columns_view(self._session, self._now, actor, activity_id),
            activity=self._activities.ready(actor.course, activity_id),
            service=self._services.of_course(actor.course),
            counts=counts(self._session, activity_id),
            stuck=tuple(self._passbacks.stuck(activity_id)),
            changed=tuple(self._passbacks.changed(activity_id)),
        )

    def messages(
        self, actor: Actor, activity_id: int, stage: Stage | None = None, search: str = ""
    ) -> MessagesPage:
        """The messages at a stage, None for all of them, about interns of such a name."""
        actor.require(Right.SEE_DELIVERY)
        return MessagesPage(
            activity=self._activities.ready(actor.course, activity_id),
            sends=SCOPE in self._session.get_one(Course, actor.course).scopes,
            service=self._services.of_course(actor.course),
            counts=counts(self._session, activity_id),
            listing=Listing(self._session, activity_id, stage, search),
            resendable=len(self._retrying.refused(actor, activity_id)),
        )
