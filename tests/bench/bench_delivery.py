"""How fast what is owed goes out, against a bare loop of posts. Prints a Markdown table.

Run by `./dev bench delivery`. The LMS answers in 40 ms and takes four scores at a time
(narrow_lms.py). A real `rounds deliver --once` and a loop of four threads, which do nothing but
post the same bodies with the same token, take turns; timed is what the LMS saw, from the first post
to the last answer.
"""

import logging
import statistics
import sys
import threading
from contextlib import nullcontext

import requests
import structlog
from sqlalchemy import select

from lti_tool.domain.passback import Message
from lti_tool.domain.people import Role
from lti_tool.lms.grades import RESULTS, SCOPE
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import GradeColumn
from lti_tool.models.person import Person
from lti_tool.services.unit import Rounds
from tests import factories
from tests.bench.narrow_lms import AT_ONCE, NarrowLms, Report, narrow_lms
from tests.bench.served import Installed, installed, postgresql

OWED = 1000
ROUNDS = 5
PRODUCT = "other"

Post = tuple[str, str]
"""Where to, and what."""


def main(owed: int = OWED, rounds: int = ROUNDS, deliverers: int = 1) -> None:
    """Owe so many scores again and again, and print how fast they went out.

    Several deliverers share the calls that the LMS takes at a time.
    """
    share = {"ROUNDS_ENGINE_WORKERS": str(AT_ONCE // deliverers)}
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    print(f"| {owed} scores, 40 ms, {AT_ONCE} at a time | bare loop | Rounds | of the loop |")
    print("|---|--:|--:|--:|")
    for name, database in (("PostgreSQL", postgresql()), ("SQLite", nullcontext(""))):
        with narrow_lms() as lms, database as url, installed(url, **share) as tool:
            pairs = [_pair(tool, lms, owed, deliverers) for _ in range(rounds)]
        bare, ours = (statistics.median(one) for one in zip(*pairs, strict=True))
        part = statistics.median(mine / loop for loop, mine in pairs)
        print(f"| {name} | {bare:.1f} a second | {ours:.1f} a second | {part:.1%} |")


def _pair(tool: Installed, lms: NarrowLms, owed: int, deliverers: int) -> tuple[float, float]:
    """Scores a second of the bare loop, and of Rounds, about as many new interns."""
    posts = owe(tool.rounds, lms.origin, owed)
    _bare(posts)
    loop = _rate(lms.report(), owed)
    processes = [tool.start("deliver", "--once") for _ in range(deliverers)]
    assert [process.wait() for process in processes] == [0] * deliverers, tool.folder / "log"
    return loop, _rate(lms.report(), owed)


def _rate(report: Report, owed: int) -> float:
    assert (report.posts, report.refused) == (owed, 0), (
        "each score once, and never too many at once"
    )
    return report.posts / report.seconds


def _bare(posts: list[Post], at_once: int = AT_ONCE) -> None:
    left, lock = iter(posts), threading.Lock()

    def post() -> None:
        headers = {"Authorization": "Bearer t", "Content-Type": SCORE}
        with requests.Session() as session:
            while True:
                with lock:
                    address, body = next(left, ("", ""))
                if not address:
                    return
                assert session.post(address, body, headers=headers, timeout=30).ok

    threads = [threading.Thread(target=post) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


SCORE = "application/vnd.ims.lis.v1.score+json"


def owe(rounds: Rounds, origin: str, count: int) -> list[Post]:
    """Owe a score about each of so many interns of a new course; the posts that tell them."""
    product = choose(PRODUCT)
    with rounds.work() as unit:
        session = unit.session
        platform = factories.platform(session, PRODUCT, auth_token_url=f"{origin}/token")
        course = factories.course(session, platform)
        course.scopes = [SCOPE, RESULTS]
        activity = factories.activity(session, course)
        column = session.scalars(
            select(GradeColumn).where(GradeColumn.activity_id == activity.id)
        ).one()
        column.lineitem_url = f"{origin}/items/{activity.id}"
        posts = []
        for number in range(count):
            actor = factories.member(session, course, f"Intern {number}", Role.INTERN)
            intern = session.get_one(Person, actor.person)
            row = unit.passbacks.owe_score(
                column,
                intern,
                f"{60 + number % 40}.5",
                "100",
                "Scored by Dr Helen Brandt",
                unit.now,
                product,
            )
            assert row is not None
            grade = product.grade(Message.of(row.message), row.stamp)
            posts.append((f"{column.lineitem_url}/scores", grade.get_value()))
    return posts


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
