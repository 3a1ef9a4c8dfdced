"""A flavour: the data and the rule classes that make a pretend LMS behave like a real one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lti_tool.sandbox.claims import AGS_SCOPES, Claims
from lti_tool.sandbox.copies import Copies
from lti_tool.sandbox.deep_linking import DeepLinking
from lti_tool.sandbox.lineitems import Columns
from lti_tool.sandbox.login import Login
from lti_tool.sandbox.people import People
from lti_tool.sandbox.platform import Platform
from lti_tool.sandbox.registration import Registrar
from lti_tool.sandbox.review import Reviews
from lti_tool.sandbox.roster import Roster
from lti_tool.sandbox.scores import Scores
from lti_tool.sandbox.tokens import Tokens
from lti_tool.sandbox.vocabulary import DEEP_LINKING_REQUEST, ROSTER_READ

CONTENT_AREA = {DEEP_LINKING_REQUEST: ("ContentArea",)}


@dataclass(frozen=True)
class Flavour:
    """Every default is the standard; a flavour names only its departures."""

    look: str
    paths: Mapping[str, str]
    key_count: int = 1
    keys_max_age: int = 0
    scopes: tuple[str, ...] = (*AGS_SCOPES, ROSTER_READ)
    frame: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    session_cookie: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    placements: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: CONTENT_AREA)
    people: type[People] = People
    claims: type[Claims] = Claims
    login: type[Login] = Login
    tokens: type[Tokens] = Tokens
    columns: type[Columns] = Columns
    scores: type[Scores] = Scores
    roster: type[Roster] = Roster
    reviews: type[Reviews] | None = Reviews
    copies: type[Copies] = Copies
    registrar: type[Registrar] = Registrar
    deep_linking: type[DeepLinking] = DeepLinking


class Lms:
    """A platform's state joined with its flavour's rules: all that the web views need."""

    def __init__(self, platform: Platform, flavour: Flavour) -> None:
        self.platform = platform
        self.flavour = flavour
        self.people = flavour.people(platform)
        self.claims = flavour.claims(platform, self.people)
        self.login = flavour.login(platform, self.people, self.claims)
        self.tokens = flavour.tokens(platform)
        self.columns = flavour.columns(platform, self.claims)
        self.scores = flavour.scores(platform, self.people, self.columns)
        self.roster = flavour.roster(platform, self.people, self.claims)
        self.reviews = (
            flavour.reviews(platform, self.people, self.claims) if flavour.reviews else None
        )
        self.copies = flavour.copies(platform, self.claims)
        self.registrar = flavour.registrar(platform)
        self.deep_linking = flavour.deep_linking(platform, self.claims, self.tokens)

    @property
    def key(self) -> str:
        return self.platform.identity.key
