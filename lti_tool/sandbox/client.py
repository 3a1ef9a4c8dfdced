"""The tool as an LMS knows it: its addresses, where it may be opened, and what it asked for."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Placement:
    """A place in the LMS where the tool can be opened, and by which message.

    One that is not `shown` is there, but a teacher has to bring it out.
    """

    name: str
    message: str
    target: str
    label: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    shown: bool = True


@dataclass
class Client:
    """One registration. `document` is what the tool sent, None for the one fixed beforehand.

    `active`: an administrator switched it on. `offered`: teachers find it where activities are
    made. `deployments`: by a course's `deployment`.
    """

    client_id: str
    deployments: tuple[str, ...]
    name: str
    login: str
    redirects: tuple[str, ...]
    target: str
    jwks: str
    custom: dict[str, str] = field(default_factory=dict)
    placements: list[Placement] = field(default_factory=list)
    document: dict[str, Any] | None = None
    active: bool = True
    offered: bool = True

    @property
    def domain(self) -> str:
        return domain_of(self.target)

    @property
    def hidden(self) -> bool:
        return not (self.offered and all(placement.shown for placement in self.placements))

    def show(self) -> None:
        self.offered = True
        for placement in self.placements:
            placement.shown = True

    def placement(self, name: str, message: str) -> Placement | None:
        for found in self.placements:
            if (found.name, found.message) == (name, message):
                return found
        return None


def domain_of(address: str) -> str:
    """Host and, where one is written, port. Moodle: mod/lti/locallib.php, lti_get_domain_from_url.

    An address without a scheme is read as a domain; `www.` does not count.
    """
    found = urlsplit(address if "://" in address else f"//{address}")
    return found.netloc.rpartition("@")[2].lower().removeprefix("www.")
