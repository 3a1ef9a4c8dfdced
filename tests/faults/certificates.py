"""Certificates and grades owed at once, to a real deliverer whose renderer is made to suffer."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from lti_tool import jobs, migrations
from lti_tool.app import make_rounds
from lti_tool.domain.passback import State
from lti_tool.domain.people import Role
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person
from lti_tool.pdf import dump_facts
from lti_tool.services.unit import Rounds, Unit
from lti_tool.settings import load_settings
from tests import factories
from tests.certificates import FACTS, competency
from tests.conftest import SECRET
from tests.gradebook import Gradebook, serving
from tests.owing import FILE, Debtor, debtor
from tests.renderers import renderers
from tests.stack import until

FACTS_STORED = dump_facts(FACTS)
UNPRINTABLE = FACTS_STORED | {"activity": ""}
ENDLESS = dump_facts(
    replace(
        FACTS,
        competencies=tuple(
            competency(f"Part {part}", tuple(f"Criterion {row}" for row in range(200)))
            for part in range(50)
        ),
    )
)
"""Nothing is wrong with ten thousand criteria, but their pages take a minute to lay out."""

SETTINGS = {
    "ROUNDS_BASE_URL": "http://127.0.0.1:1",
    "ROUNDS_SECRET_KEY": SECRET,
    "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8",
    "ROUNDS_ENGINE_POLL_SECONDS": "0.1",
    "ROUNDS_CERTIFICATE_SECONDS": "4",
    "ROUNDS_RETRY_SECONDS": "60",
}
"""What takes too long is tried once in a trial, and then at the next start."""


@dataclass(frozen=True)
class Trial:
    """Certificates and grades owed to one gradebook through the engine."""

    environment: Mapping[str, str]
    owing: Debtor
    gradebook: Gradebook
    endless: int
    unprintable: int
    graded: frozenset[str]
    """The subjects of those who are owed a grade and no certificate."""

    @property
    def rounds(self) -> Rounds:
        return self.owing.rounds

    @contextlib.contextmanager
    def delivering(self) -> Iterator[subprocess.Popen[bytes]]:
        """`rounds deliver`, ended by the end of the block."""
        words = [sys.executable, "-m", "lti_tool.cli", "deliver"]
        process = subprocess.Popen(words, env=os.environ | dict(self.environment))
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def grades_arrived(self) -> int:
        """How many of those owed a grade have one in the gradebook."""
        return len(self.graded & {post["userId"] for post in self.gradebook.posts})

    def made(self) -> int:
        """How many certificates have their file."""
        with self.rounds.reading() as unit:
            with_file = select(func.count()).where(Certificate.sha256.is_not(None))
            return unit.session.scalars(with_file).one()

    def told_files(self) -> int:
        """How many messages about certificates the gradebook took."""
        with self.rounds.reading() as unit:
            told = Passback.certificate_id.is_not(None), Passback.state == State.SENT
            return unit.session.scalars(select(func.count()).where(*told)).one()

    def certificate(self, id: int) -> Certificate:
        with self.rounds.reading() as unit:
            return unit.session.get_one(Certificate, id)

    def message(self, certificate: int) -> Passback:
        with self.rounds.reading() as unit:
            of_it = select(Passback).where(Passback.certificate_id == certificate)
            return unit.session.scalars(of_it).one()

    def struck(self) -> list[int]:
        """The certificates that a killed renderer had in hand, and that are to be tried again."""
        with self.rounds.reading() as unit:
            broke = Certificate.problem == "certificate-render-failed"
            ids = unit.session.scalars(select(Certificate.id).where(broke)).all()
            return [id for id in ids if id != self.endless]


@contextlib.contextmanager
def owed(database_url: str, folder: Path, *, certificates: int, grades: int) -> Iterator[Trial]:
    """Owe that many of both in one transaction, over an empty database.

    The first certificate takes for ever to make, the second cannot be printed.
    """
    database = {"ROUNDS_DATABASE_URL": database_url, "ROUNDS_DATA_DIR": str(folder)}
    settings = load_settings(environment := SETTINGS | database)
    migrations.upgrade(settings.database)
    jobs.upgrade_engine(settings.database)
    rounds = make_rounds(settings)
    with serving() as gradebook:
        owing = debtor(rounds, gradebook.origin, "canvas")
        facts = [ENDLESS, UNPRINTABLE, *[FACTS_STORED] * (certificates - 2)]
        with rounds.work() as unit:
            issued = [_issue(unit, owing, one) for one in facts]
            graded = [_intern(unit, owing) for _ in range(grades)]
            for person in graded:
                replace(owing, intern=person.id).owe_in(unit, "80")
            subjects = frozenset(person.subject for person in graded)
        yield Trial(environment, owing, gradebook, issued[0], issued[1], subjects)
        rounds.engine.dispose()


def _issue(unit: Unit, owing: Debtor, facts: dict[str, Any]) -> int:
    """A certificate for somebody, and the message that takes its file to the gradebook; its id."""
    intern = _intern(unit, owing)
    row = Certificate(
        platform_id=intern.platform_id,
        activity_id=owing.activity,
        intern_id=intern.id,
        state="valid",
        token=f"token-{intern.id}",
        code=f"{intern.id}",
        holder_key="k",
        design="standard",
        facts=facts,
        issued_at=unit.now,
    )
    unit.session.add(row)
    unit.session.flush()
    unit.passbacks.owe_certificate(
        unit.session.get_one(GradeColumn, owing.column),
        intern,
        "90",
        "100",
        None,
        FILE,
        certificate_id=row.id,
        product=choose(owing.product),
    )
    return row.id


def _intern(unit: Unit, owing: Debtor) -> Person:
    course = unit.session.get_one(Course, owing.lead.course)
    intern = factories.member(unit.session, course, "Amara Okafor", Role.INTERN)
    return unit.session.get_one(Person, intern.person)


# A trial at any size ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """What came of a trial; times in seconds from the start of the deliverer."""

    made_when_grades_were_there: int
    grades_seconds: float
    certificates_seconds: float


def run(trial: Trial, certificates: int, seconds: float = 180) -> Figures:
    """Send all that was owed. A renderer is killed on the way, and then the deliverer; the next one
    makes what the renderer had in hand. Fails unless all but the first two are made and told.
    """
    good = certificates - 2
    began = time.monotonic()
    with trial.delivering() as deliverer:
        until(lambda: trial.grades_arrived() == len(trial.graded), seconds)
        grades_seconds, made = time.monotonic() - began, trial.made()
        until(lambda: trial.made() > 2, seconds)
        (renderer,) = until(lambda: renderers(deliverer.pid), seconds)
        os.kill(renderer, signal.SIGKILL)
        # A file that is being told when the deliverer dies is for a person to look after.
        until(lambda: trial.struck() and trial.told_files() + 1 == good, seconds)
        orphans = renderers(deliverer.pid)
        deliverer.kill()
    with trial.delivering():
        until(lambda: trial.told_files() == good, seconds)
        certificates_seconds = time.monotonic() - began
        until(lambda: not renderers() & orphans, seconds)
    return Figures(made, grades_seconds, certificates_seconds)
