"""How far interns are on the way to a certificate, and the newest one of each."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, exists, func, select
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import State, in_groups
from lti_tool.domain.expiry import days_left
from lti_tool.domain.issuing import Issued, Stage, stage_of
from lti_tool.domain.people import Role
from lti_tool.domain.standard import Verdict
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate
from lti_tool.models.person import Membership, Person
from lti_tool.models.result import Result
from lti_tool.services.certificates import date_at
from lti_tool.services.people import PersonView


@dataclass(frozen=True, slots=True)
class Held:
    """The newest certificate of an intern, as lists show it."""

    id: int
    code: str
    state: State
    reason: str
    explanation: str
    """Why it ended, in the words of whoever ended it by hand."""
    issued_at: datetime
    ended_at: datetime | None
    expires_on: date | None
    days_left: int | None
    """How many days are left once a reminder is due; else None."""
    signed_off_by: str
    made: bool
    problem: str | None
    """Why its file could not be made, as a code."""
    tried_again: bool
    """Whether Rounds goes on trying by itself."""

    @property
    def issued(self) -> Issued:
        """What the rules of issuing look at."""
        failed = self.problem is not None
        return Issued(self.state, self.reason, self.expires_on, self.made, failed)


@dataclass(frozen=True, slots=True)
class Way:
    """How far someone is: the stage, and the newest certificate where there is any."""

    stage: Stage
    held: Held | None
    intern: bool
    """Whether that is still what they are in the course; else they have no page of results."""
    left: bool
    """Whether they have left the course."""


class CertificateWays:
    """Reads how far everyone of a course is, in as many queries for one as for hundreds."""

    def __init__(self, session: Session, now: datetime, *, reminder_days: int) -> None:
        self._session = session
        self._now = now
        self._reminder_days = reminder_days

    def of_all(self, activity_id: int) -> dict[int, Way]:
        """How far each of the course is, by person."""
        return self._ways(self._session.get_one(Activity, activity_id))

    def of(self, activity_id: int, intern_id: int) -> Way:
        """How far one of the course is."""
        return self._ways(self._session.get_one(Activity, activity_id), intern_id)[intern_id]

    def all_of(self, activity_id: int, intern_id: int) -> list[Held]:
        """Every certificate of an intern in an activity, the newest first."""
        activity = self._session.get_one(Activity, activity_id)
        rows = self._session.execute(
            _HELD.where(
                Certificate.activity_id == activity_id, Certificate.intern_id == intern_id
            ).order_by(Certificate.id.desc())
        )
        return [self._held(activity, *row) for _, *row in rows]

    def _ways(self, activity: Activity, intern_id: int | None = None) -> dict[int, Way]:
        of_activity = and_(
            Result.activity_id == activity.id, Result.intern_id == Membership.person_id
        )
        wanted = (
            select(
                Membership.person_id,
                Membership.role,
                Membership.left_at,
                Membership.test_user,
                Result.verdict,
            )
            .outerjoin(Result, of_activity)
            .where(Membership.course_id == activity.course_id)
        )
        if intern_id is not None:
            wanted = wanted.where(Membership.person_id == intern_id)
        held = self._newest(activity, intern_id)
        return {
            member.person_id: self._way(activity, member, held.get(member.person_id))
            for member in self._session.execute(wanted)
        }

    def _way(self, activity: Activity, member: Row[*tuple[Any, ...]], held: Held | None) -> Way:
        """Who is no intern any more waits for nothing, whatever standard they met before."""
        intern = member.role == Role.INTERN
        stage = stage_of(
            Verdict(member.verdict) if member.verdict and intern else None,
            held.issued if held else None,
            date_at(activity, self._now),
            sign_off=activity.sign_off,
            test_user=member.test_user,
            reminder_days=self._reminder_days,
        )
        return Way(stage, held, intern, left=member.left_at is not None)

    def _newest(self, activity: Activity, intern_id: int | None) -> dict[int, Held]:
        newest = (
            select(func.max(Certificate.id))
            .where(Certificate.activity_id == activity.id)
            .group_by(Certificate.intern_id)
        )
        if intern_id is not None:
            newest = newest.where(Certificate.intern_id == intern_id)
        rows = self._session.execute(_HELD.where(Certificate.id.in_(newest)))
        return {intern: self._held(activity, *row) for intern, *row in rows}

    def _held(
        self,
        activity: Activity,
        id: int,
        code: str,
        state: str,
        reason: str,
        explanation: str,
        issued_at: datetime,
        ended_at: datetime | None,
        expires_on: date | None,
        sha256: str | None,
        problem: str | None,
        try_at: datetime | None,
        signer: str | None,
    ) -> Held:
        today = date_at(activity, self._now)
        return Held(
            id=id,
            code=in_groups(code),
            state=State(state),
            reason=reason,
            explanation=explanation,
            issued_at=issued_at,
            ended_at=ended_at,
            expires_on=expires_on,
            days_left=days_left(expires_on, today, self._reminder_days),
            signed_off_by=signer or "",
            made=sha256 is not None,
            problem=problem,
            tried_again=try_at is not None,
        )


_HELD = select(
    Certificate.intern_id,
    Certificate.id,
    Certificate.code,
    Certificate.state,
    Certificate.reason,
    Certificate.explanation,
    Certificate.issued_at,
    Certificate.ended_at,
    Certificate.expires_on,
    Certificate.sha256,
    Certificate.problem,
    Certificate.try_at,
    Person.name,
).outerjoin(Person, Person.id == Certificate.signed_off_by_id)
"""Without what a certificate says and its file: a class has hundreds."""


def holder_of(session: Session, activity_id: int, person_id: int) -> PersonView | None:
    """Who was ever given a certificate of an activity, whatever they are in its course by now."""
    held = exists().where(
        Certificate.activity_id == activity_id, Certificate.intern_id == person_id
    )
    found = session.scalar(select(Person).where(Person.id == person_id, held))
    return PersonView(found.id, found.name) if found else None
