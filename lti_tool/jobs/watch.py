"""Watching what ought to move, by this process's own clock: another machine's may be wrong."""

from collections.abc import Callable, Mapping
from time import monotonic

LOOKS = 4
"""How often a thing must at least be seen before it is taken to stand still."""


class Watch:
    """Tells what has stood still for longer than `seconds`.

    Only time in which somebody looked counts. Whoever could not look, as while the database was
    away, does not know what moved meanwhile, and what it watches may have been no better off.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._looked = clock()
        self._stood: dict[str, tuple[int, float]] = {}

    def still(self, states: Mapping[str, int]) -> dict[str, int]:
        """Those of these things that have stood still, each given as a name with its state.

        A thing that is not among them is forgotten.
        """
        now = self._clock()
        passed = min(now - self._looked, self._seconds / LOOKS)
        self._looked = now
        self._stood = {
            name: (state, self._so_far(name, state, passed)) for name, state in states.items()
        }
        return {
            name: state for name, (state, so_far) in self._stood.items() if so_far > self._seconds
        }

    def _so_far(self, name: str, state: int, passed: float) -> float:
        before, so_far = self._stood.get(name, (None, 0.0))
        return so_far + passed if before == state else 0.0
