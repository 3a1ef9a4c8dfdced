"""People at browsers of their own: they launch, open pages, and score."""

import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.bench.served import Answer, Client, cookies
from tests.stand_in import TOP_LEVEL, StandIn

ASSISTANT = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
CRITERIA = [f"TW-{number}" for number in range(1, 7)]
"""Of the competency "teamwork"."""

WORDS = {"support": "4", "worked": "The two sickest came first.", "setting": "Ward 6"}

FOUND, SEE_OTHER, OK = 302, 303, 200


class Unexpected(Exception):
    """An answer of another status than a browser would go on from."""


class Browser:
    """One person's browser: a connection that stays open, and the session of the last launch."""

    def __init__(self, port: int, lms: StandIn, **claims: Any) -> None:
        self._client = Client(port)
        self._lms = lms
        self._claims = claims
        self._cookie: dict[str, str] = {}
        self.home = ""
        self._token = ""

    def launch(self) -> None:
        """Launch, and see the first page."""
        login = self._client.post("/lti/login", urlencode(self._lms.login_form()), TOP_LEVEL)
        _check(login, FOUND)
        query = parse_qs(urlsplit(login.headers["Location"]).query)
        asked = {name: values[0] for name, values in query.items()}
        token = self._lms.sign(self._lms.claims(asked, **self._claims))
        form = urlencode({"id_token": token, "state": asked["state"]})
        launch = self._client.post("/lti/launch", form, {**TOP_LEVEL, "Cookie": cookies(login)})
        _check(launch, SEE_OTHER)
        self._cookie = {"Cookie": cookies(launch)}
        self.home = urlsplit(launch.headers["Location"]).path
        self.get(self.home)

    def close(self) -> None:
        self._client.close()

    def begin(self, intern: int) -> tuple[str, dict[str, str]]:
        """Begin an assessment of an intern's teamwork: its address, and the fields of its form."""
        if not self._token:
            page = self.get(f"{self.home}interns/{intern}/score")
            self._token = _found(r'name="csrf" value="([^"]+)"', page)
        begun = self.post(
            f"{self.home}interns/{intern}/assessments",
            {"csrf": self._token, "competency": "teamwork"},
        )
        form = self.get(begun)
        version = _found(r'name="version"[^>]* value="(\d+)"', form)
        return begun, {"csrf": self._token, "version": version}

    def submit(self, address: str, fields: Mapping[str, str], level: int) -> float:
        """Submit an assessment with this level throughout; the seconds it took."""
        scored = {**fields, **dict.fromkeys(CRITERIA, str(level)), **WORDS}
        began = time.perf_counter()
        self.post(address, {**scored, "on": "2026-09-14", "action": "submit"})
        return time.perf_counter() - began

    def get(self, path: str) -> str:
        """Open a page, or the one that it leads to."""
        answer = self._client.get(path, self._cookie)
        while answer.status in (FOUND, SEE_OTHER):
            answer = self._client.get(urlsplit(answer.headers["Location"]).path, self._cookie)
        _check(answer, OK)
        return answer.body.decode()

    def post(self, path: str, fields: Mapping[str, str]) -> str:
        """Send a form, and give where its answer leads to."""
        answer = self._client.post(path, urlencode(fields), self._cookie)
        _check(answer, SEE_OTHER)
        return urlsplit(answer.headers["Location"]).path


def _check(answer: Answer, status: int) -> None:
    if answer.status != status:
        raise Unexpected(f"{answer.status} in place of {status}: {answer.body.decode()[:2000]}")


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    if found is None:
        raise Unexpected(f"no {pattern} in {page[:2000]}")
    return found[1]
