"""Whether an LMS lets Rounds at its gradebook: tried step by step, as a delivery would, at the word
of a person who waits for the answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lti_tool.domain.errors import ColumnMissing, RoundsError, ScopeMissing, UnknownThing
from lti_tool.domain.people import Actor, Right
from lti_tool.lms.columns import READ, LineItems
from lti_tool.lms.grades import RESULTS, SCOPE, Grades
from lti_tool.lms.http import Http
from lti_tool.lms.tokens import Tokens
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person
from lti_tool.models.platform import Deployment, Platform
from lti_tool.services.unit import Rounds

LIMIT = "connection-tests"

log = structlog.get_logger("rounds.connection")


class Step(StrEnum):
    """What is tried, in this order: each needs the one before."""

    TOKEN = "token"  # noqa: S105  (the name of a step, not a secret)
    COLUMN = "column"
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Check:
    """How a step ended; no error is well."""

    step: Step
    error: RoundsError | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """All it takes to try the way to one column, read from the rows beforehand."""

    platform: Platform
    granted: frozenset[str]
    """The scopes that the course's launches grant."""
    column_url: str | None
    someone: str | None
    """The subject of an intern of whom the column was told."""


def try_connection(rounds: Rounds, actor: Actor, activity_id: int) -> list[Check]:
    """Try the way to an activity's own column; what goes well ends a pause of the LMS's service.

    No transaction is open while the LMS is asked. Raises NotAllowed, UnknownThing, and TooMany for
    someone who does so again and again.
    """
    with rounds.work() as unit:
        actor.require(Right.SEE_DELIVERY)
        of_course = Activity.id == activity_id, Activity.course_id == actor.course
        way = find_way(unit.session, *of_course, GradeColumn.competency_id == "")
        if way is None:
            raise UnknownThing("no activity of that number in this course")
        unit.limits.spend(LIMIT, str(actor.person))
    http = Http(rounds.settings, read_seconds=rounds.settings.http_person_seconds)
    checks = list(try_out(way, http, Tokens(rounds, http)))
    failed = next((check for check in checks if check.error is not None), None)
    if failed is None or failed.step is Step.RESULTS:
        with rounds.work() as unit:
            unit.grade_services.resume(way.platform.id)
    code = failed.error.code if failed and failed.error else "ok"
    log.info("connection-tested", platform=way.platform.id, step=checks[-1].step, code=code)
    return checks


def find_way(session: Session, *which: ColumnElement[bool]) -> Way | None:
    """The newest column among these, which may name Platform, Course, Activity and GradeColumn."""
    found = session.execute(
        select(Platform, Course, GradeColumn)
        .select_from(GradeColumn)
        .join(Activity, Activity.id == GradeColumn.activity_id)
        .join(Course, Course.id == Activity.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(*which)
        .order_by(GradeColumn.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    platform, course, column = found
    told = (
        select(Person.subject)
        .join(Passback, Passback.intern_id == Person.id)
        .where(Passback.column_id == column.id)
        .order_by(Passback.id.desc())
        .limit(1)
    )
    someone = session.scalar(told)
    return Way(platform, frozenset(course.scopes), column.lineitem_url, someone)


def try_out(way: Way, http: Http, tokens: Tokens) -> Iterator[Check]:
    """Each step in turn, to the first that fails; what the course does not grant is left out.

    The token is a new one: one that is kept may outlive what it was given for.
    """
    attempts: dict[Step, Callable[[], bool]] = {
        Step.TOKEN: lambda: _ask(way, tokens),
        Step.COLUMN: lambda: _read_column(way, LineItems(http, tokens)),
        Step.RESULTS: lambda: _read_result(way, Grades(http, tokens)),
    }
    for step, attempt in attempts.items():
        try:
            tried = attempt()
        except RoundsError as error:
            yield Check(step, error)
            return
        if tried:
            yield Check(step)


def _ask(way: Way, tokens: Tokens) -> bool:
    if SCOPE not in way.granted:
        raise ScopeMissing("the course's launches do not let Rounds send grades")
    tokens.ask(way.platform, [SCOPE])
    return True


def _read_column(way: Way, items: LineItems) -> bool:
    if way.column_url is None:
        raise ColumnMissing("nobody has told where the column is")
    scope = next((scope for scope in READ if scope in way.granted), None)
    if scope is None:
        return False
    items.read(way.platform, way.column_url, scope)
    return True


def _read_result(way: Way, grades: Grades) -> bool:
    if way.column_url is None or way.someone is None or RESULTS not in way.granted:
        return False
    grades.result(way.platform, way.column_url, way.someone)
    return True
