"""The rows behind assessments: found with the right to them, claimed, filled, kept, flagged."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from lti_tool.domain.assessment import COUNTS, Alarm, Content, State
from lti_tool.domain.errors import (
    AlreadySubmitted,
    AssessmentWithdrawn,
    NotYours,
    StaleVersion,
    UnknownThing,
)
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.rubric import Competency
from lti_tool.models.activity import Activity
from lti_tool.models.assessment import Assessment, AssessmentVersion, Flag, Occasion
from lti_tool.services.activities import pinned
from lti_tool.services.activity_rows import WHOLE, keep
from lti_tool.services.assessment_views import content_of, dump_content


class AssessmentRows:
    """Finds and changes rows for `Assessments`, which says when."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now
        self._found: dict[int, Assessment] = {}

    def get(self, actor: Actor, id: int) -> Assessment:
        """An assessment of the actor's course; UnknownThing for any other number."""
        found = self._found.get(id)
        if found is None:
            whole = select(Assessment).options(*_WHOLE).where(Assessment.id == id)
            found = self._session.scalars(whole).unique().one_or_none()
            if found is not None:
                keep(self._session, found.activity)
        if found is None or found.activity.course_id != actor.course:
            raise UnknownThing("no assessment of that number in this course")
        self._found[id] = found  # one unit of work often asks for the same row twice
        return found

    def changeable(self, actor: Actor, id: int) -> Assessment:
        """One's own: whoever scored, or who typed a paper form in while it is a draft."""
        actor.require(Right.SCORE)
        row = self.get(actor, id)
        typing = row.state == State.DRAFT and row.entered_by_id == actor.person
        writing = row.assessor_id == actor.person and (
            row.state != State.DRAFT or row.entered_by_id is None
        )
        if not (typing or writing):
            raise NotYours("another's assessment")
        return row

    def movable(self, actor: Actor, id: int) -> Assessment:
        """One that counts, and that is one's own or a course lead's to withdraw."""
        row = self.get(actor, id)
        own = actor.may(Right.SCORE) and actor.person == row.assessor_id
        if not (own or actor.may(Right.WITHDRAW_ANY)):
            raise NotYours("another's assessment")
        must_count(row)
        return row

    def of_intern(self, activity_id: int, intern_id: int) -> Sequence[Assessment]:
        """All assessments of an intern in an activity, newest first, drafts included."""
        return self._session.scalars(
            select(Assessment)
            .options(joinedload(Assessment.occasion), joinedload(Assessment.assessor))
            .where(Assessment.activity_id == activity_id, Assessment.intern_id == intern_id)
            .order_by(Assessment.submitted_at.desc(), Assessment.id.desc())
        ).all()

    def activity(self, id: int) -> Activity:
        """An activity with its course."""
        return self._session.get_one(Activity, id, options=[joinedload(Activity.course)])

    def today(self, activity: Activity) -> date:
        """The date where the course is."""
        return self._now.astimezone(ZoneInfo(activity.course.time_zone)).date()

    def competency(self, row: Assessment) -> Competency:
        """The competency as the activity pinned it; one with assessments cannot leave it."""
        chosen = {one.competency_id: one for one in row.activity.competencies}
        return pinned(chosen[row.competency_id].rubric)

    def claim(self, row: Assessment, version: int) -> None:
        """Take the next version, unless someone else did: one statement, so that only one wins."""
        taken = self._session.scalar(
            update(Assessment)
            .where(Assessment.id == row.id, Assessment.version == version)
            .values(version=Assessment.version + 1, saved_at=self._now)
            .returning(Assessment.version)
            .execution_options(synchronize_session=False)
        )
        if taken is None:
            raise StaleVersion("a newer version was saved")
        set_committed_value(row, "version", taken)
        set_committed_value(row, "saved_at", self._now)

    def delete_draft(self, row: Assessment) -> None:
        """Delete a draft, unless another tab submitted it meanwhile, and the occasion if it was its
        alone."""
        draft = Assessment.id == row.id, Assessment.state == State.DRAFT
        deleted = self._session.scalar(delete(Assessment).where(*draft).returning(Assessment.id))
        if deleted is None:
            raise AlreadySubmitted("no draft any more")
        others = exists().where(Assessment.occasion_id == Occasion.id)
        self._session.execute(delete(Occasion).where(Occasion.id == row.occasion_id, ~others))

    def fill(self, row: Assessment, content: Content) -> None:
        """Write what a form holds into the row and its occasion."""
        row.ratings = dict(content.ratings)
        row.what_happened = dict(content.what_happened)
        row.support = content.support
        row.worked, row.next_time = content.worked, content.next_time
        row.concern, row.concern_text = content.concern, content.concern_text
        self._fill_occasion(row, content)

    def _fill_occasion(self, row: Assessment, content: Content) -> None:
        """Say when and where. An occasion that others share is theirs too: then it parts here."""
        now, said = row.occasion, (content.on, content.setting, content.specialty)
        if (now.on, now.setting, now.specialty) == said:
            return
        if self._shared(row):
            row.occasion = now = Occasion(
                activity_id=now.activity_id, intern_id=now.intern_id, assessor_id=now.assessor_id
            )
        now.on, now.setting, now.specialty = said

    def _shared(self, row: Assessment) -> bool:
        found = self._session.scalar(
            select(Assessment.id)
            .where(Assessment.occasion_id == row.occasion_id, Assessment.id != row.id)
            .limit(1)
        )
        return found is not None

    def keep(self, row: Assessment, actor: Actor, reason: str) -> None:
        """Keep what a claimed row still says, as the version before the one just claimed."""
        self._session.add(
            AssessmentVersion(
                assessment_id=row.id,
                version=row.version - 1,
                state=row.state,
                content=dump_content(content_of(row)) | {"intern": row.intern_id},
                reason=reason.strip(),
                changed_by_id=actor.person,
                changed_at=self._now,
            )
        )

    def raise_flags(self, row: Assessment, raised: Sequence[Alarm]) -> None:
        """Raise one flag an alarm."""
        for alarm in raised:
            self._session.add(
                Flag(
                    assessment_id=row.id,
                    criterion_id=alarm.criterion,
                    text=alarm.text,
                    raised_at=self._now,
                )
            )
        self._session.flush()

    def change_flags(self, row: Assessment, raised: Sequence[Alarm]) -> None:
        """Open flags whose cause is gone are dropped, those that stay keep their age and note."""
        flags = self._session.scalars(
            select(Flag).where(Flag.assessment_id == row.id, Flag.dropped.is_(False))
        ).all()
        causes = {alarm.criterion: alarm for alarm in raised}
        for flag in flags:
            alarm = causes.pop(flag.criterion_id, None)
            if alarm is None:
                flag.dropped = flag.resolved_at is None
            elif flag.resolved_at is None:
                flag.text = alarm.text
        self.raise_flags(row, tuple(causes.values()))


_WHOLE = (
    joinedload(Assessment.occasion),
    joinedload(Assessment.assessor),
    joinedload(Assessment.intern),
    joinedload(Assessment.entered_by),
    joinedload(Assessment.activity).options(*WHOLE),
)
"""An assessment with all that its form, its page and its result need."""


def must_count(row: Assessment) -> None:
    """Refuse a draft, and what was withdrawn already."""
    if row.state == State.WITHDRAWN:
        raise AssessmentWithdrawn("withdrawn already")
    if row.state not in COUNTS:
        raise UnknownThing("a draft is discarded, not withdrawn")
