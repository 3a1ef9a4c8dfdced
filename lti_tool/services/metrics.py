"""Metrics: what an operator watches, read from the rows that are the truth about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import State as CertificateState
from lti_tool.domain.passback import STUCK, UNFINISHED, State
from lti_tool.models.certificate import Certificate
from lti_tool.models.grade_service import GradeService
from lti_tool.models.passback import Passback
from lti_tool.services.deliverers import Deliverers
from lti_tool.services.passback_lists import at_stage
from lti_tool.services.tallies import OK, Count, Tallies


@dataclass(frozen=True, slots=True)
class Owed:
    """Messages of one platform in one state for one reason, and the oldest one's age in seconds."""

    platform: int
    state: State
    code: str
    messages: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Gradebook:
    """How one LMS takes messages. `code` says what was wrong the last time."""

    platform: int
    code: str
    failures: int
    """In a row; 0 while nothing is wrong."""
    silence_seconds: float | None
    """Since it last took one; None where it never did."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All there is to watch, at one moment. None of it names a person, a course or an address."""

    owed: Sequence[Owed]
    gradebooks: Sequence[Gradebook]
    certificates_waiting: int
    certificates_failed: int
    deliverers_alive: int
    deliverer_silence_seconds: float | None
    """Since the last sign of life of any deliverer; None when there is none."""
    counts: Sequence[Count]


class Metrics:
    """Reads the figures. A handful of statements, none of which looks at what is done with."""

    def __init__(
        self, session: Session, now: datetime, deliverers: Deliverers, tallies: Tallies
    ) -> None:
        self._session = session
        self._now = now
        self._deliverers = deliverers
        self._tallies = tallies

    def read(self) -> Figures:
        """The figures as they are now."""
        waiting, failed = self._certificates()
        return Figures(
            owed=self._owed(),
            gradebooks=self._gradebooks(),
            certificates_waiting=waiting,
            certificates_failed=failed,
            deliverers_alive=self._deliverers.alive(),
            deliverer_silence_seconds=self._silence(),
            counts=self._tallies.all(),
        )

    def _owed(self) -> list[Owed]:
        """What is still to be done with, by the engine or by a person.

        A refused score that a newer one replaced is nobody's business any more. The age counts
        from the stamp: a message that a person sent again is as young as that.
        """
        code = func.coalesce(Passback.last_code, OK)
        key = Passback.platform_id, Passback.state, code
        rows = self._session.execute(
            select(*key, func.count(), func.min(Passback.stamp))
            .where(Passback.state.in_(UNFINISHED | STUCK), at_stage(None))
            .group_by(*key)
            .order_by(*key)
        )
        return [
            Owed(platform, State(state), why, messages, self._since(oldest))
            for platform, state, why, messages, oldest in rows
        ]

    def _gradebooks(self) -> list[Gradebook]:
        rows = self._session.scalars(select(GradeService).order_by(GradeService.platform_id))
        return [
            Gradebook(
                row.platform_id,
                row.code or OK,
                row.failures,
                None if row.ok_at is None else self._since(row.ok_at),
            )
            for row in rows
        ]

    def _certificates(self) -> tuple[int, int]:
        """How many valid certificates have no file yet, and how many could not be made."""
        number, failed = self._session.execute(
            select(func.count(), func.count(Certificate.problem)).where(
                Certificate.state == CertificateState.VALID, Certificate.sha256.is_(None)
            )
        ).one()
        return number - failed, failed

    def _silence(self) -> float | None:
        seen = self._deliverers.last_seen()
        return None if seen is None else self._since(seen)

    def _since(self, moment: datetime) -> float:
        return max(0.0, (self._now - moment).total_seconds())
