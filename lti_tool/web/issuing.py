"""The course lead's pages of certificates: a class at once, and all that became of an intern's."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from lti_tool.domain.certificate import State
from lti_tool.domain.errors import FormInvalid, FormUnreadable
from lti_tool.domain.issuing import Stage
from lti_tool.services.class_certificates import ClassPage
from lti_tool.services.issuing import Seen
from lti_tool.services.signing_off import sign_off_each
from lti_tool.services.unit import Unit
from lti_tool.web.activity import activity_id
from lti_tool.web.class_archive import archive
from lti_tool.web.forms import NUMBER, read, typed
from lti_tool.web.paging import paged, searched
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.tabs import tabs
from lti_tool.web.waiting import looks_again

Answer = str | Response | tuple[str, int]

LONGEST = 500
"""Letters of an explanation: a sentence or two."""

MISSING, TOO_LONG = "missing", "too-long"
"""What can be wrong with an explanation."""

LISTED = (
    Stage.READY,
    Stage.MAKING,
    Stage.FAILED,
    Stage.ISSUED,
    Stage.ENDING,
    Stage.EXPIRED,
    Stage.REVOKED,
)
"""The stages that the page counts, in the order of what needs somebody first."""


class ChosenSchema(Schema):
    """Whom a course lead ticked."""

    intern = fields.List(fields.Integer(validate=NUMBER), validate=validate.Length(max=1000))


class ExplainedSchema(Schema):
    """Which certificate is ended or issued again, how it stood on the page, and why."""

    certificate = fields.Integer(required=True, validate=NUMBER, metadata={"hidden": True})
    state = fields.Enum(State, by_value=True, load_default=State.VALID, metadata={"hidden": True})
    explanation = fields.String(
        required=True,
        validate=[
            validate.Regexp(r"\s*\S", error=MISSING),
            validate.Length(max=LONGEST, error=TOO_LONG),
        ],
        error_messages={"required": MISSING},
    )


class ReissueSchema(ExplainedSchema):
    """The same, and whether its time is counted anew."""

    anew = fields.String(validate=validate.Equal("1"), metadata={"hidden": True})


# The class ----------------------------------------------------------------------------------------


@launched.get("/certificates")
def class_certificates() -> Answer:
    """Every intern with the state of their certificate."""
    search, stage = searched(), _stage()
    with rounds().reading() as unit:
        found = unit.class_certificates.page(actor(), activity_id(), stage, search)
    page = paged(found.rows, search)
    html = render_template(
        "certificates/class.html",
        found=found,
        page=page,
        stage=stage,
        counts=listed(found.counts, stage),
        everyone=sum(found.counts.values()),
        signed_off=request.args.get("signed_off", type=int),
        tabs=tabs("launched.class_certificates"),
    )
    return looks_again(html) if _waits(found) else html


def listed(counts: Mapping[Stage, int], here: Stage | None = None) -> dict[Stage, int]:
    """The stages that anybody is at, and the one that is shown."""
    return {one: counts[one] for one in LISTED if counts[one] or one == here}


def _waits(found: ClassPage) -> bool:
    """Whether the page asks for itself again: never while somebody may be ticking boxes on it."""
    ticking = any(row.way.stage is Stage.READY for row in found.rows)
    return bool(found.counts[Stage.MAKING]) and not ticking


def _stage() -> Stage | None:
    """The stage that the address asks for; all where it names none that there is."""
    named = request.args.get("state")
    return next((one for one in LISTED if one == named), None)


@launched.post("/certificates/sign-off")
def sign_off_chosen() -> Response:
    """Sign off those who are ticked, or all who wait for it."""
    try:
        chosen = ChosenSchema().load({"intern": request.form.getlist("intern")})["intern"]
    except ValidationError:
        raise FormUnreadable("a form with interns that have no number") from None
    everyone = request.form.get("action") == "all"
    count = sign_off_each(rounds(), actor(), activity_id(), None if everyone else chosen)
    return redirect(url_for("launched.class_certificates", signed_off=count), HTTPStatus.SEE_OTHER)


@launched.post("/certificates/make")
def make_again() -> Response:
    """Have all files made anew that could not be made."""
    with rounds().work() as unit:
        unit.issuing_by_hand.make_again(actor(), activity_id())
    return redirect(url_for("launched.class_certificates"), HTTPStatus.SEE_OTHER)


@launched.get("/certificates/all.zip")
def all_certificates() -> Response:
    """The files of all valid certificates with an index, sent while they are read."""
    with rounds().reading() as unit:
        files = unit.class_certificates.files(actor(), activity_id())
    response = Response(archive(rounds(), files), mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="certificates.zip"'
    return response


# One intern ---------------------------------------------------------------------------------------


@launched.get("/interns/<int:person>/certificate")
def certificate_log(person: int) -> Answer:
    """All certificates of an intern, what was done about each, and what can be done."""
    return _page(person)


@launched.post("/interns/<int:person>/certificate/sign-off")
def sign_off(person: int) -> Response:
    """Sign off one intern."""
    return _do(person, lambda unit: unit.issuing_by_hand.sign_off(actor(), activity_id(), person))


@launched.post("/interns/<int:person>/certificate/make")
def make_one_again(person: int) -> Response:
    """Have a file made anew that could not be made."""
    return _do(person, lambda unit: unit.issuing_by_hand.make_again(actor(), activity_id(), person))


@launched.post("/interns/<int:person>/certificate/reissue")
def reissue_certificate(person: int) -> Answer:
    """Issue a certificate again."""

    def act(unit: Unit, values: Mapping[str, Any]) -> None:
        why, anew = values["explanation"], "anew" in values
        unit.issuing_by_hand.reissue(actor(), activity_id(), person, _seen(values), why, anew=anew)

    return _explained(person, "reissue", ReissueSchema(), act)


@launched.post("/interns/<int:person>/certificate/revoke")
def revoke_certificate(person: int) -> Answer:
    """Have a certificate no longer count."""

    def act(unit: Unit, values: Mapping[str, Any]) -> None:
        why = values["explanation"]
        unit.issuing_by_hand.revoke(actor(), activity_id(), person, _seen(values), why)

    return _explained(person, "revoke", ExplainedSchema(), act)


def _seen(values: Mapping[str, Any]) -> Seen:
    return Seen(values["certificate"], values["state"])


def _explained(
    person: int, form: str, schema: Schema, act: Callable[[Unit, Mapping[str, Any]], None]
) -> Answer:
    """Do what asks for an explanation, or show the form again."""
    try:
        values = read(schema, request.form).or_refuse()
        with rounds().work() as unit:
            act(unit, values)
    except FormInvalid as refused:
        page = _page(person, form, typed(request.form), refused.faults["explanation"])
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("launched.certificate_log", person=person), HTTPStatus.SEE_OTHER)


def _do(person: int, act: Callable[[Unit], object]) -> Response:
    with rounds().work() as unit:
        act(unit)
    return redirect(url_for("launched.certificate_log", person=person), HTTPStatus.SEE_OTHER)


def _page(
    person: int, form: str = "", entered: Mapping[str, str] | None = None, fault: str = ""
) -> str:
    """`form` came back with what was entered: its explanation has a fault."""
    with rounds().reading() as unit:
        found = unit.class_certificates.of_intern(actor(), activity_id(), person)
    words = {
        MISSING: _("Say why. One sentence is enough."),
        TOO_LONG: _("This is longer than %(longest)s characters. Shorten it.", longest=LONGEST),
    }
    return render_template(
        "certificates/intern.html",
        found=found,
        form=form,
        entered=entered or {},
        fault=words.get(fault, ""),
        tabs=tabs(),
    )
