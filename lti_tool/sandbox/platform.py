"""One pretend LMS: who it is, where it lives, its switches, and all it has seen, behind a lock."""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lti_tool.sandbox.choice import Choice
from lti_tool.sandbox.client import Client, Placement
from lti_tool.sandbox.gradebook import Column, Gradebook
from lti_tool.sandbox.keys import KeyRing
from lti_tool.sandbox.vocabulary import RESOURCE_LINK_REQUEST
from lti_tool.sandbox.world import Activity, Course, Person, World

LOG_LENGTH = 400
LAUNCHES_KEPT = 2000


@dataclass(frozen=True)
class Origins:
    """Where its pages and services live, where people sign in, and what it calls itself."""

    pages: str
    auth: str
    issuer: str


@dataclass(frozen=True)
class ToolAddresses:
    origin: str

    @property
    def login(self) -> str:
        return f"{self.origin}/lti/login"

    @property
    def launch(self) -> str:
        return f"{self.origin}/lti/launch"

    @property
    def jwks(self) -> str:
        return f"{self.origin}/lti/jwks.json"


@dataclass(frozen=True)
class Identity:
    """What an administrator would have fixed when the tool was registered."""

    key: str
    title: str
    school: str
    product: str | None
    client_id: str
    deployments: tuple[str, ...]
    scopes: tuple[str, ...]
    guid: str


@dataclass
class Switches:
    """What the control interface may change. Times are in seconds."""

    privacy: str = "public"
    storage_target: bool = True
    storage_parent: bool = False
    storage: str = "answers"
    scopes: list[str] = field(default_factory=list)
    delayed_files: bool = False
    file_delay: float = 0.5
    file_connect_timeout: float = 5.0
    file_read_timeout: float = 30.0
    clock_offset: float = 0.0
    keys_blocked: bool = False
    tool_active: bool = True
    tell_deployment: bool = False
    accept_multiple: bool = True
    line_items_ignored: bool = False
    roster_page: int = 50
    link_lost: bool = False
    history: str = "whole"
    copied_ids: bool = False


@dataclass
class Launch:
    """A prepared launch, good for one id_token.

    `address` is what it is to open where that is not the activity's own; `about` is the student a
    submission review is about, `custom` what the column adds to it.
    """

    id: str
    person: Person
    course: Course
    activity: Activity
    created: datetime
    phone: bool = False
    session: str = ""
    used: bool = False
    target: str = "iframe"
    message: str = RESOURCE_LINK_REQUEST
    address: str = ""
    about: Person | None = None
    custom: dict[str, str] = field(default_factory=dict)
    placement: Placement | None = None
    choice: Choice | None = None


@dataclass(frozen=True)
class Token:
    scopes: tuple[str, ...]
    ends: datetime


@dataclass(frozen=True)
class SentNotice:
    """What was told to whom; `status` is the tool's answer, 0 where there was none."""

    kind: str
    course: str
    handler: str
    how: str
    status: int
    token: str


@dataclass(frozen=True)
class Event:
    """A line of "What passed between the two"."""

    number: int
    at: datetime
    kind: str
    words: str
    detail: Any = None


@dataclass
class Fault:
    """Trouble made on purpose. `where` is an endpoint's name or `*`; `times` counts down."""

    where: str
    times: int = 1
    status: int | None = None
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False


class Platform:
    def __init__(
        self,
        identity: Identity,
        origins: Origins,
        paths: Mapping[str, str],
        tool: ToolAddresses,
        keys: KeyRing,
        make_world: Callable[[], World],
        make_client: Callable[[], Client],
    ) -> None:
        self.identity = identity
        self.origins = origins
        self.paths = paths
        self.tool = tool
        self.keys = keys
        self.lock = threading.RLock()
        self.secret = secrets.token_hex(32)
        self._make_world = make_world
        self._make_client = make_client
        self.reset()

    def reset(self) -> None:
        """Back to the first morning: same people, same ids, an empty gradebook."""
        with self.lock:
            self.world = self._make_world()
            self.client = self._make_client()
            self.spent: set[str] = set()
            self.choices: dict[str, Choice] = {}
            self.switches = Switches(scopes=list(self.identity.scopes))
            self.book = Gradebook()
            self.launches: dict[str, Launch] = {}
            self.tokens: dict[str, Token] = {}
            self.assertions: dict[str, datetime] = {}
            self.log: list[Event] = []
            self.faults: list[Fault] = []
            self.handlers: dict[tuple[str, str], str] = {}
            self.notices: list[SentNotice] = []
            self._add_activity_columns()

    def _add_activity_columns(self) -> None:
        for course in self.world.courses.values():
            for activity in course.activities.values():
                if activity.kind == "assignment":
                    self.book.add(
                        Column(
                            id=self.book.number(),
                            course=course.key,
                            label=activity.title,
                            maximum=activity.points,
                            activity=activity.key,
                            coupled=True,
                        )
                    )

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.switches.clock_offset)

    def address(self, endpoint: str, **parts: object) -> str:
        """The full address of an endpoint; sign-in, keys and tokens live at the auth origin.

        `<deployment>` in a path is the tool's first.
        """
        origin = self.origins.auth if endpoint in AUTH_ENDPOINTS else self.origins.pages
        if endpoint in ISSUER_ENDPOINTS:
            origin = self.origins.issuer
        path = self.paths[endpoint]
        for name, value in {"deployment": self.client.deployments[0], **parts}.items():
            path = path.replace(f"<{name}>", str(value))
        return origin + path

    def note(self, kind: str, words: str, detail: Any = None) -> None:
        with self.lock:
            number = self.log[-1].number + 1 if self.log else 1
            self.log.append(Event(number, self.now(), kind, words, detail))
            del self.log[:-LOG_LENGTH]

    def begin_launch(self, person: Person, course: Course, activity: Activity) -> Launch:
        launch = Launch(secrets.token_hex(12), person, course, activity, self.now())
        with self.lock:
            self._forget_old()
            self.launches[launch.id] = launch
        return launch

    def _forget_old(self) -> None:
        edge = self.now() - timedelta(hours=2)
        for key in list(self.launches)[:-LAUNCHES_KEPT]:
            del self.launches[key]
        for token in [key for key, token in self.tokens.items() if token.ends < edge]:
            del self.tokens[token]
        for jti in [key for key, at in self.assertions.items() if at < edge]:
            del self.assertions[jti]


AUTH_ENDPOINTS = ("auth", "jwks", "token", "storage")
ISSUER_ENDPOINTS = ("openid_configuration",)
