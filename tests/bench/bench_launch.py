"""Whole launches: login, redirect, signed token, first page. Prints a Markdown table.

Run by `./dev bench launch`. The driver signs a fresh token for each launch, each as a browser that
has no cookie yet, and shares the machine with the tool and its database.
"""

import contextlib
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Actor, Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.models.activity import Activity
from lti_tool.models.person import Membership
from lti_tool.services.activities import Choice
from tests import factories
from tests.bench.served import Client, Served, cookies, served
from tests.factories import EASY, THREE
from tests.stand_in import MEMBERSHIP, TOP_LEVEL, StandIn, key_server, stand_in

ROUNDS = 5
LAUNCHES = 400
AT_ONCE = 8
FAR = 0.1
"""Seconds to the keys of a platform that is far away."""

STALL = 8
"""Seconds for which the keys of a stalled platform do not come."""

NEIGHBOURS = 2
PACE = 0.25
"""So many others launch into another platform meanwhile, each with so many seconds between."""


def main(launches: int = LAUNCHES) -> None:
    """Launch again and again, and print what it took."""
    with served() as tool, stand_in(tool.rounds) as lms:
        _prepare(tool, lms)
        for _ in range(20):
            _launch(Client(tool.port), lms)
        pages = {
            "Launch up to the redirect to its first page": [
                _round(tool, lms, launches, first_page=False) for _ in range(ROUNDS)
            ],
            "Launch with its first page": [_round(tool, lms, launches) for _ in range(ROUNDS)],
        }
        far: dict[float, list[Row]] = {0: [], FAR: []}
        stalled: dict[float, list[Row]] = {0: [], STALL: []}
        for _ in range(ROUNDS):
            for delay, rows in far.items():
                rows.append(_far(tool, launches, delay))
            for delay, rows in stalled.items():
                rows.append(_beside(tool, lms, launches * 3, delay))
    for title, rows in pages.items():
        _print(title, rows)
    for delay, rows in far.items():
        _print(f"Launch, keys not fetched yet and {delay * 1000:.0f} ms away", rows)
    for delay, rows in stalled.items():
        _print(f"Launch while the keys of another platform take {delay} s", rows)


def _far(tool: Served, launches: int, delay: float) -> "Row":
    """Launches of a platform whose keys nobody has fetched yet."""
    with _platform(tool, delay) as lms:
        return _round(tool, lms, launches, first_page=False)


def _beside(tool: Served, lms: StandIn, launches: int, delay: float) -> "Row":
    """The same while others launch into a platform whose keys take so long to come."""
    over = threading.Event()

    def launch(other: StandIn) -> None:
        client = Client(tool.port)
        while not over.wait(PACE):
            _launch(client, other, first_page=False, status=None)

    with _platform(tool, delay) as other:
        others = [threading.Thread(target=launch, args=(other,)) for _ in range(NEIGHBOURS)]
        for thread in others:
            thread.start()
        row = _round(tool, lms, launches, first_page=False, at_once=AT_ONCE // 2)
        over.set()
        for thread in others:
            thread.join()
    return row


@contextlib.contextmanager
def _platform(tool: Served, delay: float) -> Iterator[StandIn]:
    """One more platform, whose keys take so long to come."""
    with key_server() as keys:
        keys.delay = delay
        with tool.rounds.work() as unit:
            platform = factories.platform(unit.session, jwks_url=keys.url)
        yield StandIn(tool.rounds, keys, platform)


Row = tuple[float, float, float, float]
"""Launches a second, milliseconds of CPU a launch, and of waiting: p50 and p95."""


def _print(title: str, rows: list[Row]) -> None:
    print(f"\n| {title}; gunicorn with 2 workers, PostgreSQL | |")
    print("|---|--:|")
    for name, unit, values in zip(
        ("launches a second", "server CPU a launch", "done after, p50", "p95"),
        ("", " ms", " ms", " ms"),
        zip(*rows, strict=True),
        strict=True,
    ):
        middle, low, high = statistics.median(values), min(values), max(values)
        print(f"| {name}, median of {ROUNDS} rounds | {middle:.1f}{unit} [{low:.1f}-{high:.1f}] |")


def _round(
    tool: Served, lms: StandIn, launches: int, *, first_page: bool = True, at_once: int = AT_ONCE
) -> Row:
    took: list[float] = []
    left = iter(range(launches))
    lock = threading.Lock()

    def work() -> None:
        client = Client(tool.port)
        while True:
            with lock:
                if next(left, None) is None:
                    return
            start = time.perf_counter()
            _launch(client, lms, first_page=first_page)
            took.append((time.perf_counter() - start) * 1000)

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    cpu, start = tool.cpu_seconds(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed, used = time.perf_counter() - start, tool.cpu_seconds() - cpu
    ordered = sorted(took)
    return (
        launches / elapsed,
        used / launches * 1000,
        statistics.median(ordered),
        ordered[int(len(ordered) * 0.95)],
    )


def _launch(
    client: Client, lms: StandIn, *, first_page: bool = True, status: int | None = 303
) -> None:
    """One launch, which must end with `status`, if one is given."""
    login = client.post("/lti/login", urlencode(lms.login_form()), TOP_LEVEL)
    asked = {
        name: values[0]
        for name, values in parse_qs(urlsplit(login.headers["Location"]).query).items()
    }
    token = lms.sign(lms.claims(asked, roles=[MEMBERSHIP + "Learner"]))
    form = urlencode({"id_token": token, "state": asked["state"]})
    launch = client.post("/lti/launch", form, {**TOP_LEVEL, "Cookie": cookies(login)})
    assert status in (None, launch.status), launch.body
    if not first_page:
        return
    page = urlsplit(launch.headers["Location"]).path
    first = client.get(page, {"Cookie": cookies(launch)})
    assert first.status == 200, first.body


def _prepare(tool: Served, lms: StandIn) -> None:
    """The activity is set up, so that the first page is a real one."""
    client = Client(tool.port)
    login = client.post("/lti/login", urlencode(lms.login_form()), TOP_LEVEL)
    asked = parse_qs(urlsplit(login.headers["Location"]).query)
    flat = {name: values[0] for name, values in asked.items()}
    form = urlencode({"id_token": lms.sign(lms.claims(flat)), "state": flat["state"]})
    client.post("/lti/launch", form, {**TOP_LEVEL, "Cookie": cookies(login)})
    with tool.rounds.work() as unit:
        activity = unit.session.query(Activity).one()
        lead = unit.session.query(Membership).one()
        actor = Actor(lead.person_id, lead.course_id, Role.COURSE_LEAD)
        unit.activities.choose(
            actor, activity.id, Choice(THREE, EASY, GradeMapping.TABLE, SendWhen.AS_SCORED)
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
