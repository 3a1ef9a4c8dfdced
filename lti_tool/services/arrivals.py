"""Arrivals: what a launch tells of course, person and activity becomes rows.

Everything a launch may already be known by is read in one statement, and written only where it has
changed: most launches are of a known person into a known activity.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from lti_tool.db import Base, insert_missing
from lti_tool.domain.column import is_another
from lti_tool.domain.people import Role
from lti_tool.lms.claims import COPY_NOTICE, CourseClaim, Launch
from lti_tool.lms.deep_linking import activity_key
from lti_tool.lms.live_views import live_view
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.person import Membership, Person
from lti_tool.models.platform import Deployment, Platform
from lti_tool.services.bindings import Bindings
from lti_tool.services.column_rows import arrange, tell_anew
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.outdated import outdate
from lti_tool.services.passback import wake
from lti_tool.services.roles import settle_role
from lti_tool.settings import Settings

T = TypeVar("T", bound=Base)

ROSTER_PAUSE = timedelta(seconds=30)
"""A lecture hall that launches at once asks for the roster once."""

LAUNCHED_STEP = timedelta(hours=1)
"""How exact `launched_at` is: a write at each launch would buy nothing."""

OWN_COLUMN = ""
"""The competency id of the column that belongs to the activity's own link."""

log = structlog.get_logger("rounds.launch")


@dataclass(frozen=True, slots=True)
class Arrived:
    """The rows a launch led to, and the launch without the addresses that were not believed."""

    launch: Launch
    person_id: int
    course_id: int | None
    activity_id: int | None


class Arrivals:
    """Notes who came, from where, to which activity."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        settings: Settings,
        enqueue: Enqueue,
        bindings: Bindings,
    ) -> None:
        self._session = session
        self._now = now
        self._settings = settings
        self._enqueue = enqueue
        self._bindings = bindings

    def note(self, launch: Launch) -> Arrived:
        """Bring the rows of a launch up to date; `placed`, `by_hand` and the roster stay.

        Rows are written in one order, also by rosters: person, membership, course, activity,
        column, messages. Two launches of a course would else wait for each other for ever.
        """
        context_id = launch.course.context_id if launch.course else None
        _, deployment, person, course, membership, activity, column = self._session.execute(
            _KNOWN,
            {
                "platform": launch.platform_id,
                "deployment": launch.deployment_id,
                "subject": launch.subject,
                "context": context_id,
                "link": launch.resource_link_id,
            },
        ).one()
        deployment = deployment or self._new_deployment(launch)
        launch = self._only_believed(launch, deployment)
        self._ask_for_notices(deployment, launch)
        person = person or self._new_person(launch)
        self._update_person(person, launch)
        if launch.course is None:
            return Arrived(launch, person.id, None, None)
        course = course or self._new_course(deployment, launch.course)
        is_new = membership is None
        self._update_membership(membership or self._new_membership(course, person), launch)
        granted = course.scopes
        self._update_course(course, launch.course)
        opened: Activity | None = None
        view = live_view(launch)
        if view is not None:
            opened = self._bindings.of_view(course, view)
        elif launch.resource_link_id is not None:
            opened = self._activity(activity, course, launch)
            opened.title = launch.resource_link_title or opened.title
            own = column if opened is activity else None
            self._update_column(own, opened, launch, regranted=granted != course.scopes)
        elif launch.from_menu:
            opened = self._only_activity(course)
        if granted != course.scopes:
            self._wake(course)
        if self._wants_roster(course, is_new=is_new):
            course.roster_tried_at = self._now
            job = f"{course.id}:{self._now:%Y%m%dT%H%M%S}"
            self._enqueue(self._session, "roster", job, deployment.platform_id)
        return Arrived(launch, person.id, course.id, opened.id if opened else None)

    def _only_believed(self, launch: Launch, deployment: Deployment) -> Launch:
        """The launch without service addresses on hosts that have nothing to do with this LMS.

        Whoever holds a registration signs what he likes; our bearer tokens must not follow. A
        service shares the host of the page that people return to, or was used here before.
        """
        returns = launch.deep_link.return_url if launch.deep_link else launch.return_url
        believed = {*deployment.hosts, _host(returns)} - {""}

        def keep(address: str | None, service: str) -> str | None:
            if address is None or _host(address) in believed:
                return address
            log.warning("service-dropped", service=service, platform=launch.platform_id)
            return None

        course = launch.course
        if course is not None:
            course = replace(
                course,
                memberships_url=keep(course.memberships_url, "roster"),
                lineitems_url=keep(course.lineitems_url, "columns"),
            )
        notices = launch.notices
        if notices is not None and keep(notices.url, "notices") is None:
            notices = None
        lineitem_url = keep(launch.lineitem_url, "column")
        launch = replace(launch, course=course, lineitem_url=lineitem_url, notices=notices)
        deployment.hosts = sorted({*deployment.hosts, *_service_hosts(launch)})
        return launch

    def _ask_for_notices(self, deployment: Deployment, launch: Launch) -> None:
        """Have a deployment that can tell of copied courses asked to; once an hour until it is."""
        notices = launch.notices
        if notices is None or COPY_NOTICE not in notices.types:
            return
        if deployment.notices_url != notices.url:
            deployment.notices_url, deployment.notices_at = notices.url, None
        if deployment.notices_at is None:
            job = f"{deployment.id}:{self._now:%Y%m%dT%H}"
            self._enqueue(self._session, "notices", job, deployment.platform_id)

    def _update_person(self, person: Person, launch: Launch) -> None:
        person.name = launch.person_name
        person.email = launch.email
        if person.launched_at is None or self._now - person.launched_at >= LAUNCHED_STEP:
            person.launched_at = self._now

    def _update_course(self, course: Course, claim: CourseClaim) -> None:
        """What every launch of a course says alike. Its time zone is the first person's and stays:
        an LMS tells the zone of who launches.

        A launch of a link without a grade need not speak of the gradebook, and takes nothing from
        the course's other links then. Where the service was withdrawn from all of them, the LMS
        gives no token, and the reason is told with what is owed.
        """
        course.title = claim.title or course.title
        course.label = claim.label or course.label
        course.school = claim.school or course.school
        course.memberships_url = claim.memberships_url
        if claim.scopes is not None:
            course.lineitems_url = claim.lineitems_url
            course.scopes = list(claim.scopes)
        course.history = list(claim.history)

    def _update_membership(self, membership: Membership, launch: Launch) -> None:
        """What the launch says of the person's role. Where that is news, the row is taken as it is
        now: what a roster or a course lead changes at the same moment must not be undone.
        """
        told = list(launch.roles), launch.role_name
        if membership.left_at or told != (membership.launch_roles, membership.role_name):
            self._session.refresh(membership, with_for_update=True)
        membership.launch_roles, membership.role_name = told
        membership.left_at = None
        settle_role(
            membership, self._settings.role_names, roster_needed=launch.roster_confirms_leads
        )

    def _activity(self, known: Activity | None, course: Course, launch: Launch) -> Activity:
        """The activity of the launched link; a copy's link carries its origin's key for good."""
        if known is None:
            return self._bindings.of_new_link(course, launch)
        if known.copied_from_id is None and activity_key(launch) not in (None, known.key):
            return self._bindings.of_known_link(course, known, launch)
        return known

    def _only_activity(self, course: Course) -> Activity | None:
        """Where a menu of the course leads: to its one activity; None where there are several."""
        found = self._session.scalars(
            select(Activity)
            .where(Activity.course_id == course.id, Activity.resource_link_id.is_not(None))
            .limit(2)
        ).all()
        return found[0] if len(found) == 1 else None

    def _update_column(
        self, column: GradeColumn | None, activity: Activity, launch: Launch, *, regranted: bool
    ) -> None:
        """The link's own column, as soon as a launch tells it, and what waited for it.

        One that is gone stays known: what is owed to it must be refused by the LMS in words, not
        forgotten here. One in its place is told all grades. One that no launch tells is looked for,
        once.
        """
        if launch.lineitem_url is None:
            never = column is not None and column.lineitem_url is None and column.problem is None
            if never or (regranted and activity.ready_at is not None):
                arrange(self._session, self._now, self._enqueue, activity)
            return
        if column is None:
            column = self._added(
                GradeColumn, {"activity_id": activity.id, "competency_id": OWN_COLUMN}
            )
            if activity.ready_at is not None:
                # What was scored before any launch told the column is owed to it now.
                outdate(self._session, self._now, self._enqueue, activity)
        moved = column.lineitem_url != launch.lineitem_url
        if is_another(column.lineitem_url, launch.lineitem_url):
            tell_anew(self._session, self._now, self._enqueue, column)
        column.lineitem_url = launch.lineitem_url
        if launch.attempts is not None:
            column.attempts = launch.attempts
        if moved:
            column.ours, column.problem = False, None
        if moved or regranted:
            wake(self._session, self._now, self._enqueue, column)
            job = f"{column.id}:{self._now:%Y%m%dT%H%M%S}"
            self._enqueue(self._session, "column", job, launch.platform_id)
            if activity.competency_columns:
                arrange(self._session, self._now, self._enqueue, activity)

    def _wake(self, course: Course) -> None:
        """Go on with whatever waits in the course for a scope."""
        columns = (
            select(GradeColumn)
            .join(Activity)
            .where(Activity.course_id == course.id)
            .order_by(GradeColumn.id)
        )
        for column in self._session.scalars(columns):
            wake(self._session, self._now, self._enqueue, column)

    def _wants_roster(self, course: Course, *, is_new: bool) -> bool:
        """Whether the course's roster is unknown or old, or cannot know the person who came."""
        if course.memberships_url is None:
            return False
        lasts = timedelta(minutes=self._settings.roster_minutes)
        tried = course.roster_tried_at
        if tried is not None and self._now - tried < min(ROSTER_PAUSE, lasts):
            return False
        return is_new or course.roster_at is None or self._now - course.roster_at >= lasts

    # Rows seen for the first time. Two launches may see them at once: the second finds the first's.

    def _new_deployment(self, launch: Launch) -> Deployment:
        key = {"platform_id": launch.platform_id, "deployment_id": launch.deployment_id}
        return self._added(Deployment, key, first_seen_at=self._now)

    def _new_person(self, launch: Launch) -> Person:
        key = {"platform_id": launch.platform_id, "subject": launch.subject}
        return self._added(Person, key, name=launch.person_name, created_at=self._now)

    def _new_course(self, deployment: Deployment, claim: CourseClaim) -> Course:
        return self._added(
            Course,
            {"deployment_id": deployment.id, "context_id": claim.context_id},
            title=claim.title,
            time_zone=claim.time_zone or self._settings.time_zone,
            created_at=self._now,
        )

    def _new_membership(self, course: Course, person: Person) -> Membership:
        key = {"course_id": course.id, "person_id": person.id}
        return self._added(Membership, key, role=Role.NONE)

    def _added(self, table: type[T], key: dict[str, Any], **values: Any) -> T:
        insert_missing(self._session, table, {**key, **values}, unique=list(key))
        return self._session.scalars(select(table).filter_by(**key)).one()


def _host(address: str | None) -> str:
    return urlsplit(address or "").hostname or ""


def _service_hosts(launch: Launch) -> Iterable[str]:
    addresses = [launch.lineitem_url]
    if launch.course is not None:
        addresses += [launch.course.memberships_url, launch.course.lineitems_url]
    return {_host(address) for address in addresses if address}


_KNOWN = (
    select(Platform.id, Deployment, Person, Course, Membership, Activity, GradeColumn)
    .outerjoin(
        Deployment,
        and_(
            Deployment.platform_id == Platform.id,
            Deployment.deployment_id == bindparam("deployment"),
        ),
    )
    .outerjoin(
        Person, and_(Person.platform_id == Platform.id, Person.subject == bindparam("subject"))
    )
    .outerjoin(
        Course,
        and_(Course.deployment_id == Deployment.id, Course.context_id == bindparam("context")),
    )
    .outerjoin(
        Membership, and_(Membership.course_id == Course.id, Membership.person_id == Person.id)
    )
    .outerjoin(
        Activity,
        and_(Activity.course_id == Course.id, Activity.resource_link_id == bindparam("link")),
    )
    .outerjoin(
        GradeColumn,
        and_(GradeColumn.activity_id == Activity.id, GradeColumn.competency_id == OWN_COLUMN),
    )
    .where(Platform.id == bindparam("platform"))
)
