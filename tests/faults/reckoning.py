"""What must hold once all is quiet: the gradebook is what the database says, and nothing else."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lti_tool.domain.passback import UNFINISHED, Message, State
from lti_tool.domain.scoring import shown_grade
from lti_tool.models.activity import GradeColumn
from lti_tool.models.assessment import Assessment, AssessmentVersion
from lti_tool.models.audit import AuditEntry
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person
from lti_tool.models.result import Result
from lti_tool.services.unit import Rounds
from tests.faults.ledger import Ledger, Post
from tests.faults.supervisors import Work

ADDRESS = func.coalesce(GradeColumn.lineitem_url, "")
Cell = tuple[str, str]
"""A column's address and an intern's subject."""


def unfinished(rounds: Rounds) -> int:
    """How many messages are still to be sent."""
    owed = select(func.count()).where(Passback.state.in_(UNFINISHED))
    with rounds.reading() as unit:
        return unit.session.scalars(owed).one()


def differences(rounds: Rounds, ledger: Ledger, work: Work) -> list[str]:
    """All that is not as it must be, a line each."""
    with rounds.reading() as unit:
        session = unit.session
        return [
            *_submits(session, work),
            *_messages(session),
            *_sent_and_never_owed(session, ledger.arrived),
            *_out_of_order(ledger.arrived),
            *_gradebook(session, ledger),
        ]


def _submits(session: Session, work: Work) -> Iterator[str]:
    """What the web kept is there once, and what it refused is not."""
    marks = Counter(session.scalars(select(Assessment.worked)))
    marks.update(held["worked"] for held in session.scalars(select(AssessmentVersion.content)))
    for mark in work.kept:
        if marks[mark] != 1:
            yield f"submit {mark} is there {marks[mark]} times"
    yield from (f"submit {mark} was refused and is there" for mark in work.refused if marks[mark])
    submitted = select(AuditEntry.about_id, func.count()).where(
        AuditEntry.action == "assessment-submitted"
    )
    for id, times in session.execute(submitted.group_by(AuditEntry.about_id)):
        if times != 1:
            yield f"assessment {id} was submitted {times} times"


def _messages(session: Session) -> Iterator[str]:
    """Each message came to its end, and none to a bad one."""
    states = select(Passback.state, func.count()).group_by(Passback.state)
    for state, count in session.execute(states):
        if state not in (State.SENT, State.SUPERSEDED):
            yield f"{count} messages are {state}"


def _sent_and_never_owed(session: Session, arrived: Sequence[Post]) -> Iterator[str]:
    """Nothing arrived that no committed row says: no submit that was rolled back, none made up."""
    owed = {
        Post(column, user, row.stamp, _number(Message.of(row.message).score))
        for row, column, user in session.execute(_rows())
    }
    yield from (f"nobody owed {post}" for post in arrived if post not in owed)


def _out_of_order(arrived: Sequence[Post]) -> Iterator[str]:
    """The stamps of a cell rose as they arrived, but for what was said twice."""
    last: dict[Cell, Post] = {}
    for post in arrived:
        before = last.get((post.column, post.user))
        if before is not None and post != before and post.stamp <= before.stamp:
            yield f"{post} arrived after {before}"
        last[post.column, post.user] = post


def _gradebook(session: Session, ledger: Ledger) -> Iterator[str]:
    """Each cell shows the newest message about it, which is the grade that pages show."""
    newest: dict[Cell, tuple[datetime, Decimal | None]] = {}
    for row, column, user in session.execute(_rows().order_by(Passback.stamp)):
        if row.state != State.SUPERSEDED:
            newest[column, user] = row.stamp, _number(Message.of(row.message).score)
    shown = {cell: (post.stamp, post.score) for cell, post in ledger.cells.items()}
    grades = _grades(session)
    for cell in newest.keys() | shown.keys() | grades.keys():
        if newest.get(cell) != shown.get(cell):
            yield f"{cell} shows {shown.get(cell)} in place of {newest.get(cell)}"
        score = shown[cell][1] if cell in shown else None
        if score != grades.get(cell):
            yield f"{cell} shows {score}, and its result says {grades.get(cell)}"


def _rows() -> Select[Passback, str, str]:
    """All messages, with the address of the column and the intern's subject."""
    return select(Passback, ADDRESS, Person.subject).join(Passback.column).join(Passback.intern)


def _grades(session: Session) -> dict[Cell, Decimal | None]:
    """The grade that pages show for each cell that has one."""
    found = select(Result, GradeColumn.competency_id, ADDRESS, Person.subject)
    rows = session.execute(
        found.join(GradeColumn, GradeColumn.activity_id == Result.activity_id).join(
            Person, Person.id == Result.intern_id
        )
    )
    grades = {}
    for result, competency, column, user in rows:
        grade = result.competencies[competency]["grade"] if competency else result.grade
        if grade is not None:
            grades[column, user] = _number(shown_grade(Fraction(grade)))
    return grades


def _number(score: str | None) -> Decimal | None:
    return None if score is None else Decimal(score)
