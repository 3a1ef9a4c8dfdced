"""Certificates: downloaded by those of the course, fetched by address, and checked by strangers."""

from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import Schema, fields, validate
from werkzeug.wrappers import Response

from lti_tool.domain.certificate import Kind, State, in_groups, normalise_code
from lti_tool.domain.errors import FormForged
from lti_tool.services.certificates import CertificateFile
from lti_tool.services.credentials import Form
from lti_tool.services.verification import Verification
from lti_tool.web.activity import activity_id
from lti_tool.web.forms import read
from lti_tool.web.look import day
from lti_tool.web.proxies import caller
from lti_tool.web.session import actor, launched, rounds

Verdict = str | tuple[str, int]

certificates = Blueprint("certificates", __name__)
"""What needs no launch: the file at its secret address, and the check by code."""

LONGEST_TYPED = 64
"""More than any code or key with hyphens and spaces; what is longer is neither."""


# The file -----------------------------------------------------------------------------------------


@launched.get("/certificate.pdf")
def own_certificate() -> Response:
    """An intern's own certificate."""
    return certificate_of_intern(actor().person)


@launched.get("/interns/<int:person>/certificate.pdf")
def certificate_of_intern(person: int) -> Response:
    """An intern's certificate, for a course lead."""
    with rounds().reading() as unit:
        return _download(unit.certificates.file_for(actor(), activity_id(), person))


@certificates.get("/certificates/<token>.pdf")
def at_address(token: str) -> Response:
    """The certificate at its secret address: the one thing an LMS fetches from us."""
    with rounds().reading() as unit:
        response = _download(unit.certificates.file_at(token))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _download(file: CertificateFile) -> Response:
    return attached(file.content, "application/pdf", f"certificate-{file.code}.pdf")


def attached(content: bytes, mimetype: str, name: str) -> Response:
    """A download whose name tells nobody's name; no cache keeps it."""
    response = make_response(content)
    response.mimetype = mimetype
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# The badge ----------------------------------------------------------------------------------------

CREDENTIAL = "text/plain"
BADGES = {
    Form.JWT: ("credential", CREDENTIAL),
    Form.PNG: ("badge", "image/png"),
    Form.SVG: ("badge", "image/svg+xml"),
}
"""What a form is called, and what it is sent as (Open Badges 3.0, section "Document Formats")."""


@launched.get("/credential.jwt", defaults={"form": Form.JWT})
@launched.get("/badge.png", defaults={"form": Form.PNG})
@launched.get("/badge.svg", defaults={"form": Form.SVG})
def own_badge(form: Form) -> Response:
    """An intern's own certificate as a signed badge."""
    return badge_of_intern(actor().person, form)


@launched.get("/interns/<int:person>/credential.jwt", defaults={"form": Form.JWT})
@launched.get("/interns/<int:person>/badge.png", defaults={"form": Form.PNG})
@launched.get("/interns/<int:person>/badge.svg", defaults={"form": Form.SVG})
def badge_of_intern(person: int, form: Form) -> Response:
    """The same of any intern, for a course lead."""
    with rounds().reading() as unit:
        file = unit.credentials.file_for(actor(), activity_id(), person, form)
    name, mimetype = BADGES[form]
    return attached(file.content, mimetype, f"{name}-{file.code}.{form}")


# The check ----------------------------------------------------------------------------------------


class KeySchema(Schema):
    """The holder's key; too long a one is just a wrong one."""

    key = fields.String(load_default="", validate=validate.Length(max=LONGEST_TYPED))


@certificates.get("/verify", strict_slashes=False)
def enter_code() -> Verdict | Response:
    """Where a code is typed in; its certificate has an address of its own."""
    typed = request.args.get("code", "").strip()[:LONGEST_TYPED]
    if not typed:
        return render_template("certificates/enter.html", code="", unknown=False)
    code = normalise_code(typed)
    if code is None:
        return _verdict(typed, "")  # what is no code may hold what no address does
    return redirect(url_for("certificates.verify", code=in_groups(code)), HTTPStatus.SEE_OTHER)


@certificates.get("/verify/<path:code>")
def verify(code: str) -> Verdict:
    """What is true of the certificate with this code, whatever was typed for one."""
    return _verdict(code, "")


@certificates.post("/verify/<path:code>")
def show_name(code: str) -> Verdict:
    """The same with the holder's name, for whoever has the key that is printed beside the code.

    No session, and nothing to change but a count of wrong tries: the origin is all that is asked.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin != rounds().settings.origin:
        raise FormForged("sent from another origin")
    sent = read(KeySchema(), request.form)
    return _verdict(code, sent.typed.get("key", "")[:LONGEST_TYPED])


def _verdict(code: str, key: str) -> Verdict:
    with rounds().work() as unit:
        found = unit.verifications.verify(code, key, caller())
    if found is None:
        page = render_template("certificates/enter.html", code=code[:LONGEST_TYPED], unknown=True)
        return page, HTTPStatus.NOT_FOUND
    wrong_key = bool(key.strip()) and not found.named
    page = _found(found, code, wrong_key=wrong_key)
    return (page, HTTPStatus.UNPROCESSABLE_ENTITY) if wrong_key else page


def _found(found: Verification, code: str, *, wrong_key: bool) -> str:
    shown = in_groups(normalise_code(code) or code)
    return render_template(
        _template(found),
        found=found,
        code=shown,
        file_name=f"{found.kind}-{shown}.pdf",
        wrong_key=wrong_key,
        based_on=_based_on(found),
    )


def _template(found: Verification) -> str:
    """A transcript stays genuine when there is a newer one, and no longer once it is withdrawn."""
    if found.kind is Kind.TRANSCRIPT and found.state is not State.REVOKED:
        return "certificates/transcript.html"
    return "certificates/issued.html" if found.state is State.VALID else "certificates/ended.html"


def _based_on(found: Verification) -> str:
    """*25 occasions with 4 supervisors, 14 September to 17 November 2026*."""
    last = day(found.last, year=True)
    if found.first == found.last:
        when = last
    else:
        first = day(found.first, year=found.first.year != found.last.year)
        when = _("%(first)s to %(last)s", first=first, last=last)
    return str(
        _(
            "%(occasions)s with %(supervisors)s, %(when)s",
            occasions=ngettext("1 occasion", "%(num)s occasions", found.occasions),
            supervisors=ngettext("1 supervisor", "%(num)s supervisors", found.supervisors),
            when=when,
        )
    )
