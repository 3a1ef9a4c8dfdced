"""What an administrator of the LMS sees: the registered tool, and the way to register one."""

from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import routes
from lti_tool.sandbox.flavour import Lms

PRIVACY = ("public", "name_only", "email_only", "anonymous")


class AdminPages:
    """One platform's tool administration. Nobody signs in: the sandbox is a play."""

    def __init__(self, lms: Lms, start: str) -> None:
        self.lms = lms
        self.start = start

    def install(self, app: Flask) -> None:
        paths = self.lms.flavour.paths
        routes.add(app, "admin", paths["admin"], self.tools, "GET")
        routes.add(app, "admin", paths["admin"], self.review, "POST")
        routes.add(app, "register", paths["register"], self.register, "GET")
        routes.add(app, "start_registration", paths["start_registration"], self.begin, "GET")
        routes.add(app, "registration", paths["registration"], self.receive, "POST")
        if self.lms.registrar.presents:
            routes.add(app, "registration", paths["registration"], self.present, "GET")

    @property
    def address(self) -> str:
        return self.lms.platform.address("admin")

    def tools(self) -> str:
        """The tool that is registered, and the box for a registration address."""
        return self._page("admin.html", privacy_levels=PRIVACY)

    def review(self) -> ResponseReturnValue:
        """The administrator's form: what is ticked stays, what is not goes."""
        pages = self.lms.platform.origins.pages
        if request.headers.get("Origin", pages) != pages:
            abort(403)
        form = request.form
        placements = {found.name for found in self.lms.platform.client.placements}
        self.lms.registrar.review(
            active="active" in form,
            offered=None if self.lms.registrar.offered_at_once else "offered" in form,
            privacy=form["privacy"] if form.get("privacy") in PRIVACY else None,
            drop_scopes=[
                scope
                for scope in self.lms.platform.switches.scopes
                if scope not in form.getlist("scope")
            ],
            drop_placements=sorted(placements - set(form.getlist("placement"))),
        )
        return redirect(self.address, 303)

    def register(self) -> str:
        """The tool's registration page in a frame; it ends by `org.imsglobal.lti.close`."""
        query = urlencode({"url": _registration_address()})
        inner = f"{self.lms.platform.address('start_registration')}?{query}"
        return self._page("register.html", inner=inner)

    def begin(self) -> ResponseReturnValue:
        """Leads the frame to the tool, after a question where the LMS knows its domain."""
        address = _registration_address()
        registrar, how = self.lms.registrar, request.args.get("how", "")
        if not how and registrar.known(address):
            return self._page("update_or_new.html", address=address)
        token = registrar.invite(update=how == "update")
        return redirect(registrar.opened(address, token))

    def receive(self) -> Response:
        """The registration endpoint."""
        return self.lms.registrar.register(request.get_data(), request.headers.get("Authorization"))

    def present(self) -> Response:
        return self.lms.registrar.present(request.headers.get("Authorization"))

    def _page(self, template: str, **more: object) -> str:
        return render_template(template, lms=self.lms, admin=self, start=self.start, **more)


def install_configuration(app: Flask, lmses: list[Lms]) -> None:
    """The openid configuration. Schools behind one issuer are told apart by the token's claim."""

    def configuration() -> Response:
        authorization = request.headers.get("Authorization")
        invited = (lms for lms in lmses if lms.registrar.invited(authorization))
        school = next(invited, lmses[0])
        return school.registrar.configuration(request.args, authorization)

    path = lmses[0].flavour.paths["openid_configuration"]
    routes.add(app, "openid_configuration", path, configuration, "GET")


def _registration_address() -> str:
    address = request.args.get("url", "").strip()
    if urlsplit(address).scheme not in ("http", "https"):
        abort(400, "A registration address begins with http:// or https://.")
    return address
