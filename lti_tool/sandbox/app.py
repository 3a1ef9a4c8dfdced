"""Puts the schools together: which one lives at which port, and the Flask app of each origin."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, abort, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from lti_tool.sandbox import cast, control, faults, oidc, routes, services, start
from lti_tool.sandbox.answers import Refusal, readable
from lti_tool.sandbox.flavour import Flavour, Lms
from lti_tool.sandbox.flavours.canvas import CANVAS
from lti_tool.sandbox.flavours.moodle import MOODLE
from lti_tool.sandbox.flavours.plain import PLAIN
from lti_tool.sandbox.keys import KeyRing
from lti_tool.sandbox.pages import Pages
from lti_tool.sandbox.people import hex_id
from lti_tool.sandbox.platform import Identity, Origins, Platform, ToolAddresses
from lti_tool.sandbox.world import World

SCHOOL = "Northgate School of Medicine"
SECOND_SCHOOL = "Westbrook College of Nursing"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Config:
    """Where the sandbox lives (ports from `port_base` on) and where the tool does."""

    tool: str = "http://127.0.0.1:8000"
    host: str = "localhost"
    port_base: int = 9000

    def origin(self, place: int) -> str:
        return f"http://{self.host}:{self.port_base + place}"


@dataclass(frozen=True)
class Sandbox:
    """Every school by its key, and the app to serve at each place after `port_base`."""

    config: Config
    houses: dict[str, Lms]
    apps: dict[int, Flask]


def _deployment(number: int, *parts: str) -> str:
    return f"{number}:{hex_id(*parts)}"


def _school(
    config: Config,
    flavour: Flavour,
    identity: Identity,
    places: tuple[int, int, int],
    keys: KeyRing,
    make_world: Callable[[], World],
) -> Lms:
    origins = Origins(*(config.origin(place) for place in places))
    tool = ToolAddresses(config.tool)
    return Lms(Platform(identity, origins, flavour.paths, tool, keys, make_world), flavour)


def _houses(config: Config) -> dict[str, Lms]:
    """Two schools share Canvas's issuer, sign-in and keys: only the client id tells them apart."""
    shared = KeyRing(CANVAS.key_count)
    first = Identity(
        key="canvas",
        title="Canvas-like",
        school=SCHOOL,
        product="canvas",
        client_id="10000000000012",
        deployments=(_deployment(318, SCHOOL, "root"), _deployment(422, SCHOOL, "skills")),
        scopes=CANVAS.scopes,
        guid="Nq7nW1x9mK4tZc0bJr3eH8sYpA6uLd2f:canvas-lms",
    )
    second = Identity(
        key="canvas-second",
        title="Canvas-like, second school",
        school=SECOND_SCHOOL,
        product="canvas",
        client_id="10000000000047",
        deployments=(_deployment(77, SECOND_SCHOOL),),
        scopes=CANVAS.scopes,
        guid="Wb2kT8r5vE1yPz9aHm6cU3nXqS4jLd7g:canvas-lms",
    )
    moodle = Identity(
        key="moodle",
        title="Moodle-like",
        school=SCHOOL,
        product="moodle",
        client_id="qL7dXw2RkVb9TzN",
        deployments=("1", "1"),
        scopes=MOODLE.scopes,
        guid=hex_id("moodle", SCHOOL)[:32],
    )
    plain = Identity(
        key="plain",
        title="Plain LTI 1.3",
        school=SCHOOL,
        product=None,
        client_id="rounds-plain",
        deployments=("plain-1", "plain-2"),
        scopes=PLAIN.scopes,
        guid="northgate-plain",
    )
    schools = (
        _school(config, CANVAS, first, (0, 1, 2), shared, cast.canvas_world),
        _school(config, MOODLE, moodle, (3, 3, 3), KeyRing(), cast.moodle_world),
        _school(config, PLAIN, plain, (4, 4, 4), KeyRing(), cast.plain_world),
        _school(config, CANVAS, second, (5, 1, 2), shared, cast.second_school_world),
    )
    return {lms.key: lms for lms in schools}


def create_sandbox(config: Config) -> Sandbox:
    houses = _houses(config)
    home = config.origin(0)
    canvas, second = houses["canvas"], houses["canvas-second"]
    titles = {key: lms.platform.identity.title for key, lms in houses.items()}
    pages = {key: Pages(lms, home, titles) for key, lms in houses.items()}
    # The issuer at place 2 is only a name: nothing is served there.
    apps = {
        0: _pages_app(pages["canvas"]),
        1: _sign_in_app([canvas, second]),
        2: _app([]),
        3: _pages_app(pages["moodle"]),
        4: _pages_app(pages["plain"]),
        5: _pages_app(pages["canvas-second"]),
    }
    oidc.install(apps[3], [houses["moodle"]])
    oidc.install(apps[4], [houses["plain"]])
    start.install(apps[0], pages, home)
    control.install(apps[0], houses)
    for place, app in apps.items():
        if place != 0:
            app.add_url_rule("/", "start", lambda: redirect(f"{home}/"))
    return Sandbox(config, houses, apps)


def _pages_app(pages: Pages) -> Flask:
    app = _app([pages.lms])
    pages.install(app)
    services.install(app, pages.lms)
    at_school = pages.lms.flavour.paths.get("auth_at_school")
    if at_school is not None:
        routes.add(app, "auth_at_school", at_school, lambda: oidc.authorize(pages.lms), "GET")
    return app


def _sign_in_app(houses: list[Lms]) -> Flask:
    app = _app(houses)
    oidc.install(app, houses)
    return app


def _app(houses: list[Lms]) -> Flask:
    app = Flask("lti_tool.sandbox")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["readable"] = readable
    faults.install(app, houses)

    @app.before_request
    def loopback_only() -> None:
        # A name of the outside that points here is a page of another site reaching in.
        if request.host.rpartition(":")[0] not in LOOPBACK_NAMES:
            abort(403)

    def refused(error: Refusal) -> Response:
        for lms in houses[:1]:
            lms.platform.note("Refused", str(error))
        return error.response()

    def failed(error: HTTPException) -> tuple[str, int]:
        return render_template("error.html", words=error.description), error.code or 500

    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, failed)
    return app
