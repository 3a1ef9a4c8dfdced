"""Bindings: which activity a link opens that is launched for the first time.

A link carries the key of the activity it was made for, through copies of the course too. But who
places a link can write any key: it counts within its own course, and from another one only where
the launch says that content of that course came into this one. Settings are all that it can win.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from lti_tool.db import insert_missing
from lti_tool.lms.claims import Launch
from lti_tool.lms.deep_linking import activity_key
from lti_tool.lms.live_views import LiveView
from lti_tool.models.activity import Activity
from lti_tool.models.assessment import Assessment
from lti_tool.models.course import Course, CourseCopy
from lti_tool.models.platform import Deployment
from lti_tool.services.activity_copies import clone
from lti_tool.services.audit import Audit


class Bindings:
    """Finds, binds or makes the activity of a link that no launch has brought before."""

    def __init__(self, session: Session, now: datetime, audit: Audit) -> None:
        self._session = session
        self._now = now
        self._audit = audit

    def of_new_link(self, course: Course, launch: Launch) -> Activity:
        """The activity of this link from now on; one that is not set up where nothing is known.

        Two first launches of one link at once find the same.
        """
        origin = self._origin(launch)
        if origin is None:
            return self._added(course, launch, "")
        if origin.course_id == course.id and self._bound(origin, launch):
            return origin
        source = self._source(course, origin)
        if source is None:
            return self._added(course, launch, "")
        found = self._added(course, launch, source.title)
        self._copy(course, origin, source, found)
        return found

    def of_known_link(self, course: Course, activity: Activity, launch: Launch) -> Activity:
        """The activity of a link that carries another key than its activity's.

        Where someone chose anew for a link that is there already, the new choice holds, unless
        there are assessments, which nobody may lose by that.
        """
        origin = self._origin(launch)
        if origin is None or origin.course_id != course.id or origin.resource_link_id is not None:
            return activity
        # Whoever is about to score it holds it: they come first, or find it without a link.
        self._session.refresh(activity, with_for_update=True)
        used = exists().where(Assessment.activity_id == activity.id)
        if self._session.scalar(select(used)):
            return activity
        activity.resource_link_id = None
        self._session.flush()
        if self._bound(origin, launch):
            return origin
        # Another link got the new choice at this moment: this one keeps what it had.
        activity.resource_link_id = launch.resource_link_id
        return activity

    def of_view(self, course: Course, view: LiveView) -> Activity | None:
        """The activity of this course that a live view shows, whatever link it is opened by."""
        wanted = select(Activity).filter_by(course_id=course.id, key=view.activity_key)
        return self._session.scalars(wanted).one_or_none()

    def _origin(self, launch: Launch) -> Activity | None:
        """The activity whose key the link carries, if it is one of this LMS."""
        key = activity_key(launch)
        if key is None:
            return None
        return self._session.scalars(
            select(Activity)
            .join(Course, Course.id == Activity.course_id)
            .join(Deployment, Deployment.id == Course.deployment_id)
            .options(joinedload(Activity.course))
            .where(Activity.key == key, Deployment.platform_id == launch.platform_id)
        ).one_or_none()

    def _bound(self, origin: Activity, launch: Launch) -> bool:
        """Give the activity to this link unless another link has it: one statement decides."""
        link = launch.resource_link_id
        self._session.execute(
            update(Activity)
            .where(Activity.id == origin.id, Activity.resource_link_id.is_(None))
            .values(resource_link_id=link)
            .execution_options(synchronize_session=False)
        )
        self._session.refresh(origin)
        return origin.resource_link_id == link

    def _source(self, course: Course, origin: Activity) -> Activity | None:
        """Whose settings a copy takes: of the activities that go back to the same origin the one in
        the nearest course that content came from, where a lead may have changed them since.
        """
        contexts = self._contexts(course)
        candidates = self._session.scalars(
            select(Activity)
            .join(Course, Course.id == Activity.course_id)
            .join(Deployment, Deployment.id == Course.deployment_id)
            .options(joinedload(Activity.course), selectinload(Activity.competencies))
            .where(
                or_(Activity.id == origin.id, Activity.copied_from_id == origin.id),
                Activity.ready_at.is_not(None),
                Course.context_id.in_(contexts),
                Deployment.platform_id == course.deployment.platform_id,
            )
            .order_by(Activity.id)
        ).all()
        return min(candidates, key=lambda one: contexts.index(one.course.context_id), default=None)

    def _contexts(self, course: Course) -> Sequence[str]:
        """This course, then those whose content came into it as the LMS told, the latest first."""
        told = self._session.scalars(
            select(CourseCopy.origin_id)
            .where(
                CourseCopy.deployment_id == course.deployment_id,
                CourseCopy.context_id == course.context_id,
            )
            .order_by(CourseCopy.told_at.desc(), CourseCopy.id)
        )
        return [course.context_id, *course.history, *told]

    def _copy(self, course: Course, origin: Activity, source: Activity, found: Activity) -> None:
        """Fill the new activity, once: another launch at this moment may have done so."""
        self._session.refresh(found, with_for_update=True)
        if found.ready_at is not None:
            return
        clone(self._session, source, found, origin_id=origin.id)
        self._audit.record(
            None,
            "activity-copied",
            "activity",
            found.id,
            course=course.id,
            origin=origin.id,
            settings_of=source.id,
        )

    def _added(self, course: Course, launch: Launch, title: str) -> Activity:
        key = {"course_id": course.id, "resource_link_id": launch.resource_link_id}
        values = {"title": launch.resource_link_title or title, "created_at": self._now}
        insert_missing(self._session, Activity, {**key, **values}, list(key))
        return self._session.scalars(select(Activity).filter_by(**key)).one()
