"""A running sandbox LMS and, at its other end, a stand-in for the tool: both over real HTTP."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
import requests
from flask import Flask, Response, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from lti_tool.sandbox.app import Config, Sandbox, create_sandbox
from lti_tool.sandbox.keys import SigningKey
from lti_tool.sandbox.serve import start
from tests.lms_walker import LastPost, LmsWalker
from tests.sandbox_server import free_ports

PDF = b"%PDF-1.7 a certificate"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINE_ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
PROGRESS = "https://canvas.instructure.com/lti-ags/progress/scope/show"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
SUBMISSION = "https://canvas.instructure.com/lti/submission"


@dataclass
class StandIn:
    """The least that a tool is: a key set, a login that leads on, a launch that listens."""

    key: SigningKey
    origin: str = ""
    auth_url: str = ""
    bend: dict[str, str | None] = field(default_factory=dict)
    fetches: list[dict[str, str]] = field(default_factory=list)
    page: str = ""
    notices: list[str] = field(default_factory=list)
    registration: Callable[[str, str], str] | None = None
    gate: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Flask:
        app = Flask("stand-in")
        app.add_url_rule("/lti/jwks.json", "jwks", lambda: {"keys": [self.key.jwk()]})
        app.add_url_rule("/lti/login", "login", self.login, methods=["GET", "POST"])
        app.add_url_rule("/lti/launch", "launch", self.launch, methods=["POST"])
        app.add_url_rule("/lti/register", "register", self.register)
        app.add_url_rule("/lti/notices", "notices", self.notice, methods=["POST"])
        app.add_url_rule("/files/<what>", "file", self.file)
        app.add_url_rule("/hops/<int:left>", "hops", self.hops)
        return app

    def login(self) -> ResponseReturnValue:
        return redirect(f"{self.auth_url}?{urlencode(self.authentication(request.values))}")

    def authentication(self, login: Any) -> dict[str, str]:
        wanted: dict[str, str | None] = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": login["client_id"],
            "redirect_uri": f"{self.origin}/lti/launch",
            "login_hint": login["login_hint"],
            "lti_message_hint": login["lti_message_hint"],
            "nonce": "n-1",
            "state": "s-1",
        } | self.bend
        return {name: value for name, value in wanted.items() if value is not None}

    def launch(self) -> ResponseReturnValue:
        """The fields as JSON, or the page a browser is to find."""
        return self.page or request.form.to_dict()

    def register(self) -> ResponseReturnValue:
        """What a test wants done with the configuration's address and the token."""
        assert self.registration is not None
        query = request.args
        return self.registration(query["openid_configuration"], query["registration_token"])

    def notice(self) -> ResponseReturnValue:
        self.notices += [notice["jwt"] for notice in request.get_json()["notices"]]
        return "", 202

    def file(self, what: str) -> ResponseReturnValue:
        self.fetches.append(dict(request.headers))
        if what == "held":
            self.gate.wait(10)
        if what == "missing":
            return Response(status=404)
        return Response(PDF, content_type="application/pdf")

    def hops(self, left: int) -> ResponseReturnValue:
        return redirect(f"/hops/{left - 1}" if left > 1 else "/files/certificate.pdf")


class Lms:
    """One flavour of the running sandbox, seen from the tool's side."""

    def __init__(self, sandbox: Sandbox, key: str, tool: StandIn) -> None:
        self.key = key
        self.tool = tool
        self.home = sandbox.config.origin(0)
        self.house = sandbox.houses[key]
        self.platform = self.house.platform
        tool.auth_url = self.platform.address("auth")
        tool.registration = None
        tool.bend.clear()
        tool.page = ""
        tool.fetches.clear()
        tool.notices.clear()
        tool.gate.clear()
        self._tokens: dict[str, str] = {}

    # launching

    def last_post(self, person: str, activity: str = "competencies") -> LastPost:
        last = LmsWalker(self.home).until_last_post(self.key, person, activity)
        assert isinstance(last, LastPost), f"{last.status_code} {last.url}"
        return last

    def claims(self, person: str, activity: str = "competencies") -> dict[str, Any]:
        last = self.last_post(person, activity)
        token = last.fields["id_token"]
        keys = {key.kid: key for key in self.platform.keys.keys}
        signer = keys[jwt.get_unverified_header(token)["kid"]]
        found: dict[str, Any] = jwt.decode(
            token,
            signer.private.public_key(),
            algorithms=["RS256"],
            audience=self.platform.client.client_id,
        )
        return found

    def roles(self, person: str, activity: str = "competencies") -> set[str]:
        """The roles of a launch, shortened to what follows `/vocab/`."""
        roles = self.claims(person, activity)[CLAIM + "roles"]
        return {role.partition("/vocab/")[2].removeprefix("lis/v2/") for role in roles}

    def control(self, action: str, **body: Any) -> Any:
        answer = requests.post(f"{self.home}/control/{self.key}/{action}", json=body, timeout=5)
        assert answer.ok, answer.text
        return answer.json()

    def cell(self, person: str, activity: str = "competencies") -> dict[str, Any]:
        state = requests.get(f"{self.home}/control/state.json", timeout=5).json()[self.key]
        columns = {c["activity"]: c for c in state["columns"] if c["coupled"]}
        found: dict[str, Any] = columns[activity]["grades"][person]
        return found

    # services

    def assertion(self, **bend: Any) -> str:
        now = int(time.time())
        client_id = self.platform.client.client_id
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": self.platform.address("token"),
            "iat": now - 5,
            "exp": now + 60,
            "jti": str(time.perf_counter_ns()),
        } | bend
        return self.tool.key.sign({k: v for k, v in claims.items() if v is not None})

    def ask_token(self, scope: str, assertion: str | None = None) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or self.assertion(),
            "scope": scope,
        }
        return requests.post(self.platform.address("token"), data=form, timeout=10)

    def token(self, scope: str) -> str:
        if scope not in self._tokens:
            self._tokens[scope] = self.ask_token(scope).json()["access_token"]
        return self._tokens[scope]

    def call(
        self, method: str, address: str, scope: str, media: str = "", **more: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token(scope)}"}
        headers["Content-Type" if method in ("POST", "PUT") else "Accept"] = media or "*/*"
        return requests.request(method, address, headers=headers, timeout=10, **more)

    def column(self, activity: str = "competencies") -> str:
        return str(self.claims("ingrid", activity)[AGS]["lineitem"])

    def sub(self, person: str) -> str:
        house = self.house
        where = house.platform.world.courses["internship"]
        return str(house.people.sub(house.platform.world.people[person], where))

    def score(
        self, person: str = "amara", activity: str = "competencies", **bend: Any
    ) -> requests.Response:
        """Post a score. Fields given as None are left out."""
        body = {
            "userId": self.sub(person),
            "timestamp": stamp(),
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "scoreGiven": 80,
            "scoreMaximum": 100,
        } | bend
        body = {name: value for name, value in body.items() if value is not None}
        address = beside(self.column(activity), "scores")
        return self.call("POST", address, SCORE, SCORE_TYPE, json=body)


def claims_of(answer: requests.Response) -> dict[str, Any]:
    """The claims of the id_token that reached the stand-in at the end of a walk."""
    token = answer.json()["id_token"]
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def stamp(seconds: float = 0.0) -> str:
    """Now, or some seconds from now, to the millisecond."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def beside(column: str, name: str) -> str:
    """`/scores` and `/results` belong to the path, before any query."""
    path, mark, query = column.partition("?")
    return f"{path}/{name}{mark}{query}"


@pytest.fixture(scope="session")
def stand_in() -> Iterator[StandIn]:
    tool = StandIn(SigningKey.new())
    server = make_server("127.0.0.1", 0, tool.app(), threaded=True)
    tool.origin = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tool
    server.shutdown()


@pytest.fixture(scope="session")
def sandbox(stand_in: StandIn) -> Iterator[Sandbox]:
    sandbox = create_sandbox(Config(stand_in.origin, "localhost", free_ports()))
    servers = start(sandbox)
    yield sandbox
    ending = [threading.Thread(target=server.shutdown) for server in servers]
    for thread in ending:
        thread.start()
    for thread, server in zip(ending, servers, strict=True):
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _first_morning(sandbox: Sandbox) -> None:
    for house in sandbox.houses.values():
        house.platform.reset()


@pytest.fixture
def canvas(sandbox: Sandbox, stand_in: StandIn) -> Lms:
    return Lms(sandbox, "canvas", stand_in)


@pytest.fixture
def moodle(sandbox: Sandbox, stand_in: StandIn) -> Lms:
    return Lms(sandbox, "moodle", stand_in)


@pytest.fixture
def plain(sandbox: Sandbox, stand_in: StandIn) -> Lms:
    return Lms(sandbox, "plain", stand_in)
