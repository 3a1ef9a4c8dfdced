"""Registration: an LMS opens this page for its administrator, and registers Rounds meanwhile.

Everything happens on the GET by which LMSs open it, in a frame and without a cookie of ours: what
makes that safe is the one-time code in the address.
"""

import re

import marshmallow as ma
from flask import Blueprint, jsonify, make_response, render_template, request, url_for
from flask_babel import lazy_gettext as _
from marshmallow.fields import String
from marshmallow.validate import Regexp
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from lti_tool.domain.errors import RegistrationMalformed
from lti_tool.services import registering
from lti_tool.services.registering import Addresses, Outcome, Request
from lti_tool.web import journal
from lti_tool.web.lti import JWKS_SECONDS, LOGIN_PATH
from lti_tool.web.proxies import caller
from lti_tool.web.session import rounds

registration = Blueprint("registration", __name__, url_prefix="/lti")

LEFT_TO_DO = {
    "activate": (
        _("Activate it"),
        _("It is pending in the LMS's list of tools until you activate it there."),
    ),
    "switch-on": (
        _("Switch it on"),
        _("A tool that registered itself stays off until an administrator switches it on."),
    ),
    "show-in-chooser": (
        _("Show it to teachers"),
        _(
            "Edit the tool and let it be shown in the activity chooser. Otherwise each course has"
            " to switch it on for itself."
        ),
    ),
    "allow-calls": (
        _("Let the LMS call Rounds"),
        _(
            "It fetches our public keys. If Rounds is in a private network or on an unusual port,"
            " allow its host and its port in the LMS's security settings for outgoing calls."
            " Without this no grade arrives."
        ),
    ),
    "set-privacy": (
        _("Look at the privacy level"),
        _(
            "Rounds asks for names and e-mail, so that supervisors find their interns. It also"
            " works without, and then shows people as a short code."
        ),
    ),
    "add-to-menu": (
        _("Decide where it appears"),
        _(
            "Teachers find it among the external tools of an assignment and of a module. In the"
            " menu of a course it is hidden until somebody switches it on in the settings of that"
            " course."
        ),
    ),
    "try-it": (
        _("Try it"),
        _("Add an activity with Rounds to a course and open it once as its teacher."),
    ),
}
"""The steps a service names, in words: what to do, and why or where."""

LACKING = {
    "score": _("Grades cannot be sent."),
    "read-back": _("Rounds cannot see when a teacher changes a grade in the gradebook."),
    "find-columns": _("Only the column that comes with an activity can be used."),
    "make-columns": _("Rounds cannot make columns of its own."),
    "roster": _("Interns are not listed before they first open the activity."),
    "notices": _("Copies of courses are recognised only by what the links in them carry."),
    "follow-files": _("Rounds cannot see whether the LMS has fetched a certificate."),
}
"""What cannot be done without a scope that the LMS did not grant."""


class _Opened(ma.Schema):
    """The address as an LMS opens it (LTI Dynamic Registration 1.0)."""

    class Meta:
        unknown = ma.EXCLUDE

    code = String(required=True, validate=Regexp(re.compile(r"[\w-]{16,128}\Z", re.ASCII)))
    openid_configuration = String(
        required=True, validate=Regexp(re.compile(r"https?://[\x21-\x7e]{1,6000}\Z", re.I))
    )
    registration_token = String(
        load_default=None, validate=Regexp(re.compile(r"[\x21-\x7e]{1,6000}\Z"))
    )


_OPENED = _Opened()


@registration.get("/register")
def register() -> str:
    """Redeem the one-time code, and say what is left to do in the LMS."""
    try:
        given = _OPENED.load(request.args)
    except ma.ValidationError as error:
        raise RegistrationMalformed(f"parameter {min(error.messages_dict)}") from None
    opened = Request(given["openid_configuration"], given["registration_token"])
    outcome = registering.register(rounds(), given["code"], opened, _addresses(), caller=caller())
    journal.note(platform=outcome.platform.id, product=outcome.platform.product)
    journal.accepted("registration")
    return _page(outcome)


@registration.get("/<product>.json")
def configuration(product: str) -> Response:
    """What an administrator pastes into an LMS that takes a configuration of its own kind."""
    document = registering.pasted(product, _addresses())
    if document is None:
        raise NotFound
    response = make_response(jsonify(document))
    response.cache_control.public = True
    response.cache_control.max_age = JWKS_SECONDS
    return response


def _page(outcome: Outcome) -> str:
    return render_template(
        "lti/registered.html",
        platform=outcome.platform,
        steps=[LEFT_TO_DO[step] for step in outcome.left_to_do],
        lacking=[LACKING[ability] for ability in outcome.lacking],
        keys=_addresses().keys,
    )


def _addresses() -> Addresses:
    origin = rounds().settings.origin
    return Addresses(
        origin=origin,
        launch=rounds().settings.launch_url,
        login=origin + LOGIN_PATH,
        keys=origin + url_for("lti.jwks"),
        icon=origin + url_for("look.static_file", name="icon.png"),
    )
