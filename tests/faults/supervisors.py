"""Supervisors who launch, score and amend over HTTP, and who look and try again when it fails.

Each posts the forms that pages show them. What they submit carries a mark of its own, so that it
can be told afterwards what was kept, and how often.
"""

import http.client
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.stand_in import TOP_LEVEL, StandIn
from tests.visitor import fields_of

LOOK_AGAIN_SECONDS = 0.2
PATIENCE_SECONDS = 120
ANSWER_SECONDS = 30

AMENDED, SAVED, CUT_OFF, STALE = 0.3, 0.3, 0.15, 0.15
"""How many submits change an earlier one, come after a kept draft, are cut off on their way, and
come after one that is refused because its page was old."""

LEVELS = "234"
"""Levels that raise no alarm, so that no words are asked for."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: str


class Window:
    """A browser window on one launch. Whatever it asks for has no answer when the tool is down."""

    def __init__(self, origin: str) -> None:
        self._host = urlsplit(origin).netloc
        self._cookie = ""
        self.home = ""

    def get(self, path: str) -> Answer | None:
        """Open a page below the launch's own address."""
        return self._ask("GET", self.home + path)

    def post(self, path: str, fields: Mapping[str, str]) -> Answer | None:
        """Send a form."""
        return self._ask("POST", self.home + path, fields)

    def post_and_leave(self, path: str, fields: Mapping[str, str]) -> None:
        """Send a form, and be gone before it is answered."""
        with suppress(OSError, http.client.HTTPException), self._connection() as connection:
            self._send(connection, "POST", self.home + path, fields)

    def launch(self, lms: StandIn, **claims: object) -> None:
        """Launch as the LMS has people do it, and stay at the first page."""
        login = self._ask("POST", "/lti/login", lms.login_form())
        assert login is not None
        self._keep_cookie(login)
        asked = dict(parse_qsl(urlsplit(login.headers["Location"]).query))
        token = lms.sign(lms.claims(asked, **claims))
        done = self._ask("POST", "/lti/launch", {"id_token": token, "state": asked["state"]})
        assert done is not None
        assert done.status == 303, done.body
        self._keep_cookie(done)
        self.home = urlsplit(done.headers["Location"]).path

    def _keep_cookie(self, answer: Answer) -> None:
        lines = answer.headers.get_all("Set-Cookie", [])
        self._cookie = "; ".join(line.split(";")[0] for line in lines)

    def _ask(
        self, method: str, path: str, fields: Mapping[str, str] | None = None
    ) -> Answer | None:
        try:
            with self._connection() as connection:
                self._send(connection, method, path, fields)
                found = connection.getresponse()
                return Answer(found.status, found.headers, found.read().decode())
        except (OSError, http.client.HTTPException):
            return None

    def _connection(self) -> closing[http.client.HTTPConnection]:
        return closing(http.client.HTTPConnection(self._host, timeout=ANSWER_SECONDS))

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        fields: Mapping[str, str] | None,
    ) -> None:
        headers = {"Cookie": self._cookie, "Connection": "close", **TOP_LEVEL}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, None if fields is None else urlencode(fields), headers)


@dataclass
class Work:
    """What supervisors do between them, and what came of it."""

    interns: Sequence[int]
    criteria: Mapping[str, Sequence[str]]
    """Competency → the ids of its criteria."""
    kept: list[str] = field(default_factory=list)
    """The marks of what was submitted, as far as the web or a look at the page said so."""
    refused: list[str] = field(default_factory=list)
    """The marks of what the web refused to keep."""
    faults: list[str] = field(default_factory=list)
    """What nobody should ever be answered."""
    ways: list[str] = field(default_factory=list)
    """What happened to submits on their way, a word each time."""


class Supervisor:
    """One who submits so many times, by the dice of a seed."""

    def __init__(self, window: Window, work: Work, name: str, seed: str) -> None:
        self._window = window
        self._work = work
        self._name = name
        self._random = random.Random(seed)
        self._own: list[tuple[str, str]] = []
        """The addresses of what was submitted, and the competencies."""

    def submit(self, times: int) -> None:
        """Submit so many times, each until it is known to be kept."""
        for number in range(times):
            mark = f"{self._name}-{number}"
            if self._own and self._chance(AMENDED):
                self._amend(mark)
            else:
                self._score(mark)
            self._work.kept.append(mark)

    def _score(self, mark: str) -> None:
        competency = self._random.choice(list(self._work.criteria))
        path = self._begin(self._random.choice(self._work.interns), competency)
        fields = fields_of(self._open(path)) | self._filled(competency, mark)
        if self._chance(SAVED):
            fields["version"] = self._save(path, fields)
        if self._chance(STALE):
            self._send_stale(path, fields, self._save(path, fields))
            fields["version"] = fields_of(self._open(path))["version"]
        self._send(path, fields)
        self._own.append((path, competency))

    def _amend(self, mark: str) -> None:
        path, competency = self._random.choice(self._own)
        self._work.ways.append("amendments")
        fields = fields_of(self._open(f"{path}/amend")) | self._filled(competency, mark)
        fields["reason"] = "Seen again."
        if self._chance(STALE):
            self._send_stale(f"{path}/amend", fields | {"version": "1"}, fields["version"])
        self._send(f"{path}/amend", fields)

    def _chance(self, part: float) -> bool:
        return self._random.random() < part

    def _filled(self, competency: str, mark: str) -> dict[str, str]:
        levels = {id: self._random.choice(LEVELS) for id in self._work.criteria[competency]}
        return {**levels, "support": "4", "worked": mark, "action": "submit"}

    # One exchange, until it is answered -----------------------------------------------------------

    def _begin(self, intern: int, competency: str) -> str:
        """Begin a draft, or take up the one that an unanswered request began; its address."""
        fields = {
            "csrf": fields_of(self._open(f"interns/{intern}/score"))["csrf"],
            "competency": competency,
        }
        answer = self._insist(
            lambda: self._window.post(f"interns/{intern}/assessments", fields), {303}
        )
        return urlsplit(answer.headers["Location"]).path.removeprefix(self._window.home)

    def _open(self, path: str) -> str:
        return self._insist(lambda: self._window.get(path), {200}).body

    def _save(self, path: str, fields: Mapping[str, str]) -> str:
        """Keep the draft, as a page does while it is filled in; the version that then stands."""
        self._insist(lambda: self._window.post(f"{path}/draft", fields), {200, 409})
        return fields_of(self._open(path))["version"]

    def _send_stale(self, path: str, fields: Mapping[str, str], now: str) -> None:
        """Submit from a page that is older than what stands `now`."""
        if int(fields["version"]) >= int(now):
            return
        mark = f"{fields['worked']}-stale"
        sent = {**fields, "worked": mark}
        self._insist(lambda: self._window.post(path, sent), {409})
        self._work.refused.append(mark)

    def _send(self, path: str, fields: Mapping[str, str]) -> None:
        """Submit a form; when no answer comes, look whether it was kept, and else do it again."""
        if self._chance(CUT_OFF):
            self._work.ways.append("cut off")
            self._window.post_and_leave(path, fields)
            if self._is_kept(path, fields):
                return
        while True:
            answer = self._window.post(path, fields)
            if answer is not None and answer.status == 303:
                return
            if answer is not None:
                self._work.faults.append(f"{path} was answered {answer.status}")
            self._work.ways.append("unanswered")
            if self._is_kept(path, fields):
                self._work.ways.append("unanswered and kept")
                return

    def _is_kept(self, path: str, fields: Mapping[str, str]) -> bool:
        """Whether the page shows what was sent: a submitted one, or the form at a later version."""
        shown = fields_of(self._open(path))
        return shown.get("version") != fields["version"]

    def _insist(self, ask: Callable[[], Answer | None], wanted: set[int]) -> Answer:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            answer = ask()
            if answer is not None and answer.status in wanted:
                return answer
            if answer is not None:
                self._work.faults.append(f"answered {answer.status} in place of {wanted}")
            time.sleep(LOOK_AGAIN_SECONDS)
        raise AssertionError(f"no answer for {PATIENCE_SECONDS} seconds")
