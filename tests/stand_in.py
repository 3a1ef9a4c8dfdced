"""A stand-in for an LMS's side of a launch: it signs whatever a test wants, good or bad.

Unlike the sandbox it has no opinion of its own: the certification's bad launches, and worse ones,
are made here. Its keys are served over HTTP on loopback, and every fetch is counted.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm
from werkzeug.test import TestResponse

from lti_tool.models.platform import Platform
from lti_tool.services.unit import Rounds
from tests import factories

ISSUER = "https://lms.example.edu"
CLIENT_ID = "rounds-1"
HINT = '{"cmid":4,"launchid":"ltilaunch1_866910232"} +%2F/=&é'
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
TOP_LEVEL = {"Sec-Fetch-Dest": "document"}
FRAMED = {"Sec-Fetch-Dest": "iframe"}


@cache
def rsa_key(name: str) -> RSAPrivateKey:
    """A key pair of that name, made once a run: making one takes longer than most tests."""
    return generate_private_key(public_exponent=65537, key_size=1024 if name == "short" else 2048)


def public_jwk(kid: str, name: str | None = None, **more: str) -> dict[str, Any]:
    """The public half of a key, as a JWK of that id."""
    jwk = RSAAlgorithm.to_jwk(rsa_key(name or kid).public_key(), as_dict=True)
    return {**jwk, "kid": kid, "alg": "RS256", "use": "sig", **more}


@dataclass
class KeyServer:
    """Where the stand-in publishes its keys; `answer` may be changed to anything."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=lambda: [public_jwk("first")])
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    fetches: int = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.fetches += 1
        time.sleep(self.delay)
        body = json.dumps({"keys": self.keys}).encode() if self.body is None else self.body
        handler.send_response(self.status)
        for name, value in {"Content-Type": "application/json", **self.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextlib.contextmanager
def key_server() -> Iterator[KeyServer]:
    """A key server on a free port, for as long as the block lasts."""
    served = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(BrokenPipeError):  # whoever asked did not wait
                served.answer(self)

        def log_message(self, *args: object) -> None:
            """Tests read no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/jwks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class StandIn:
    """An LMS registered with the tool under test."""

    rounds: Rounds
    keys: KeyServer
    platform: Platform

    @property
    def launch_url(self) -> str:
        return f"{self.rounds.settings.origin}/lti/launch"

    def login_form(self, **changes: Any) -> dict[str, Any]:
        """The parameters of a login; a change to None leaves one out."""
        form = {
            "iss": self.platform.issuer,
            "login_hint": "3",
            "target_link_uri": self.launch_url,
            "client_id": self.platform.client_id,
            "lti_deployment_id": "1",
            "lti_message_hint": HINT,
            **changes,
        }
        return {name: value for name, value in form.items() if value is not None}

    def login(self, client: FlaskClient, **changes: Any) -> dict[str, str]:
        """Log in from a page of its own, and give what the tool sent the browser on with."""
        answer = client.post("/lti/login", data=self.login_form(**changes), headers=TOP_LEVEL)
        assert answer.status_code == 302, answer.text
        return dict(parse_qsl(urlsplit(answer.location).query, keep_blank_values=True))

    def claims(self, asked: dict[str, str], **changes: Any) -> dict[str, Any]:
        """The claims of a teacher's launch. A change to None leaves one out; names without a slash
        and not of OpenID Connect are LTI's.
        """
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.platform.issuer,
            "aud": self.platform.client_id,
            "sub": "a6d5c443-1f51-4783-ba1a-7686ffe3b54a",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            "name": "Helen Brandt",
            "given_name": "Helen",
            "family_name": "Brandt",
            "email": "helen.brandt@lms.example.edu",
            LTI + "deployment_id": "1",
            LTI + "message_type": "LtiResourceLinkRequest",
            LTI + "version": "1.3.0",
            LTI + "target_link_uri": self.launch_url,
            LTI + "roles": [MEMBERSHIP + "Instructor"],
            LTI + "resource_link": {"id": "link-1", "title": "Clinical competencies"},
            LTI + "context": {"id": "course-1", "label": "INT1", "title": "Internship block 2"},
            LTI + "launch_presentation": {"return_url": "https://lms.example.edu/course/1"},
        }
        for name, value in changes.items():
            claims[LTI + name if LTI + name in claims else name] = value
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims: Any, key: str = "first", **header: Any) -> str:
        """A token of these claims. A header given as None is left out."""
        headers = {"kid": "first", **header}
        headers = {name: value for name, value in headers.items() if value is not None}
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        return jwt.PyJWS().encode(payload, rsa_key(key), algorithm="RS256", headers=headers)

    def post(self, client: FlaskClient, asked: dict[str, str], id_token: str) -> TestResponse:
        """Post a token to where the login asked for it."""
        return client.post("/lti/launch", data={"id_token": id_token, "state": asked["state"]})

    def launch(self, client: FlaskClient, **changes: Any) -> TestResponse:
        """Log in and launch, with changed claims."""
        asked = self.login(client)
        return self.post(client, asked, self.sign(self.claims(asked, **changes)))


@contextlib.contextmanager
def stand_in(rounds: Rounds, product: str = "other") -> Iterator[StandIn]:
    """A stand-in that is registered in the tool's database."""
    with key_server() as keys:
        with rounds.work() as unit:
            platform = factories.platform(
                unit.session,
                product,
                issuer=ISSUER,
                client_id=CLIENT_ID,
                auth_login_url=f"{ISSUER}/auth?tenant=1",
                jwks_url=keys.url,
            )
        yield StandIn(rounds, keys, platform)


def code_of(answer: TestResponse) -> str:
    """The code of refusal that a page shows."""
    _, found, rest = answer.text.partition("<dt>Code</dt><dd><code>")
    return rest.partition("<")[0] if found else ""


Walk = Callable[[FlaskClient], TestResponse]
