"""The schools the sandbox plays: what an administrator fixed for each, and where each lives."""

from collections.abc import Callable
from dataclasses import dataclass

from lti_tool.sandbox import cast
from lti_tool.sandbox.client import Client, Placement
from lti_tool.sandbox.flavour import Flavour
from lti_tool.sandbox.flavours.canvas import CANVAS
from lti_tool.sandbox.flavours.moodle import MOODLE
from lti_tool.sandbox.flavours.plain import PLAIN
from lti_tool.sandbox.people import hex_id
from lti_tool.sandbox.platform import Identity, ToolAddresses
from lti_tool.sandbox.world import World

NORTHGATE = "Northgate School of Medicine"
WESTBROOK = "Westbrook College of Nursing"


@dataclass(frozen=True)
class School:
    """`places` counts ports from the base: its pages, its sign-in, its issuer."""

    flavour: Flavour
    identity: Identity
    places: tuple[int, int, int]
    make_world: Callable[[], World]

    def first_client(self, tool: ToolAddresses) -> Client:
        """The tool as an administrator fixed it beforehand, in every placement there is."""
        return Client(
            client_id=self.identity.client_id,
            deployments=self.identity.deployments,
            name="Rounds",
            login=tool.login,
            redirects=(tool.launch,),
            target=tool.launch,
            jwks=tool.jwks,
            custom=dict(self.flavour.custom),
            placements=[
                Placement(name, message, tool.launch)
                for message, names in self.flavour.placements.items()
                for name in names
            ],
        )


def _deployment(number: int, *parts: str) -> str:
    return f"{number}:{hex_id(*parts)}"


FIRST = Identity(
    key="canvas",
    title="Canvas-like",
    school=NORTHGATE,
    product="canvas",
    client_id="10000000000012",
    deployments=(_deployment(318, NORTHGATE, "root"), _deployment(422, NORTHGATE, "skills")),
    scopes=CANVAS.scopes,
    guid="Nq7nW1x9mK4tZc0bJr3eH8sYpA6uLd2f:canvas-lms",
)
SECOND = Identity(
    key="canvas-second",
    title="Canvas-like, second school",
    school=WESTBROOK,
    product="canvas",
    client_id="10000000000047",
    deployments=(_deployment(77, WESTBROOK),),
    scopes=CANVAS.scopes,
    guid="Wb2kT8r5vE1yPz9aHm6cU3nXqS4jLd7g:canvas-lms",
)
MOODLE_SCHOOL = Identity(
    key="moodle",
    title="Moodle-like",
    school=NORTHGATE,
    product="moodle",
    client_id="qL7dXw2RkVb9TzN",
    deployments=("1", "1"),
    scopes=MOODLE.scopes,
    guid=hex_id("moodle", NORTHGATE)[:32],
)
PLAIN_SCHOOL = Identity(
    key="plain",
    title="Plain LTI 1.3",
    school=NORTHGATE,
    product=None,
    client_id="rounds-plain",
    deployments=("plain-1", "plain-2"),
    scopes=PLAIN.scopes,
    guid="northgate-plain",
)
# The two of Canvas share issuer, sign-in and keys: only the client id tells them apart.
SCHOOLS = (
    School(CANVAS, FIRST, (0, 1, 2), cast.canvas_world),
    School(MOODLE, MOODLE_SCHOOL, (3, 3, 3), cast.moodle_world),
    School(PLAIN, PLAIN_SCHOOL, (4, 4, 4), cast.plain_world),
    School(CANVAS, SECOND, (5, 1, 2), cast.second_school_world),
)
