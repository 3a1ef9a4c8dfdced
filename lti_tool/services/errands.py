"""Errands: what a job about a message is told, and all it takes to do it without a transaction."""

from dataclasses import dataclass
from datetime import datetime

from lti_tool.domain.passback import Message
from lti_tool.lms.products.choose import choose
from lti_tool.models.platform import Platform


@dataclass(frozen=True, slots=True)
class Job:
    """A row at one generation: what a job of the engine is about."""

    id: int
    generation: int

    def __str__(self) -> str:
        return f"{self.id}:{self.generation}"

    @classmethod
    def of(cls, about: str) -> "Job":
        """The job that `str` wrote."""
        id, _, generation = about.partition(":")
        return cls(int(id), int(generation))


@dataclass(frozen=True, slots=True)
class Errand:
    """All it takes to send one message, read from the rows beforehand."""

    platform: Platform
    granted: tuple[str, ...]
    column_url: str
    message: Message
    stamp: datetime
    unread: int = 0
    """How often in a row the cell could not be read."""
    told: tuple[Message, ...] = ()
    """What the cell may show by our own doing, where it must be read before it is written: the
    message it took last, and those since of which nobody knows whether they arrived."""

    @property
    def harmless(self) -> bool:
        """Whether saying it twice leaves the gradebook as saying it once does."""
        return choose(self.platform.product).harmless_to_repeat(self.message)


@dataclass(frozen=True, slots=True)
class Look:
    """All it takes to see whether the LMS has fetched the file of a message that it took."""

    platform: Platform
    progress_url: str
