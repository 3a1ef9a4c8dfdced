"""Failed tries at the protocol's addresses are counted; who fails too often is told to wait.

Only what failed is held against a caller: a launch that is in order passes, whatever others behind
the same address did. The refusal of one try more costs less than the try.
"""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from flask import g

from lti_tool.domain.errors import (
    BrowserUnproven,
    Invalid,
    LmsLoginRequired,
    LmsRefused,
    NotAllowed,
)
from lti_tool.web import journal
from lti_tool.web.proxies import caller
from lti_tool.web.session import rounds

T = TypeVar("T")

HELPFUL = (BrowserUnproven, LmsLoginRequired, LmsRefused)
"""Refusals of people whose browser or LMS is in the way, in a lecture hall of many at once."""


def failures_counted(kind: str) -> Callable[[Callable[[], T]], Callable[[], T]]:
    """Count a view's refusals as tries of this kind, by caller and by the registration it named.

    What changed meanwhile (a launch posted twice) and what is away (the LMS) is nobody's failure,
    and what tells a person how to go on costs less than to count it.
    """

    def decorate(view: Callable[[], T]) -> Callable[[], T]:
        @wraps(view)
        def counting() -> T:
            try:
                return view()
            except HELPFUL:
                raise
            except (Invalid, NotAllowed) as error:
                journal.note(failed=error.code)
                who = f"{g.facts.get('platform', '')} {caller()}"
                with rounds().reading() as unit:
                    unit.limits.check(kind, who)
                with rounds().work() as unit:
                    unit.limits.count(kind, who)
                raise

        return counting

    return decorate
