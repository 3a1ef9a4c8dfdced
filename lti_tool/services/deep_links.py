"""Deep links: what someone chose inside the LMS becomes activities, and the LMS's answer.

A request belongs to the session of its launch and is answered once, with activities or with
nothing. Where the answer goes, and for whom it is signed, stands in that session's row alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.domain.errors import (
    ChoiceAnswered,
    LinksNotTaken,
    PlacingNotAllowed,
    UnknownThing,
)
from lti_tool.domain.people import Actor, Right, Role, may_place
from lti_tool.lms.claims import DeepLink
from lti_tool.lms.deep_linking import RESOURCE_LINK, Asked, Link, answer
from lti_tool.lms.products.choose import choose
from lti_tool.lms.signing import sign
from lti_tool.models.course import Course
from lti_tool.models.launch import LaunchSession
from lti_tool.models.person import Membership
from lti_tool.services.activities import FULL_WEIGHT, Activities, Choice, check_weights
from lti_tool.services.audit import Audit
from lti_tool.services.roles import settle_role
from lti_tool.settings import Settings

TITLE_LENGTH = 255
"""The longest title of a link; some LMS cut or refuse longer ones."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What the LMS takes. `multiple`: several links at once. `title` is its own idea of one."""

    multiple: bool
    title: str
    placed: tuple[str, ...]
    """The titles of the activities that the course has already."""


@dataclass(frozen=True, slots=True)
class Placing:
    """What was chosen. An empty `title`: the activity is called after its competencies.

    `each` makes an activity of every competency, with a link and a grade of its own.
    """

    choice: Choice
    title: str
    each: bool

    @property
    def links(self) -> int:
        """How many activities this makes."""
        return len(self.choice.weights) if self.each else 1


@dataclass(frozen=True, slots=True)
class Reply:
    """A form that the browser posts to the LMS: its one field `JWT`, and where to."""

    url: str = field(repr=False)
    jwt: str = field(repr=False)


class DeepLinks:
    """Answers requests for a choice."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        settings: Settings,
        audit: Audit,
        activities: Activities,
    ) -> None:
        self._session = session
        self._now = now
        self._settings = settings
        self._audit = audit
        self._activities = activities

    def asking(self, actor: Actor, launch_id: str) -> Asking:
        """What the LMS asks for in this launch.

        Raises UnknownThing where it asks for nothing, ChoiceAnswered, PlacingNotAllowed,
        LinksNotTaken.
        """
        row = self._session.get_one(LaunchSession, launch_id)
        deep_link = _request(row)
        if row.answered_at is not None:
            raise ChoiceAnswered("the LMS has had its answer")
        self._require_placing(actor, self._membership(actor))
        _require_links(deep_link)
        return Asking(
            multiple=deep_link.multiple,
            title=deep_link.title[:TITLE_LENGTH],
            placed=tuple(self._activities.titles(actor.course)),
        )

    def place(
        self, actor: Actor, launch_id: str, placing: Placing, *, words: str, launch_url: str
    ) -> Reply:
        """Make the activities and the answer that brings their links; the actor leads the course.

        `words` is what the LMS may say to the person. Raises as `asking` does, and WeightsWrong.
        """
        deep_link = self._take(launch_id)
        _require_links(deep_link)
        if placing.each and not deep_link.multiple:
            raise LinksNotTaken("several links where one was asked for")
        check_weights(placing.choice.weights)
        lead = self._lead(actor)
        links = [
            self._placed(lead, title, choice) for title, choice in self._activities_of(placing)
        ]
        return self._reply(lead.course, deep_link, links, words, launch_url)

    def give_up(self, actor: Actor, launch_id: str, *, launch_url: str) -> Reply:
        """Answer with nothing: for everyone, since whoever may not choose must get back too.

        Raises UnknownThing, ChoiceAnswered.
        """
        return self._reply(actor.course, self._take(launch_id), (), "", launch_url)

    def _take(self, launch_id: str) -> DeepLink:
        """The request, which nobody gets a second time: one UPDATE decides."""
        row = self._session.scalar(
            update(LaunchSession)
            .where(LaunchSession.id == launch_id, LaunchSession.answered_at.is_(None))
            .values(answered_at=self._now)
            .returning(LaunchSession)
        )
        if row is None:
            raise ChoiceAnswered("the LMS has had its answer")
        return _request(row)

    def _membership(self, actor: Actor, *, lock: bool = False) -> Membership:
        found = select(Membership).where(
            Membership.course_id == actor.course, Membership.person_id == actor.person
        )
        return self._session.scalars(found.with_for_update() if lock else found).one()

    def _require_placing(self, actor: Actor, member: Membership) -> None:
        """Who leads may; else who the LMS says may, unless a course lead gave another role.

        Who has left the course since the launch has no rights, whatever that launch said.
        """
        still_there = member.by_hand is None and member.left_at is None
        trusted = still_there and may_place(member.launch_roles or ())
        if not (trusted or actor.may(Right.SET_UP)):
            raise PlacingNotAllowed(f"{member.role} may not place activities here")

    def _lead(self, actor: Actor) -> Actor:
        """The actor as course lead, which placing an activity makes them, unless one already."""
        member = self._membership(actor, lock=True)
        self._require_placing(actor, member)
        product = choose(self._session.get_one(Course, actor.course).deployment.platform.product)
        member.placed = True
        settle_role(member, self._settings.role_names, roster_needed=product.roster_confirms_leads)
        return replace(actor, role=Role(member.role))

    def _activities_of(self, placing: Placing) -> Sequence[tuple[str, Choice]]:
        """Title and choice of each activity to make."""
        choice, weights = placing.choice, placing.choice.weights
        titles = {one.id: one.title for one in self._activities.offered() if one.id in weights}
        if not placing.each:
            return [(placing.title or ", ".join(titles.values()), choice)]
        before = f"{placing.title}: " if placing.title else ""
        return [
            (
                before + titles.get(id, id),
                replace(
                    choice, weights={id: FULL_WEIGHT if weight else 0}, competency_columns=False
                ),
            )
            for id, weight in weights.items()
        ]

    def _placed(self, lead: Actor, title: str, choice: Choice) -> Link:
        row = self._activities.place(lead, title[:TITLE_LENGTH], choice)
        self._audit.record(lead, "activity-placed", "activity", row.id, key=row.key)
        about = ", ".join(one.rubric["title"] for one in row.competencies)
        return Link(row.key, row.title, about, graded=any(choice.weights.values()))

    def _reply(
        self,
        course_id: int,
        deep_link: DeepLink,
        links: Sequence[Link],
        words: str,
        launch_url: str,
    ) -> Reply:
        deployment = self._session.get_one(Course, course_id).deployment
        asked = Asked(deployment.platform, deployment.deployment_id, deep_link)
        claims = answer(asked, links, words=words, launch_url=launch_url, now=self._now)
        return Reply(deep_link.return_url, sign(self._session, self._settings, claims, self._now))


def _request(row: LaunchSession) -> DeepLink:
    if row.deep_link is None:
        raise UnknownThing("the LMS asked for no choice")
    return DeepLink(**{**row.deep_link, "types": tuple(row.deep_link["types"])})


def _require_links(deep_link: DeepLink) -> None:
    if RESOURCE_LINK not in deep_link.types:
        raise LinksNotTaken("the LMS takes no links to activities here")
