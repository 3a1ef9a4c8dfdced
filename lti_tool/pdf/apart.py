"""Have something done in a thread of its own.

pyHanko starts a loop of events for each document, which Python refuses where one runs already.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def apart(call: Callable[[], T]) -> T:
    """What `call` gives or raises, done in another thread while this one waits."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(call).result()
