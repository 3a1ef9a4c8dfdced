"""Results: recomputed with every change of an assessment, in the very same transaction.

What follows from a result follows here too: a certificate that is earned or no longer stands, and
the messages owed to the gradebook.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.db import insert_or_lock
from lti_tool.domain.assessment import COUNTS
from lti_tool.domain.errors import UnknownThing
from lti_tool.domain.people import Actor
from lti_tool.domain.result import CompetencyOutcome, Outcome, outcome
from lti_tool.domain.scoring import Scored
from lti_tool.domain.standard import Verdict
from lti_tool.models.activity import Activity
from lti_tool.models.assessment import Assessment, Flag, Occasion
from lti_tool.models.person import Person
from lti_tool.models.result import Result
from lti_tool.services import activities
from lti_tool.services.activity_rows import whole_activity
from lti_tool.services.certificate_facts import Grounds
from lti_tool.services.gradebook import WHOLE, Gradebook, News
from lti_tool.services.issuing import Issuing, Settled


class Change(StrEnum):
    """What happened to the assessments that a result is made of."""

    ADDED = "added"
    CHANGED = "changed"
    """Something that counted before was amended, withdrawn or moved."""
    RULES = "rules"
    """They are what they were; what the activity asks of them changed."""


@dataclass(frozen=True, slots=True)
class Last:
    """The newest assessment that counts: who, what and when."""

    assessor: str
    competency_id: str
    on: date


class Results:
    """Computes and keeps results."""

    def __init__(
        self, session: Session, now: datetime, issuing: Issuing, gradebook: Gradebook
    ) -> None:
        self._session = session
        self._now = now
        self._issuing = issuing
        self._gradebook = gradebook

    @contextmanager
    def changing(
        self, activity_id: int, intern_id: int, change: Change, actor: Actor
    ) -> Iterator[None]:
        """Change assessments of one intern inside this block; the result follows at its end.

        The result's row is locked first, so that two supervisors who submit at the same moment take
        turns and the later one counts both.
        """
        row = self._locked(activity_id, intern_id)
        yield
        self._session.flush()
        self._settle(row, change, actor)

    def recompute(self, activity_id: int, intern_id: int) -> None:
        """Compute a result anew because the activity's rules changed.

        A certificate says which standard was met: it stands while the new one is met as well.
        """
        row = self._locked(activity_id, intern_id)
        self._settle(row, Change.RULES, None)

    def decide(
        self, activity_id: int, intern_id: int, decision: Callable[[Grounds], Settled]
    ) -> None:
        """Have a course lead's decision about a certificate take effect, and tell the gradebook.

        It is made on the result as it is now, whatever page it was taken on.
        """
        self._bring_in_line(self._locked(activity_id, intern_id), decision)

    def interns(self, activity_id: int) -> Sequence[int]:
        """The interns that have a result in this activity."""
        return self._session.scalars(
            select(Result.intern_id).where(Result.activity_id == activity_id)
        ).all()

    def outcome(self, activity_id: int, intern_id: int) -> Outcome:
        """The result with everything behind it, as its page shows it."""
        return self._compute(self._activity(activity_id), intern_id)[0]

    def grounds(self, activity_id: int, intern_id: int) -> Grounds:
        """The same with the rows behind it, for what is said in writing."""
        activity = self._activity(activity_id)
        found, scored, _ = self._compute(activity, intern_id)
        return Grounds(activity, self._session.get_one(Person, intern_id), found, scored)

    # Within ---------------------------------------------------------------------------------------

    def _locked(self, activity_id: int, intern_id: int) -> Result:
        empty: dict[str, Any] = {
            "activity_id": activity_id,
            "intern_id": intern_id,
            "verdict": Verdict.NOT_ENOUGH,
            "competencies": {},
            "assessments": 0,
            "updated_at": self._now,
        }
        return insert_or_lock(self._session, Result, empty, ["activity_id", "intern_id"])

    def _settle(self, row: Result, change: Change, actor: Actor | None) -> None:
        changed = change is Change.CHANGED
        self._bring_in_line(
            row, lambda grounds: self._issuing.settle(grounds, changed=changed, actor=actor)
        )

    def _bring_in_line(self, row: Result, settle: Callable[[Grounds], Settled]) -> None:
        """Compute a result, have its certificate settled, and owe what follows to the gradebook."""
        activity = self._activity(row.activity_id)
        intern = self._session.get_one(Person, row.intern_id)
        found, scored, last = self._compute(activity, row.intern_id)
        before = _standings(row)
        _fill(row, found, self._now)
        now = _standings(row)
        moved = frozenset(id for id in now if now[id] != before.get(id, Verdict.NOT_ENOUGH))
        certificate = settle(Grounds(activity, intern, found, scored))
        self._gradebook.owe(activity, intern, News(found, moved, certificate, last))

    def _activity(self, activity_id: int) -> Activity:
        found = whole_activity(self._session, activity_id)
        if found is None:
            raise UnknownThing("no activity of that number")
        return found

    def _compute(
        self, activity: Activity, intern_id: int
    ) -> tuple[Outcome, dict[str, list[Scored]], dict[str, Last]]:
        rows = self._session.execute(
            select(
                Assessment.id,
                Assessment.competency_id,
                Assessment.assessor_id,
                Assessment.occasion_id,
                Occasion.on,
                Occasion.setting,
                Assessment.ratings,
                Person.name,
                _OPEN_FLAGS,
            )
            .join(Occasion, Occasion.id == Assessment.occasion_id)
            .join(Person, Person.id == Assessment.assessor_id)
            .where(
                Assessment.activity_id == activity.id,
                Assessment.intern_id == intern_id,
                Assessment.state.in_(COUNTS),
            )
            .order_by(Assessment.submitted_at, Assessment.id)
        ).all()
        scored: dict[str, list[Scored]] = {}
        last: dict[str, Last] = {}
        flags: Counter[str] = Counter()
        for id, competency_id, assessor, occasion, on, setting, ratings, name, raised in rows:
            one = Scored(id, assessor, occasion, _day(on), ratings, setting)
            scored.setdefault(competency_id, []).append(one)
            last[competency_id] = last[WHOLE] = Last(name, competency_id, one.on)
            flags[competency_id] += raised
        seen = activities.view(activity)
        found = outcome(
            [(chosen.competency, chosen.weight) for chosen in seen.chosen],
            seen.standard,
            seen.mapping,
            scored,
            flags,
        )
        return found, scored, last


_OPEN_FLAGS = (
    select(func.count(Flag.id))
    .where(
        Flag.assessment_id == Assessment.id,
        Flag.resolved_at.is_(None),
        Flag.dropped.is_(False),
    )
    .scalar_subquery()
)
"""How many open flags an assessment has."""


def _day(on: date | None) -> date:
    """A draft may lack its date, an assessment that counts may not."""
    if on is None:
        raise ValueError("an assessment that counts has no date")
    return on


def _standings(row: Result) -> dict[str, str]:
    return {WHOLE: row.verdict} | {id: one["verdict"] for id, one in row.competencies.items()}


def _fill(row: Result, found: Outcome, now: datetime) -> None:
    row.verdict = found.verdict
    row.mean = _written(found.mean)
    row.grade = _written(found.grade)
    row.competencies = {one.competency.id: _summary(one) for one in found.competencies}
    row.assessments = sum(one.result.assessments for one in found.competencies)
    row.updated_at = now


def _summary(one: CompetencyOutcome) -> dict[str, Any]:
    return {
        "verdict": one.verdict,
        "mean": _written(one.result.mean),
        "grade": _written(one.grade),
        "assessments": one.result.assessments,
        "supervisors": one.result.supervisors,
    }


def _written(value: Fraction | None) -> str | None:
    return None if value is None else f"{value.numerator}/{value.denominator}"
