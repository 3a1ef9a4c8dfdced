"""Assessments: begun as a draft, submitted once, changed only with a reason and never forgotten.

Every change takes the version the page showed, in one conditional statement, so that of two tabs
only one can save. A change that counts recomputes the intern's result in the same transaction.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lti_tool.domain.assessment import Content, Fault, State, alarms, faults
from lti_tool.domain.errors import AlreadySubmitted, FormInvalid
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.rubric import Competency
from lti_tool.models.assessment import Assessment, Occasion
from lti_tool.services.activities import Activities
from lti_tool.services.assessment_reading import AssessmentReading
from lti_tool.services.assessment_rows import AssessmentRows, must_count
from lti_tool.services.assessment_views import Form, Reading, StartPage
from lti_tool.services.audit import Audit
from lti_tool.services.people import People
from lti_tool.services.results import Change, Results


class Assessments:
    """What assessors do, and what they and course leads read of it."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        audit: Audit,
        people: People,
        activities: Activities,
        results: Results,
    ) -> None:
        self._session = session
        self._now = now
        self._audit = audit
        self._people = people
        self._activities = activities
        self._results = results
        self._rows = AssessmentRows(session, now)
        self._reading = AssessmentReading(session, self._rows, people, activities)

    # Reading --------------------------------------------------------------------------------------

    def start_page(self, actor: Actor, activity_id: int, intern_id: int) -> StartPage:
        """What an assessor may score of one intern, and what they scored before."""
        return self._reading.start_page(actor, activity_id, intern_id)

    def form(self, actor: Actor, id: int) -> Form:
        """What the scoring page shows: a draft to fill in, or a submitted one to amend."""
        return self._reading.form(actor, id)

    def read(self, actor: Actor, id: int) -> Reading:
        """A submitted assessment, for its assessor, its intern, course leads, and whoever scored
        the same; NotYours for everyone else."""
        return self._reading.read(actor, id)

    # Beginning ------------------------------------------------------------------------------------

    def start(
        self,
        actor: Actor,
        activity_id: int,
        intern_id: int,
        competency_id: str,
        *,
        same_occasion_as: int | None = None,
        paper_for: int | None = None,
    ) -> int:
        """Begin a draft, or take an open one up again; its number.

        `same_occasion_as` is an assessment of one's own whose occasion this one shares; `paper_for`
        the supervisor whose paper form a course lead types in.
        """
        actor.require(Right.SCORE)
        activity = self._activities.ready(actor.course, activity_id, hold=True)
        intern = self._people.intern(actor.course, intern_id)
        competency = activity.competency(competency_id)
        assessor = self._assessor(actor, paper_for)
        for row in self._rows.of_intern(activity_id, intern_id):
            mine = row.assessor_id == assessor and row.entered_by_id == _entered_by(actor, assessor)
            if mine and row.competency_id == competency.id and row.state == State.DRAFT:
                return row.id
        draft = Assessment(
            activity_id=activity_id,
            competency_id=competency.id,
            intern_id=intern.id,
            assessor_id=assessor,
            entered_by_id=_entered_by(actor, assessor),
            occasion=self._occasion(actor, activity_id, intern.id, assessor, same_occasion_as),
            state=State.DRAFT,
            version=1,
            started_at=self._now,
            saved_at=self._now,
        )
        self._session.add(draft)
        self._session.flush()
        return draft.id

    def _assessor(self, actor: Actor, paper_for: int | None) -> int:
        if paper_for is None or paper_for == actor.person:
            return actor.person
        actor.require(Right.ENTER_PAPER)
        return self._people.supervisor(actor.course, paper_for).id

    def _occasion(
        self, actor: Actor, activity_id: int, intern_id: int, assessor: int, like: int | None
    ) -> Occasion:
        if like is not None:
            earlier = self._rows.changeable(actor, like)
            shared = (activity_id, intern_id, assessor)
            if (earlier.activity_id, earlier.intern_id, earlier.assessor_id) == shared:
                return earlier.occasion
        return Occasion(
            activity_id=activity_id,
            intern_id=intern_id,
            assessor_id=assessor,
            on=self._rows.today(self._rows.activity(activity_id)),
        )

    # Drafts ---------------------------------------------------------------------------------------

    def save_draft(self, actor: Actor, id: int, version: int, content: Content) -> int:
        """Keep what is on the form, complete or not; the version that now stands."""
        row = self._rows.changeable(actor, id)
        if row.state != State.DRAFT:
            raise AlreadySubmitted("no draft any more")
        self._rows.claim(row, version)
        self._rows.fill(row, content)
        return row.version

    def discard(self, actor: Actor, id: int) -> None:
        """Throw one's own draft away."""
        row = self._rows.changeable(actor, id)
        self._rows.delete_draft(row)
        self._audit.record(actor, "draft-discarded", "assessment", id)

    def submit(self, actor: Actor, id: int, version: int, content: Content) -> None:
        """Submit a draft: it counts from now on, and the intern can read it.

        FormInvalid names each fault and keeps nothing; the caller shows the form again as typed.
        """
        row = self._rows.changeable(actor, id)
        if row.state != State.DRAFT:
            raise AlreadySubmitted("submitted already")
        competency = self._checked(row, content)
        with self._results.changing(row.activity_id, row.intern_id, Change.ADDED, actor):
            self._rows.claim(row, version)
            self._rows.fill(row, _tidied(competency, content))
            row.state = State.SUBMITTED
            row.submitted_at = self._now
            self._rows.raise_flags(row, alarms(competency, content))
            self._audit.record(
                actor, "assessment-submitted", "assessment", row.id,
                intern=row.intern_id, ratings=dict(row.ratings), paper_for=_paper_for(row),
            )  # fmt: skip

    # Changing what was submitted ------------------------------------------------------------------

    def amend(self, actor: Actor, id: int, version: int, content: Content, reason: str) -> None:
        """Change one's own submitted assessment; what it said before is kept with the reason."""
        row = self._rows.changeable(actor, id)
        must_count(row)
        competency = self._checked(row, content, reason)
        with self._results.changing(row.activity_id, row.intern_id, Change.CHANGED, actor):
            self._rows.claim(row, version)
            self._rows.keep(row, actor, reason)
            before = dict(row.ratings)
            self._rows.fill(row, _tidied(competency, content))
            row.state = State.AMENDED
            self._rows.change_flags(row, alarms(competency, content))
            self._audit.record(
                actor, "assessment-amended", "assessment", row.id,
                reason=reason, before=before, after=dict(row.ratings),
            )  # fmt: skip

    def withdraw(self, actor: Actor, id: int, version: int, reason: str) -> None:
        """Take an assessment out of the result, for good; it stays to be read with the reason."""
        row = self._rows.movable(actor, id)
        _need_reason(reason)
        with self._results.changing(row.activity_id, row.intern_id, Change.CHANGED, actor):
            self._rows.claim(row, version)
            self._rows.keep(row, actor, reason)
            row.state = State.WITHDRAWN
            self._rows.change_flags(row, ())
            self._audit.record(actor, "assessment-withdrawn", "assessment", row.id, reason=reason)

    def move(self, actor: Actor, id: int, version: int, intern_id: int, reason: str) -> None:
        """Give an assessment that was made of the wrong person to the right intern."""
        row = self._rows.movable(actor, id)
        _need_reason(reason)
        to = self._people.intern(actor.course, intern_id)
        before = row.intern_id
        if to.id == before:
            raise FormInvalid({"intern": Fault.UNKNOWN_CHOICE})
        low, high = sorted((before, to.id))  # always locked in one order: no deadlock
        with (
            self._results.changing(row.activity_id, low, Change.CHANGED, actor),
            self._results.changing(row.activity_id, high, Change.CHANGED, actor),
        ):
            self._rows.claim(row, version)
            self._rows.keep(row, actor, reason)
            old = row.occasion
            row.occasion = Occasion(
                activity_id=row.activity_id, intern_id=to.id, assessor_id=row.assessor_id,
                on=old.on, setting=old.setting, specialty=old.specialty,
            )  # fmt: skip
            row.intern_id = to.id
            self._audit.record(
                actor, "assessment-moved", "assessment", row.id,
                reason=reason, before=before, after=to.id,
            )  # fmt: skip

    def _checked(self, row: Assessment, content: Content, reason: str | None = None) -> Competency:
        competency = self._rows.competency(row)
        today = self._rows.today(row.activity)
        found = faults(competency, content, today)
        if reason is not None and not reason.strip():
            found["reason"] = Fault.REASON_MISSING
        if found:
            raise FormInvalid({name: str(fault) for name, fault in found.items()})
        return competency


def _entered_by(actor: Actor, assessor: int) -> int | None:
    return actor.person if actor.person != assessor else None


def _paper_for(row: Assessment) -> int | None:
    return row.assessor_id if row.entered_by_id else None


def _tidied(competency: Competency, content: Content) -> Content:
    """Words typed for a level that was changed afterwards are dropped with their cause."""
    kept: dict[str, Any] = {
        alarm.criterion: alarm.text for alarm in alarms(competency, content) if alarm.criterion
    }
    return replace(
        content,
        what_happened=kept,
        concern_text=content.concern_text.strip() if content.concern else "",
        worked=content.worked.strip(),
        next_time=content.next_time.strip(),
        setting=content.setting.strip(),
        specialty=content.specialty.strip(),
    )


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise FormInvalid({"reason": Fault.REASON_MISSING})
