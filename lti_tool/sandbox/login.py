"""Login initiation and the authentication endpoint as the standard wants them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from lti_tool.sandbox.claims import Claims
from lti_tool.sandbox.people import People
from lti_tool.sandbox.platform import Launch, Platform

HINT_LIFETIME = timedelta(minutes=5)


class PageError(Exception):
    """The LMS shows an error page of its own and sends the tool nothing."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class RepostFirst(Exception):
    """No session cookie came: post the same fields again from the LMS's own origin."""


@dataclass
class FormError(Exception):
    """An OIDC error that the LMS posts to the tool's redirect address."""

    error: str
    description: str


class Login:
    def __init__(self, platform: Platform, people: People, claims: Claims) -> None:
        self.platform = platform
        self.people = people
        self.claims = claims

    def initiation(self, launch: Launch) -> dict[str, str]:
        """The fields of the form that starts the tool's login."""
        client = self.platform.client
        fields = {
            "iss": self.platform.origins.issuer,
            "target_link_uri": self.claims.target_link_uri(launch),
            "login_hint": self.people.login_hint(launch.person),
            "lti_message_hint": self.message_hint(launch),
            "client_id": client.client_id,
            "lti_deployment_id": client.deployments[launch.course.deployment],
        }
        return fields | self._storage_field()

    def storage_target(self) -> str:
        """Which frame keeps a tool's data: `_parent`, a name beside its own, or empty for none."""
        return "_parent" if self.platform.switches.storage_parent else ""

    def _storage_field(self) -> dict[str, str]:
        target = self.storage_target()
        return {"lti_storage_target": target} if target else {}

    def message_hint(self, launch: Launch) -> str:
        return launch.id

    def authorize(self, params: Mapping[str, str], session: str = "") -> dict[str, str]:
        """The fields posted to the tool. Raises PageError or, once that is safe, FormError."""
        if params.get("redirect_uri") not in self.platform.client.redirects:
            raise PageError(400, "This redirect address is not registered.")
        self.check(params)
        launch = self.launch_of(params, session)
        nonce = params["nonce"]
        with self.platform.lock:
            if launch.used:
                self.refuse_used()
            launch.used = True
            token = self.platform.keys.present.sign(self.claims.build(launch, nonce))
        words = f"The course opened {launch.activity.title} for {launch.person.shown}."
        self.platform.note("Launch", words, self.claims.build(launch, nonce))
        return {"id_token": token} | self.echo(params)

    def echo(self, params: Mapping[str, str]) -> dict[str, str]:
        """What the post of the id_token says again."""
        state = {"state": params["state"]} if "state" in params else {}
        return state | self._storage_field()

    def check(self, params: Mapping[str, str]) -> None:
        wanted = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post"}
        for name, value in wanted.items():
            if params.get(name) != value:
                raise FormError("invalid_request", f"{name} must be {value}")
        if params.get("prompt") != "none":
            raise FormError("invalid_request", "prompt must be none")
        for name in ("nonce", "login_hint", "lti_message_hint"):
            if not params.get(name):
                raise FormError("invalid_request", f"{name} is missing")
        if not self.knows(params.get("client_id")):
            raise FormError("unauthorized_client", "no such client")

    def knows(self, client_id: str | None) -> bool:
        """Whether it is the tool's client id, and the tool is switched on."""
        return self.platform.client.active and client_id == self.platform.client.client_id

    def launch_of(self, params: Mapping[str, str], session: str) -> Launch:
        launch = self.platform.launches.get(params["lti_message_hint"])
        if launch is None or self.platform.now() - launch.created > HINT_LIFETIME:
            raise FormError("invalid_request", "the message hint is unknown or too old")
        if params["login_hint"] != self.people.login_hint(launch.person):
            raise FormError("login_required", "another person is signed in")
        return launch

    def refuse_used(self) -> NoReturn:
        raise FormError("invalid_request", "this launch was used already")
