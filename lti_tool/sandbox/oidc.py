"""The views of the platform's sign-in side: authentication, key set and tokens."""

from urllib.parse import urlencode

import jwt
from flask import Flask, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import routes
from lti_tool.sandbox.answers import answer
from lti_tool.sandbox.flavour import Lms
from lti_tool.sandbox.login import FormError, PageError, RepostFirst
from lti_tool.sandbox.tokens import KeysUnreachable


def install(app: Flask, lmses: list[Lms]) -> None:
    """Sign-in for one school, or for several behind one issuer, told apart by client id."""
    paths = lmses[0].flavour.paths

    def of_client(client_id: str) -> Lms | None:
        return next((lms for lms in lmses if lms.platform.client.client_id == client_id), None)

    def authenticate() -> ResponseReturnValue:
        lms = of_client(request.values.get("client_id", ""))
        if lms is None:
            return error_page(PageError(400, "No such client."))
        at_school = lms.flavour.paths.get("auth_at_school")
        if at_school is None:
            return authorize(lms)
        # Canvas: authentication_controller.rb sends people on to their school's own domain.
        query = urlencode(list(request.values.items(multi=True)))
        return redirect(f"{lms.platform.origins.pages}{at_school}?{query}")

    def keys() -> Response:
        age = lmses[0].flavour.keys_max_age
        headers = {"Cache-Control": f"max-age={age}"} if age else {}
        return answer(lmses[0].platform.keys.jwks(), headers=headers)

    def token() -> Response:
        form = request.form.to_dict()
        lms = of_client(client_named(form.get("client_assertion", ""))) or lmses[0]
        try:
            return lms.tokens.issue(form)
        except KeysUnreachable as error:
            return lms.tokens.keys_unreachable(str(error))

    routes.add(app, "auth", paths["auth"], authenticate, "GET", "POST")
    routes.add(app, "jwks", paths["jwks"], keys, "GET")
    routes.add(app, "token", paths["token"], token, "POST")


def client_named(assertion: str) -> str:
    """Whose assertion this claims to be; nothing is believed yet."""
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        return ""
    return str(claims.get("iss", ""))


def authorize(lms: Lms) -> ResponseReturnValue:
    """The form that posts the id_token to the tool, or the error its LMS would show."""
    params = request.values.to_dict()
    session = request.cookies.get(lms.flavour.session_cookie, "")
    try:
        fields = lms.login.authorize(params, session)
    except RepostFirst:
        return post_form(request.base_url, params | {"repost": "1"})
    except PageError as error:
        lms.platform.note("Refused", f"Sign-in: {error.words}", params)
        return error_page(error)
    except FormError as error:
        lms.platform.note("Refused", f"Sign-in: {error.error}", params)
        fields = {"error": error.error, "error_description": error.description}
        fields |= {"state": params["state"]} if "state" in params else {}
    return post_form(params["redirect_uri"], fields)


def post_form(address: str, fields: dict[str, str]) -> str:
    return render_template("post.html", address=address, fields=fields)


def error_page(error: PageError) -> tuple[str, int]:
    return render_template("error.html", words=error.words), error.status
