"""One unit of work: one session, one transaction, and the services that share them.

This is the only place that commits, and the only place that knows how services are put together.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_tool.db import READ_ONLY
from lti_tool.packs import Catalogue
from lti_tool.services.audit import Audit
from lti_tool.services.sessions import Sessions
from lti_tool.settings import Settings

Enqueue = Callable[[Session, str, str], None]
"""enqueue(session, kind, id): hand a job to the engine in the caller's transaction."""


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Rounds:
    """Everything a process is given once: settings, database, competencies, engine, clock."""

    settings: Settings
    engine: Engine
    catalogue: Catalogue
    enqueue: Enqueue
    clock: Callable[[], datetime] = utc_now

    @contextmanager
    def work(self) -> Iterator["Unit"]:
        """A unit that may write: commits when the block ends well, else leaves no trace."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield Unit(self, session, self.clock())
            session.commit()

    @contextmanager
    def reading(self) -> Iterator["Unit"]:
        """A unit that only reads: nothing it does is kept."""
        with Session(self.engine.execution_options(**{READ_ONLY: True})) as session:
            yield Unit(self, session, self.clock())


@dataclass(frozen=True)
class Unit:
    """A session, the moment it began, and the services over it, each made when first asked for."""

    rounds: Rounds
    session: Session
    now: datetime

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.session, self.now)

    @cached_property
    def sessions(self) -> Sessions:
        settings = self.rounds.settings
        return Sessions(
            self.session,
            self.now,
            idle_minutes=settings.session_idle_minutes,
            warning_minutes=settings.session_warning_minutes,
        )
