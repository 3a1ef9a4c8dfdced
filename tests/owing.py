"""A column of a gradebook and an intern, to owe messages to without the whole of an assessment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from lti_tool.domain.passback import File
from lti_tool.domain.people import Actor, Role
from lti_tool.lms import signing
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person
from lti_tool.services.errands import Job
from lti_tool.services.unit import Rounds, Unit
from tests import factories
from tests.gradebook import SCOPES

FILE = File("http://127.0.0.1:1/certificates/a.pdf", "certificate.pdf")


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **step: float) -> None:
        self.now += timedelta(**step)


@dataclass(frozen=True)
class Debtor:
    """What it takes to owe: a Rounds, the column's and the intern's rows, a course lead."""

    rounds: Rounds
    product: str
    activity: int
    column: int
    intern: int
    lead: Actor

    def owe(self, score: str | None, comment: str | None = None) -> int | None:
        """Owe a score; the row's id, None when it is no news."""
        with self.rounds.work() as unit:
            return self.owe_in(unit, score, comment)

    def owe_in(self, unit: Unit, score: str | None, comment: str | None = None) -> int | None:
        """The same in a transaction of the caller's."""
        row = unit.passbacks.owe_score(
            unit.session.get_one(GradeColumn, self.column),
            unit.session.get_one(Person, self.intern),
            score,
            "100",
            comment,
            unit.now,
            choose(self.product),
        )
        return row.id if row else None

    def certificate(self, *, rendered: bool = True) -> int:
        """A valid certificate of the intern."""
        with self.rounds.work() as unit:
            row = Certificate(
                platform_id=self.platform,
                activity_id=self.activity,
                intern_id=self.intern,
                state="valid",
                token=f"token-{unit.now:%s%f}",
                code=f"{unit.now:%H%M%S%f}",
                holder_key="k",
                design="standard",
                facts={},
                sha256="00" if rendered else None,
                issued_at=unit.now,
            )
            unit.session.add(row)
            unit.session.flush()
            return row.id

    def owe_certificate(self, certificate: int, score: str = "90") -> int:
        with self.rounds.work() as unit:
            return unit.passbacks.owe_certificate(
                unit.session.get_one(GradeColumn, self.column),
                unit.session.get_one(Person, self.intern),
                score,
                "100",
                "Standard met.",
                FILE,
                certificate_id=certificate,
                product=choose(self.product),
            ).id

    def and_others(self, count: int) -> list["Debtor"]:
        """This one, and the same about so many other interns in the same column."""
        with self.rounds.work() as unit:
            course = unit.session.get_one(Course, self.lead.course)
            others = [
                factories.member(unit.session, course, f"Intern {number}", Role.INTERN)
                for number in range(count)
            ]
        return [self, *(replace(self, intern=other.person) for other in others)]

    def of_another_activity(self, column_url: str) -> "Debtor":
        """The same in the column of another activity of the course."""
        with self.rounds.work() as unit:
            course = unit.session.get_one(Course, self.lead.course)
            activity = factories.activity(unit.session, course, "Another block")
            column = unit.session.scalars(
                select(GradeColumn).where(GradeColumn.activity_id == activity.id)
            ).one()
            column.lineitem_url = column_url
        return replace(self, activity=activity.id, column=column.id)

    @property
    def platform(self) -> int:
        with self.rounds.reading() as unit:
            return unit.session.get_one(Person, self.intern).platform_id

    @property
    def subject(self) -> str:
        """Who the intern is to the LMS."""
        with self.rounds.reading() as unit:
            return unit.session.get_one(Person, self.intern).subject

    def row(self, id: int) -> Passback:
        with self.rounds.reading() as unit:
            return unit.session.get_one(Passback, id)

    def rows(self) -> list[Passback]:
        with self.rounds.reading() as unit:
            return list(unit.session.scalars(select(Passback).order_by(Passback.stamp)))

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def job(self, id: int) -> Job:
        """The row's present job."""
        return Job(id, self.row(id).generation)


def owe_all(school: Sequence[Debtor], score: str = "80") -> list[int]:
    """Owe a score about each in one transaction; the rows' ids."""
    with school[0].rounds.work() as unit:
        return [one.owe_in(unit, score) or 0 for one in school]


def debtor(rounds: Rounds, origin: str, product: str = "other") -> Debtor:
    """A course of a platform whose services are all at `origin`, and an intern in it."""
    with rounds.work() as unit:
        session = unit.session
        signing.ensure_key(session, rounds.settings, unit.now)
        platform = factories.platform(session, product, auth_token_url=f"{origin}/token")
        course: Course = factories.course(session, platform)
        course.scopes = SCOPES
        activity = factories.activity(session, course)
        column = session.scalars(
            select(GradeColumn).where(GradeColumn.activity_id == activity.id)
        ).one()
        column.lineitem_url = f"{origin}/items/1?type_id=2"
        intern = factories.member(session, course, "Amara Okafor", Role.INTERN)
        lead = factories.member(session, course, "Dr Ingrid Solheim", Role.COURSE_LEAD)
        return Debtor(rounds, product, activity.id, column.id, intern.person, lead)
