"""The families of refusals: what kind one is. The web turns a family into an HTTP status."""

from typing import ClassVar


class RoundsError(Exception):
    """The root of all refusals. `code` is stable; `str(error)` is one plain sentence."""

    code: ClassVar[str] = "error"


class Invalid(RoundsError):
    """What was sent cannot be used as it is: HTTP 400, or 422 for a form that comes back."""

    code = "invalid"


class NotAllowed(RoundsError):
    """Who asks has no right to this: HTTP 403."""

    code = "not-allowed"


class NotFound(RoundsError):
    """There is no such thing, or none this person may know of: HTTP 404."""

    code = "not-found"


class Conflict(RoundsError):
    """It was right when it was read, and has changed since: HTTP 409."""

    code = "conflict"


class TooMany(RoundsError):
    """Asked too often. `seconds` is how long to wait: HTTP 429 with Retry-After."""

    code = "too-many-tries"

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class Unavailable(RoundsError):
    """Something this needs is away for now: HTTP 503."""

    code = "unavailable"
