"""The engine at work in a test: to the end of what is due, or until something is done."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from lti_tool import jobs
from lti_tool.services.unit import Rounds


def work(rounds: Rounds, **options: Any) -> None:
    """Run the engine to its end in a thread of its own: it bears no event loop of anybody else's in
    its thread, and a browser test may have left one in this.
    """
    with ThreadPoolExecutor(1) as threads:
        threads.submit(jobs.run, rounds, **options).result()


def run_until(rounds: Rounds, done: Callable[[], bool]) -> None:
    """Run the engine in this process; a pass after `done` it is told to stop."""

    class Watched(Event):
        def wait(self, timeout: float | None = None) -> bool:
            if done():
                self.set()
            return super().wait(timeout)

    work(rounds, stop=Watched())
