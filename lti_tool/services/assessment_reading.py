"""What is read of assessments and by whom: before scoring, on the form, once submitted."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.domain.assessment import COUNTS, Content, State
from lti_tool.domain.errors import AssessmentWithdrawn, NotYours
from lti_tool.domain.people import Actor, Right
from lti_tool.models.assessment import Assessment, AssessmentVersion, Flag
from lti_tool.services.activities import Activities
from lti_tool.services.assessment_rows import AssessmentRows
from lti_tool.services.assessment_views import (
    Earlier,
    FlagView,
    Form,
    OwnEntry,
    Reading,
    StartCompetency,
    StartPage,
    content_of,
    load_content,
)
from lti_tool.services.people import People, PersonView


class AssessmentReading:
    """Gathers what pages about assessments show, for `Assessments`; changes nothing."""

    def __init__(
        self, session: Session, rows: AssessmentRows, people: People, activities: Activities
    ) -> None:
        self._session = session
        self._rows = rows
        self._people = people
        self._activities = activities

    def start_page(self, actor: Actor, activity_id: int, intern_id: int) -> StartPage:
        """What an assessor may score of one intern, and what they scored before."""
        actor.require(Right.SCORE)
        activity = self._activities.ready(actor.course, activity_id)
        intern = self._people.intern(actor.course, intern_id)
        rows = self._rows.of_intern(activity_id, intern_id)
        own = [row for row in rows if actor.person in (row.assessor_id, row.entered_by_id)]
        submitted = {row.competency_id for row in own if row.state in COUNTS}
        paper = actor.may(Right.ENTER_PAPER)
        everyone = actor.may(Right.READ_ALL)
        return StartPage(
            activity=activity,
            intern=intern,
            competencies=tuple(
                StartCompetency(
                    competency=chosen.competency,
                    draft=_open_draft(actor, own, chosen.competency.id),
                    own=tuple(_entry(row) for row in own if _shown(row, chosen.competency.id)),
                )
                for chosen in activity.chosen
            ),
            others=tuple(
                _entry(row)
                for row in rows
                if row not in own
                and row.state in COUNTS
                and (everyone or row.competency_id in submitted)
            ),
            supervisors=tuple(self._people.supervisors(actor.course)) if paper else (),
        )

    def form(self, actor: Actor, id: int) -> Form:
        """What the scoring page shows: a draft to fill in, or a submitted one to amend."""
        row = self._rows.changeable(actor, id)
        if row.state == State.WITHDRAWN:
            raise AssessmentWithdrawn("withdrawn")
        activity = row.activity
        return Form(
            id=row.id,
            version=row.version,
            state=State(row.state),
            competency=self._rows.competency(row),
            intern=PersonView(row.intern_id, row.intern.name),
            assessor=PersonView(row.assessor_id, row.assessor.name),
            entered_by=row.entered_by.name if row.entered_by else None,
            content=content_of(row),
            started_at=row.started_at,
            saved_at=row.saved_at,
            today=self._rows.today(activity),
            time_zone=activity.course.time_zone,
            activity=activity.title,
        )

    def read(self, actor: Actor, id: int) -> Reading:
        """A submitted assessment, for whoever may read it: see `_check_may_read`."""
        row = self._rows.get(actor, id)
        self._check_may_read(actor, row)
        own = actor.person == row.assessor_id and actor.may(Right.SCORE)
        counts = row.state in COUNTS
        private = own or actor.may(Right.READ_ALL)
        movable = counts and (own or actor.may(Right.WITHDRAW_ANY))
        return Reading(
            id=row.id,
            version=row.version,
            state=State(row.state),
            competency=self._rows.competency(row),
            intern=PersonView(row.intern_id, row.intern.name),
            assessor=PersonView(row.assessor_id, row.assessor.name),
            entered_by=row.entered_by.name if row.entered_by else None,
            content=content_of(row) if private else _without_private(content_of(row)),
            submitted_at=row.submitted_at,
            time_zone=row.activity.course.time_zone,
            activity_id=row.activity_id,
            earlier=tuple(
                _earlier(one, private=private)
                for one in row.earlier
                if private or one.content["intern"] == row.intern_id
            ),
            may_amend=counts and own,
            may_withdraw=movable,
            may_move=movable,
            flags=self._flags(row) if actor.may(Right.READ_FLAGS) else (),
            interns=tuple(self._people.interns(actor.course)) if movable else (),
        )

    def _check_may_read(self, actor: Actor, row: Assessment) -> None:
        """The assessor and course leads read all; an intern their own once submitted; another
        supervisor once they submitted one of the same intern and competency themselves."""
        if row.state == State.DRAFT:
            raise NotYours("a draft is read by its assessor, on the form")
        if actor.may(Right.READ_ALL):
            return
        if actor.may(Right.READ_OWN_RESULT) and row.intern_id == actor.person:
            return
        if actor.may(Right.SCORE):
            if row.assessor_id == actor.person:
                return
            if row.state in COUNTS and self._scored_too(actor, row):
                return
        raise NotYours("not theirs to read")

    def _scored_too(self, actor: Actor, row: Assessment) -> bool:
        found = self._session.scalar(
            select(Assessment.id)
            .where(
                Assessment.activity_id == row.activity_id,
                Assessment.intern_id == row.intern_id,
                Assessment.competency_id == row.competency_id,
                Assessment.assessor_id == actor.person,
                Assessment.state.in_(COUNTS),
            )
            .limit(1)
        )
        return found is not None

    def _flags(self, row: Assessment) -> tuple[FlagView, ...]:
        rows = self._session.scalars(select(Flag).where(Flag.assessment_id == row.id))
        return tuple(FlagView.of(flag) for flag in rows)


def _open_draft(actor: Actor, rows: Sequence[Assessment], competency_id: str) -> int | None:
    """The draft this actor fills in; a paper form belongs to whoever types it in."""
    for row in rows:
        writer = row.entered_by_id or row.assessor_id
        if (row.competency_id, row.state, writer) == (competency_id, State.DRAFT, actor.person):
            return row.id
    return None


def _shown(row: Assessment, competency_id: str) -> bool:
    return row.competency_id == competency_id and row.state != State.DRAFT


def _entry(row: Assessment) -> OwnEntry:
    return OwnEntry(
        id=row.id,
        competency_id=row.competency_id,
        assessor=row.assessor.name,
        state=State(row.state),
        on=row.occasion.on,
        ratings=dict(row.ratings),
        worked=row.worked,
        next_time=row.next_time,
    )


def _earlier(row: AssessmentVersion, *, private: bool) -> Earlier:
    content = load_content(row.content)
    return Earlier(
        version=row.version,
        until=row.changed_at,
        changed_by=row.changed_by.name,
        reason=row.reason,
        content=content if private else _without_private(content),
    )


def _without_private(content: Content) -> Content:
    """What only the assessor and course leads read is taken out."""
    return replace(content, what_happened={}, concern=False, concern_text="")
