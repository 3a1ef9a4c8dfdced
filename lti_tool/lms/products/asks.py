"""What a registration asks of an LMS: places, messages, scopes, custom parameters and claims.

Here is what the standard has (LTI Dynamic Registration 1.0); a product's own `Asks` departs from
it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import urlsplit

NAME = "Rounds"
DESCRIPTION = "Assess interns in clinical placements by described competencies"

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/"

RESOURCE_LINK = "LtiResourceLinkRequest"
DEEP_LINKING = "LtiDeepLinkingRequest"
REVIEW = "LtiSubmissionReviewRequest"

TIME_ZONE = "timezone"
HISTORY = "context_history"


class Ability(StrEnum):
    """What a scope lets Rounds do."""

    SCORE = "score"
    READ_BACK = "read-back"
    FIND_COLUMNS = "find-columns"
    MAKE_COLUMNS = "make-columns"
    ROSTER = "roster"
    NOTICES = "notices"
    FOLLOW_FILES = "follow-files"


class Step(StrEnum):
    """What an administrator has still to do in the LMS after a registration."""

    ACTIVATE = "activate"
    SWITCH_ON = "switch-on"
    SHOW_IN_CHOOSER = "show-in-chooser"
    ALLOW_CALLS = "allow-calls"
    SET_PRIVACY = "set-privacy"
    ADD_TO_MENU = "add-to-menu"
    TRY_IT = "try-it"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where this installation of Rounds is found by an LMS: absolute addresses under `origin`."""

    origin: str
    launch: str
    login: str
    keys: str
    icon: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A message Rounds takes, and the places of the LMS it is offered at."""

    message: str
    placements: tuple[str, ...] = ()
    more: Mapping[str, Any] | None = None
    """What the product wants to know besides."""


NOTHING: Mapping[str, Collection[str]] = {}


class Asks:
    """What is asked of a platform that keeps to the standard."""

    scopes: ClassVar[Mapping[str, Ability]] = {
        AGS + "score": Ability.SCORE,
        AGS + "result.readonly": Ability.READ_BACK,
        AGS + "lineitem.readonly": Ability.FIND_COLUMNS,
        AGS + "lineitem": Ability.MAKE_COLUMNS,
        NRPS + "contextmembership.readonly": Ability.ROSTER,
        NOTICES: Ability.NOTICES,
    }
    custom: ClassVar[Mapping[str, str]] = {
        TIME_ZONE: "$Person.address.timezone",
        HISTORY: "$Context.id.history",
    }
    """Custom parameters of every launch: what Rounds reads, and nothing else."""
    claims: ClassVar[tuple[str, ...]] = (
        "iss",
        "sub",
        "name",
        "given_name",
        "family_name",
        "email",
    )
    entries: ClassVar[tuple[Entry, ...]] = (
        Entry(RESOURCE_LINK),
        Entry(DEEP_LINKING, ("ContentArea",)),
        Entry(REVIEW),
    )
    left_to_do: ClassVar[tuple[Step, ...]] = (Step.SWITCH_ON, Step.TRY_IT)
    """In the order in which an administrator meets them."""
    server_is_audience: ClassVar[bool] = True
    """Whether assertions are addressed to the `authorization_server` that the LMS names."""

    def domain(self, tool: Addresses) -> str:
        """The domain our addresses lie in. The port counts: platforms compare it with theirs."""
        return urlsplit(tool.origin).netloc

    def tool_configuration(
        self, tool: Addresses, offered: Mapping[str, Collection[str]] = NOTHING
    ) -> dict[str, Any]:
        """The claim lti-tool-configuration of a registration.

        `offered` has the placements of each message for which the LMS tells them. A message all of
        whose places it lacks is left out: without any it would go to a place of the LMS's choice.
        """
        places = [self._places(entry, offered.get(entry.message)) for entry in self.entries]
        return {
            "domain": self.domain(tool),
            "description": DESCRIPTION,
            "target_link_uri": tool.launch,
            "custom_parameters": dict(self.custom),
            "claims": list(self.claims),
            "messages": [
                self._message(entry, tool, here)
                for entry, here in zip(self.entries, places, strict=True)
                if here or not entry.placements
            ],
        }

    def _places(self, entry: Entry, offered: Collection[str] | None) -> list[str]:
        known = {self.place(name) for name in offered or entry.placements}
        return [name for name in entry.placements if name in known]

    def _message(self, entry: Entry, tool: Addresses, places: list[str]) -> dict[str, Any]:
        return {
            "type": entry.message,
            "target_link_uri": tool.launch,
            "label": NAME,
            "icon_uri": tool.icon,
            **({"placements": places} if places else {}),
            **(entry.more or {}),
        }

    def place(self, name: str) -> str:
        """A placement, by the name it has here, as the LMS lists it."""
        return name

    def school(self, platform: Mapping[str, str]) -> str | None:
        """What the LMS calls itself in its platform configuration, where it tells."""
        return None

    def pasted(self, tool: Addresses) -> dict[str, Any] | None:
        """What an administrator pastes into an LMS that takes a configuration of its own kind."""
        return None
