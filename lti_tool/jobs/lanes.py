"""Lanes: how many messages to one LMS this process has under way."""

from threading import BoundedSemaphore

PLACES = 2
"""How many messages are worked on for each that may be on the wire: while one is sent, another is
made ready and a third put down as sent. One that is made ready counts as being sent already, unless
it must not be said twice."""


class Lane:
    """One LMS's share of this process: places to work on a message, and calls at a time."""

    def __init__(self, calls: int) -> None:
        self.places = BoundedSemaphore(calls * PLACES)
        self.calls = BoundedSemaphore(calls)


class Lanes:
    """A lane for each LMS, made when it is first sent anything; any number of threads may ask."""

    def __init__(self, calls: int) -> None:
        self._calls = calls
        self._lanes: dict[int | None, Lane] = {}

    def of(self, platform_id: int | None) -> Lane:
        """The lane of a platform."""
        return self._lanes.setdefault(platform_id, Lane(self._calls))
