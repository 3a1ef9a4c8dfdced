"""Puts the schools together: which one lives at which port, and the Flask app of each origin."""

from dataclasses import dataclass
from functools import partial
from mimetypes import guess_type
from pathlib import Path

from flask import Flask, Response, abort, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.security import safe_join

from lti_tool.sandbox import (
    admin,
    choosing,
    control,
    faults,
    oidc,
    routes,
    services,
    start,
    storage,
)
from lti_tool.sandbox.answers import Refusal, readable
from lti_tool.sandbox.flavour import Lms
from lti_tool.sandbox.keys import KeyRing
from lti_tool.sandbox.pages import Pages
from lti_tool.sandbox.platform import Origins, Platform, ToolAddresses
from lti_tool.sandbox.schools import SCHOOLS
from lti_tool.sandbox.submissions import Submissions

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


def _houses(config: Config) -> dict[str, Lms]:
    """Every school, alive; who shares an issuer shares its keys."""
    tool = ToolAddresses(config.tool)
    rings: dict[int, KeyRing] = {}
    houses: dict[str, Lms] = {}
    for school in SCHOOLS:
        issuer = school.places[2]
        if issuer not in rings:
            rings[issuer] = KeyRing(school.flavour.key_count)
        origins = Origins(*(config.origin(place) for place in school.places))
        paths = school.flavour.paths
        first_client = partial(school.first_client, tool)
        platform = Platform(
            school.identity, origins, paths, tool, rings[issuer], school.make_world, first_client
        )
        houses[school.identity.key] = Lms(platform, school.flavour)
    return houses


def create_sandbox(config: Config) -> Sandbox:
    houses = _houses(config)
    home = config.origin(0)
    canvas, second = houses["canvas"], houses["canvas-second"]
    titles = {key: lms.platform.identity.title for key, lms in houses.items()}
    pages = {key: Pages(lms, home, titles) for key, lms in houses.items()}
    apps = {
        0: _pages_app(pages["canvas"]),
        1: _sign_in_app([canvas, second]),
        # The issuer is a name, and where a tool that registers itself asks what it is.
        2: _app([canvas, second]),
        3: _pages_app(pages["moodle"]),
        4: _pages_app(pages["plain"]),
        5: _pages_app(pages["canvas-second"]),
    }
    oidc.install(apps[3], [houses["moodle"]])
    oidc.install(apps[4], [houses["plain"]])
    admin.install_configuration(apps[2], [canvas, second])
    admin.install_configuration(apps[3], [houses["moodle"]])
    admin.install_configuration(apps[4], [houses["plain"]])
    start.install(apps[0], pages, home)
    control.install(apps[0], houses)
    for place, app in apps.items():
        if place != 0:
            app.add_url_rule("/", "start", lambda: redirect(f"{home}/"))
    return Sandbox(config, houses, apps)


def _pages_app(pages: Pages) -> Flask:
    app = _app([pages.lms])
    pages.install(app)
    Submissions(pages).install(app)
    admin.AdminPages(pages.lms, pages.start).install(app)
    choosing.Choosing(pages).install(app)
    services.install(app, pages.lms)
    storage.install_report(app, [pages.lms])
    at_school = pages.lms.flavour.paths.get("auth_at_school")
    if at_school is not None:
        routes.add(app, "auth_at_school", at_school, lambda: oidc.authorize(pages.lms), "GET")
    return app


def _sign_in_app(houses: list[Lms]) -> Flask:
    app = _app(houses)
    oidc.install(app, houses)
    storage.install_frame(app, houses)
    storage.install_report(app, houses)
    return app


class Site(Flask):
    """A site whose static files are answered from memory: no open file waits for a slow browser."""

    def send_static_file(self, filename: str) -> Response:
        path = safe_join(str(self.static_folder), filename)
        if path is None or not Path(path).is_file():
            abort(404)
        return Response(Path(path).read_bytes(), mimetype=guess_type(path)[0])


def _app(houses: list[Lms]) -> Flask:
    app = Site("lti_tool.sandbox")
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
