"""Columns of a gradebook: how they are recognised, who may make them, and what then follows."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

TAG = "rounds"
"""What every column made by Rounds or for it carries, so that it can be asked for."""

CLAIM_LASTS = timedelta(minutes=30)
"""A job claims anew before each column it makes or deletes. This is longer than such a call takes
with the longest waits that can be set (for a token and for the call, and both once more after a
401: 24 minutes), and leaves some for clocks that differ."""

_MOMENT = "%Y%m%dT%H%M%S%f"


class Further(StrEnum):
    """What a column is to the LMS that a tool makes beside the one of its link."""

    PLAIN = "plain"
    COUNTS = "counts"
    """It counts in the course's total at once, and no tool can change that."""
    ASSIGNMENT = "assignment"
    """It is an assignment of its own, published at once."""


class Own(StrEnum):
    """Where the column of a link comes from if the LMS told none."""

    MADE = "made"
    """A tool may make it."""
    IN_SETTINGS = "in-settings"
    """Somebody switches grades on in the settings of the link."""
    AS_ASSIGNMENT = "as-assignment"
    """Somebody places the tool as an assignment."""


def resource_id(key: str, competency_id: str) -> str:
    """What names a column to the LMS: the activity's key and, unless it is its own, a competency.

    By the key alone a column can be told that the LMS made for a link of deep linking.
    """
    return f"{key}:{competency_id}" if competency_id else key


def is_another(before: str | None, now: str) -> bool:
    """Whether an address is not that of the same column told in another way.

    A path names a column. An LMS of several hosts tells that of the person's, and its query changes
    with a registration.
    """
    return before is not None and urlsplit(before).path != urlsplit(now).path


def claim(activity_id: int, now: datetime) -> str:
    """The name of a job about an activity's columns, which is its claim to them; always new."""
    return f"{activity_id}:{now:{_MOMENT}}"


def renewed(job: str, now: datetime) -> str:
    """The same job's claim to a column as from now on."""
    return f"{job}:{now:{_MOMENT}}"


def job_of(maker: str) -> str:
    """The job that made a claim."""
    return ":".join(maker.split(":")[:2])


def claimed_at(maker: str) -> datetime:
    """When a claim was made or renewed."""
    return datetime.strptime(maker.rpartition(":")[2], _MOMENT).replace(tzinfo=UTC)


def is_free(maker: str | None, job: str, now: datetime) -> bool:
    """Whether `job` may see to a column that `maker` claimed.

    It may if it is that very job, run once more after its process died, or if the claim is so old
    that whoever made it has ended.
    """
    if maker is None or job_of(maker) == job:
        return True
    return now - claimed_at(maker) > CLAIM_LASTS
