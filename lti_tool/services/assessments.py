"""Assessments: begun as a draft, submitted once, changed only with a reason and never forgotten.

Every change takes the version the page showed, in one conditional statement, so that of two tabs
only one can save. A change that counts recomputes the intern's result in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.domain.assessment import COUNTS, Content, Fault, State, alarms, faults
from lti_tool.domain.errors import AlreadySubmitted, AssessmentWithdrawn, FormInvalid, NotYours
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.rubric import Competency
from lti_tool.models.assessment import Assessment, AssessmentVersion, Flag, Occasion
from lti_tool.services.activities import Activities
from lti_tool.services.assessment_rows import AssessmentRows, must_count
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
from lti_tool.services.audit import Audit
from lti_tool.services.people import People, PersonView
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

    # Beginning ------------------------------------------------------------------------------------

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
                    draft=_open_draft(own, chosen.competency.id),
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
        activity = self._activities.ready(actor.course, activity_id)
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

    # The form -------------------------------------------------------------------------------------

    def form(self, actor: Actor, id: int) -> Form:
        """What the scoring page shows: a draft to fill in, or a submitted one to amend."""
        row = self._rows.changeable(actor, id)
        if row.state == State.WITHDRAWN:
            raise AssessmentWithdrawn("withdrawn")
        activity = self._rows.activity(row.activity_id)
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
        if row.state != State.DRAFT:
            raise AlreadySubmitted("no draft any more")
        self._audit.record(actor, "draft-discarded", "assessment", row.id)
        occasion = row.occasion_id
        self._session.delete(row)
        self._session.flush()
        if not self._session.scalar(
            select(Assessment.id).where(Assessment.occasion_id == occasion).limit(1)
        ):
            self._session.execute(delete(Occasion).where(Occasion.id == occasion))

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

    # Reading --------------------------------------------------------------------------------------

    def read(self, actor: Actor, id: int) -> Reading:
        """A submitted assessment, for whoever may read it: see `_check_may_read`."""
        row = self._rows.get(actor, id)
        self._check_may_read(actor, row)
        own = actor.person in (row.assessor_id, row.entered_by_id) and actor.may(Right.SCORE)
        counts = row.state in COUNTS
        lead = actor.may(Right.WITHDRAW_ANY)
        movable = counts and (own or lead)
        return Reading(
            id=row.id,
            version=row.version,
            state=State(row.state),
            competency=self._rows.competency(row),
            intern=PersonView(row.intern_id, row.intern.name),
            assessor=PersonView(row.assessor_id, row.assessor.name),
            entered_by=row.entered_by.name if row.entered_by else None,
            content=content_of(row) if own or lead else _without_private(content_of(row)),
            submitted_at=row.submitted_at,
            time_zone=self._rows.activity(row.activity_id).course.time_zone,
            activity_id=row.activity_id,
            earlier=tuple(_earlier(one, private=own or lead) for one in row.earlier),
            may_amend=counts and row.assessor_id == actor.person and actor.may(Right.SCORE),
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
        if actor.may(Right.READ_ALL) or actor.person in (row.assessor_id, row.entered_by_id):
            return
        if actor.may(Right.READ_OWN_RESULT) and row.intern_id == actor.person:
            return
        if actor.may(Right.SCORE) and row.state in COUNTS and self._scored_too(actor, row):
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

    def _checked(self, row: Assessment, content: Content, reason: str | None = None) -> Competency:
        competency = self._rows.competency(row)
        today = self._rows.today(self._rows.activity(row.activity_id))
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


def _open_draft(rows: Sequence[Assessment], competency_id: str) -> int | None:
    for row in rows:
        if row.competency_id == competency_id and row.state == State.DRAFT:
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
        reason=row.reason,
        content=content if private else _without_private(content),
    )


def _without_private(content: Content) -> Content:
    """What only the assessor and course leads read is taken out."""
    return replace(content, what_happened={}, concern=False, concern_text="")


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
