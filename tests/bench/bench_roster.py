"""Read a roster of 1,000 members again and again: seconds and SQL statements, on PostgreSQL.

Run by `./dev bench roster`; prints a Markdown table. The LMS is a server in this process that
answers at once with pages of 50: what is timed is our own reading, checking and storing, and the
CPU column has the server's share in it.
"""

import logging
import sys
import time
from collections.abc import Callable

import structlog
from sqlalchemy import event

from lti_tool.lms.http import Http
from lti_tool.lms.roster import RosterReader
from lti_tool.lms.tokens import Tokens
from lti_tool.services.roster_refresh import refresh_roster
from lti_tool.services.unit import Rounds
from tests import factories
from tests.bench.bench_assessment import rounds_on_postgresql
from tests.platform_stub import PlatformStub, Reply

MEMBERS = 1000
PAGE = 50
WRITES = ("INSERT", "UPDATE", "DELETE")

Row = dict[str, object]


class Statements:
    """The statements an engine ran since it was last asked; many rows at once are one."""

    def __init__(self, rounds: Rounds) -> None:
        self._seen: list[str] = []
        event.listen(rounds.engine, "before_cursor_execute", self._note)

    def _note(self, connection: object, cursor: object, statement: str, *rest: object) -> None:
        self._seen.append(statement.split()[0])

    def take(self) -> list[str]:
        """The first word of each; it begins anew."""
        seen, self._seen = self._seen, []
        return seen


def main(members: int = MEMBERS) -> None:
    """Store a roster, store it again, and store it with a tenth of the people exchanged."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with rounds_on_postgresql() as rounds, PlatformStub() as lms:
        refresh = _prepare(rounds, lms)
        counted = Statements(rounds)
        title = f"Roster of {members}, pages of {PAGE}, PostgreSQL"
        print(f"| {title} | time | CPU | statements | writes |")
        print("|---|--:|--:|--:|--:|")
        first, tenth = range(members), members // 10
        for name, people in (
            ("for the first time", first),
            ("again, nothing changed", first),
            (f"again, {tenth} left and {tenth} new", range(tenth, members + tenth)),
        ):
            _serve(lms, [_member(number) for number in people])
            counted.take()
            began, worked = time.perf_counter(), time.process_time()
            refresh()
            seconds, cpu = time.perf_counter() - began, time.process_time() - worked
            seen = counted.take()
            writes = sum(one in WRITES for one in seen)
            print(f"| {name} | {seconds:.2f} s | {cpu:.2f} s | {len(seen)} | {writes} |")


def _prepare(rounds: Rounds, lms: PlatformStub) -> Callable[[], None]:
    """A course whose roster is the LMS's; what reads it once."""
    lms.answers("/token", {"access_token": "t", "expires_in": 3600})
    with rounds.work() as unit:
        platform = factories.platform(unit.session, auth_token_url=lms.url("/token"))
        course = factories.course(unit.session, platform)
        course.memberships_url, number = lms.url("/members"), course.id
    http = Http(rounds.settings)
    reader = RosterReader(http, Tokens(rounds, http))
    return lambda: refresh_roster(rounds, reader, number)


def _serve(lms: PlatformStub, people: list[Row]) -> None:
    for start in range(0, len(people), PAGE):
        more = start + PAGE < len(people)
        following = {"Link": f'</members{start + PAGE}>; rel="next"'} if more else {}
        page = Reply({"members": people[start : start + PAGE]}, headers=following)
        lms.answers(f"/members{start or ''}", page)


def _member(number: int) -> Row:
    return {
        "user_id": f"0b9d4c1e-77e2-4a53-8b0e-{number:012d}",
        "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        "name": f"Intern Number {number}",
        "given_name": "Intern",
        "family_name": f"Number {number}",
        "email": f"intern{number}@example.edu",
    }


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
