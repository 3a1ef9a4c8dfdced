"""What is owed to a gradebook: the message, when it goes out, and in which order.

All messages for one (column, intern) form one sequence, scores and certificates together, told
apart by stamps that strictly rise. A stamp is fixed when the message is written, so that sending it
again says the very same thing and a late repetition can never overtake newer news.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from lti_tool.domain.standard import Verdict


class Kind(StrEnum):
    """What a message brings."""

    SCORE = "score"
    CERTIFICATE = "certificate"


class State(StrEnum):
    """Where a message is. Only a waiting one goes out; only a sending one may be in flight."""

    WAITING = "waiting"
    SENDING = "sending"
    FETCHING = "fetching"
    """Taken by the LMS, which has still to fetch its file; it is looked after, never said again."""
    SENT = "sent"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


LIVE = frozenset({State.WAITING, State.SENDING})
"""The states that hold back every message with a later stamp."""

UNFINISHED = LIVE | {State.FETCHING}
"""The states with work for the engine. A file may take hours, so it holds nothing back."""

STUCK = frozenset({State.REFUSED, State.UNCERTAIN})
"""The states that only a person, or newer news, ends."""


CHANGED = "changed-in-gradebook"
"""Why a message is refused whose cell somebody changed after Rounds wrote it."""

LAST_ATTEMPT = "last-attempt"
"""Why a certificate's file is held back: with it the intern would have no attempt left."""

ANY_NUMBER = 0
"""Of attempts: the LMS sets no limit."""

ROUNDING = Fraction(1, 10_000)
"""Gradebooks keep a few decimals; a tenth of a point of 100 is ten times this."""


class SendWhen(StrEnum):
    """When the number of an activity goes to the gradebook."""

    AS_SCORED = "as-scored"
    WHEN_ENOUGH = "when-enough"
    WHEN_MET = "when-met"


@dataclass(frozen=True, slots=True)
class File:
    """A certificate's file as the LMS fetches it: an absolute address and the name to show."""

    address: str
    title: str


@dataclass(frozen=True, slots=True)
class View:
    """An address of ours that the LMS keeps as the intern's work and opens for whoever looks at it.

    `begun_at` is when that work began: the same in every message, so that they are one attempt.
    """

    address: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """What is owed, without a word of how any product wants it said.

    `user` is the intern's subject on the platform. `score` and `maximum` are decimal strings as the
    page shows them; no score clears what the gradebook shows. `comment` None adds and changes none.
    `at` is the moment of the scoring or the certificate, the same in every message about it. `file`
    is there in a certificate's message only, `view` in a score's where the LMS shows such views.
    """

    kind: Kind
    user: str
    score: str | None
    maximum: str
    comment: str | None
    at: datetime
    file: File | None = None
    view: View | None = None

    def primitives(self) -> dict[str, Any]:
        """This message as JSON primitives."""
        file = self.file and {"address": self.file.address, "title": self.file.title}
        view = self.view and {
            "address": self.view.address,
            "begun_at": self.view.begun_at.isoformat(),
        }
        return {
            "kind": self.kind.value,
            "user": self.user,
            "score": self.score,
            "maximum": self.maximum,
            "comment": self.comment,
            "at": self.at.isoformat(),
            "file": file,
            "view": view,
        }

    @classmethod
    def of(cls, primitives: Mapping[str, Any]) -> "Message":
        """The message that `primitives` gave."""
        file, view = primitives["file"], primitives.get("view")
        return cls(
            kind=Kind(primitives["kind"]),
            user=primitives["user"],
            score=primitives["score"],
            maximum=primitives["maximum"],
            comment=primitives["comment"],
            at=datetime.fromisoformat(primitives["at"]),
            file=file and File(file["address"], file["title"]),
            view=view and View(view["address"], datetime.fromisoformat(view["begun_at"])),
        )

    def same_news(self, other: "Message") -> bool:
        """Whether this tells the gradebook nothing that `other` did not.

        When the scoring took place is no news by itself, and neither is the lack of a comment or
        a view.
        """
        return (
            (self.user, self.score, self.maximum) == (other.user, other.score, other.maximum)
            and self.comment in (None, other.comment)
            and self.file in (None, other.file)
            and self.view in (None, other.view)
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """What a gradebook shows of one person in one column, on its own scale; no score is none."""

    score: Decimal | None
    maximum: Decimal | None

    def says(self, score: str | None, maximum: str) -> bool:
        """Whether this is what a message told, on whatever scale."""
        if self.score is None or not self.maximum:
            return score is None
        if score is None:
            return False
        told = Fraction(score) / Fraction(maximum)
        return abs(Fraction(self.score) / Fraction(self.maximum) - told) < ROUNDING


def stands(when: SendWhen, verdict: Verdict) -> bool:
    """Whether an activity's number belongs in the gradebook at this standing.

    One that was sent and no longer stands is cleared by a message of its own.
    """
    if when is SendWhen.WHEN_ENOUGH:
        return verdict is not Verdict.NOT_ENOUGH
    return when is SendWhen.AS_SCORED or verdict is Verdict.MET


def supersedes(newer: Kind, older: Kind) -> bool:
    """Whether a newer message makes an older one that still waits pointless: a score a score."""
    return newer is older is Kind.SCORE


def next_stamp(last: datetime | None, now: datetime, *, whole_seconds: bool) -> datetime:
    """The stamp of a message written now: later than every one before it, if clocks step back too.

    Where the LMS compares whole seconds each message gets a second of its own, else a millisecond
    (what LMSs that compare exactly still tell apart). The stamp may thus lie ahead of the clock;
    `due` says when it may be sent.
    """
    step = timedelta(seconds=1) if whole_seconds else timedelta(milliseconds=1)
    stamp = _floor(now, step)
    if last is None or stamp > last:
        return stamp
    return _floor(last, step) + step


def _floor(moment: datetime, step: timedelta) -> datetime:
    return moment - timedelta(microseconds=moment.microsecond % (step // timedelta(microseconds=1)))


def due(stamp: datetime, now: datetime) -> datetime:
    """When a message of this stamp may go: never before its stamp.

    An LMS that took a stamp from the future would refuse every honest one until then.
    """
    return max(stamp, now)


LONGEST_DOUBLING = 30


def back_off(
    attempt: int,
    retry_after: float | None,
    *,
    jitter: float,
    first: float,
    longest: float,
) -> timedelta:
    """How long to wait after the failed attempt number `attempt` (from 1).

    The wait doubles from `first` to at most `longest` seconds; `jitter` from 0 to 1 spreads it over
    its upper half, so that a platform that comes back is not met by everyone at once. A platform's
    own `retry_after` in seconds is honoured up to `longest`.
    """
    doubled = min(first * 2.0 ** min(attempt - 1, LONGEST_DOUBLING), longest)
    wait = doubled * (1 + jitter) / 2
    return timedelta(seconds=min(max(wait, retry_after or 0), longest))


def uses_last_attempt(allowed: int | None, made: int) -> bool:
    """Whether one more attempt leaves a student none. `allowed` is None where nobody told."""
    return bool(allowed) and made + 1 >= (allowed or 0)
