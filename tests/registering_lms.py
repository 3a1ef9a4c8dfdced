"""An LMS on loopback that lets tools register themselves, and tells whatever a test wants it to."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.services.unit import Rounds
from tests.platform_stub import Asked, PlatformStub, Reply

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
SCOPES = [
    f"{AGS}score",
    f"{AGS}result.readonly",
    f"{AGS}lineitem.readonly",
    f"{AGS}lineitem",
    ROSTER,
]
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CONFIGURATION = "/openid-configuration"
REGISTRATION = "/register-a-tool"
TOKEN = "an-LMS-made.this_token"


class RegisteringLms:
    """Its configuration and its answer; `family` is what it says its product is."""

    def __init__(self, stub: PlatformStub, family: str) -> None:
        self.stub = stub
        self.family = family
        self.tells()
        self.grants()

    @property
    def address(self) -> str:
        """Where its configuration is, with a query of the LMS's own."""
        return self.stub.url(f"{CONFIGURATION}?school=7&registration_token=in-the-query")

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.stub.url(""),
            "authorization_endpoint": self.stub.url("/auth"),
            "token_endpoint": self.stub.url("/token"),
            "jwks_uri": self.stub.url("/jwks"),
            "registration_endpoint": self.stub.url(REGISTRATION),
            "authorization_server": "the-authorization-server",
            "scopes_supported": ["openid", *SCOPES],
            PLATFORM: {"product_family_code": self.family, "version": "1"},
        }

    def tells(self, reply: Reply | Any = None, **changes: Any) -> None:
        """The configuration it gives; a change to None leaves the field out."""
        told = _with(self.configuration(), changes)
        self.stub.answers(CONFIGURATION, told if reply is None else reply)

    def grants(self, reply: Reply | Any = None, **changes: Any) -> None:
        """What it answers to a registration."""
        granted = {"client_id": "rounds-at-lms", "scope": " ".join(SCOPES)}
        self.stub.answers(REGISTRATION, _with(granted, changes) if reply is None else reply)

    @property
    def asked(self) -> Asked:
        """The one registration it was asked for."""
        (asked,) = self.stub.asked_for(REGISTRATION)
        return asked


def _with(document: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    changed = {**document, **changes}
    return {name: value for name, value in changed.items() if value is not None}


@contextmanager
def registering_lms(family: str = "unheard-of") -> Iterator[RegisteringLms]:
    """An LMS of that product, for as long as the block lasts."""
    with PlatformStub() as stub:
        yield RegisteringLms(stub, family)


def invite(rounds: Rounds) -> str:
    """A fresh one-time code."""
    with rounds.work() as unit:
        return unit.invitations.issue().code


def open_registration(client: FlaskClient, code: str, address: str, **more: str) -> TestResponse:
    """What an LMS's frame does: open our address with what the LMS adds to it."""
    query = {"code": code, "openid_configuration": address, "registration_token": TOKEN, **more}
    return client.get("/lti/register", query_string=query)
