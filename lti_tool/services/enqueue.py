"""How services hand a job to the engine, which they do not know."""

from typing import Protocol

from sqlalchemy.orm import Session


class Enqueue(Protocol):
    """Hands a job to the engine in the caller's transaction."""

    def __call__(self, session: Session, kind: str, about: str, lane: int | None = None) -> None:
        """Have what `about` names seen to: a row's id, and after a colon what makes it new work.

        `lane` is the id of the platform that the job talks to, for jobs that talk to one: those of
        one LMS wait for each other, and never for those of another.
        """
