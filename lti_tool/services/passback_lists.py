"""Lists of passbacks by how far they are: those of an activity, a part at a time, and counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from lti_tool.domain.passback import STUCK, Kind, State
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person
from lti_tool.services.passback_views import Delivery, deliveries, told


class Stage(StrEnum):
    """How far messages are, as lists of them are narrowed."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


STATES: Mapping[Stage, Sequence[State]] = {
    Stage.WAITING: [State.WAITING],
    Stage.SENDING: [State.SENDING, State.FETCHING],
    Stage.SENT: [State.SENT],
    Stage.REFUSED: [State.REFUSED],
    Stage.UNCERTAIN: [State.UNCERTAIN],
}


@dataclass(frozen=True, slots=True)
class Listing:
    """The messages of an activity at one stage, None for all, about interns of such a name."""

    session: Session
    activity_id: int
    stage: Stage | None = None
    search: str = ""

    @property
    def total(self) -> int:
        """How many there are."""
        found = _counted(func.count(), self.activity_id).where(*self._only())
        return self.session.scalar(found) or 0

    def rows(self, start: int, end: int) -> list[Delivery]:
        """A part of them, the newest first."""
        return deliveries(self.session, self.activity_id, *self._only(), part=(start, end))

    def _only(self) -> Sequence[ColumnElement[bool]]:
        only = [at_stage(self.stage)]
        if self.search:
            only.append(Passback.intern_id.in_(self._found()))
        return only

    def _found(self) -> Sequence[int]:
        """The interns of such a name. Databases differ in what they take for the same letter."""
        named = _counted(Passback.intern_id, self.activity_id).add_columns(Person.name).distinct()
        rows = self.session.execute(named.join(Person, Person.id == Passback.intern_id))
        wanted = self.search.casefold()
        return [id for id, name in rows if wanted in name.casefold()]


def counts(session: Session, activity_id: int) -> Mapping[Stage, int]:
    """How many messages of an activity are at each stage."""
    by_state: dict[str, int] = {}
    states = _counted(Passback.state, activity_id).add_columns(func.count())
    for state, count in session.execute(states.where(at_stage(None)).group_by(Passback.state)):
        by_state[state] = count
    return {
        stage: sum(by_state.get(state, 0) for state in states) for stage, states in STATES.items()
    }


def at_stage(stage: Stage | None) -> ColumnElement[bool]:
    """Whether a message is at this stage, None for any. One that is stuck and replaced by newer
    news since is at none: nobody can send it again.
    """
    there = or_(Passback.state.not_in(STUCK), ~replaced())
    return there if stage is None else and_(Passback.state.in_(STATES[stage]), there)


def replaced() -> ColumnElement[bool]:
    """Whether a score has newer news after it, so that it must not be sent again."""
    later = aliased(Passback)
    return exists().where(
        Passback.kind == Kind.SCORE,
        later.kind == Kind.SCORE,
        later.column_id == Passback.column_id,
        later.intern_id == Passback.intern_id,
        later.stamp > Passback.stamp,
    )


def _counted(what: Any, activity_id: int) -> Select[Any]:
    return (
        select(what)
        .select_from(Passback)
        .join(GradeColumn, GradeColumn.id == Passback.column_id)
        .join(Activity, Activity.id == GradeColumn.activity_id)
        .where(*told(activity_id))
    )
