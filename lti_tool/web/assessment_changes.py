"""Small pages that change an assessment as a whole: discard a draft, withdraw, move."""

from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from marshmallow import Schema, fields, validate

from lti_tool.domain.assessment import Fault, State
from lti_tool.domain.errors import FormInvalid, NotYours, StaleVersion
from lti_tool.web import assessment_form, assessment_words
from lti_tool.web.assessments import Answer, load_form, see
from lti_tool.web.forms import LARGEST_NUMBER, read, typed
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.tabs import tabs


class WithdrawSchema(Schema):
    """Why an assessment no longer counts."""

    version = assessment_form.VERSION
    reason = fields.String(load_default="", validate=assessment_form.TEXT)


class MoveSchema(WithdrawSchema):
    """Whom an assessment is of, and why it was given to someone else."""

    intern = fields.Integer(
        required=True,
        validate=validate.Range(1, LARGEST_NUMBER, error=Fault.UNKNOWN_CHOICE),
        error_messages=dict.fromkeys(("required", "invalid"), Fault.UNKNOWN_CHOICE),
    )


@launched.get("/assessments/<int:id>/discard")
def discard_form(id: int) -> Answer:
    """Ask before a draft is thrown away."""
    form = load_form(id)
    if form.state != State.DRAFT:
        return see(id)
    return render_template("assessments/discard.html", form=form, tabs=tabs())


@launched.post("/assessments/<int:id>/discard")
def discard_assessment(id: int) -> Answer:
    """Throw a draft away."""
    with rounds().work() as unit:
        intern = unit.assessments.form(actor(), id).intern
        unit.assessments.discard(actor(), id)
    return redirect(url_for("launched.score", person=intern.id), HTTPStatus.SEE_OTHER)


@launched.get("/assessments/<int:id>/withdraw")
def withdraw_form(id: int) -> Answer:
    """Ask why an assessment is withdrawn."""
    return _ask("withdraw", id)


@launched.post("/assessments/<int:id>/withdraw")
def withdraw_assessment(id: int) -> Answer:
    """Take an assessment out of the result, with a reason."""
    try:
        values = read(WithdrawSchema(), request.form).or_refuse()
        with rounds().work() as unit:
            unit.assessments.withdraw(actor(), id, values["version"], values["reason"])
    except (FormInvalid, StaleVersion) as refused:
        return _refused("withdraw", id, refused)
    return see(id, "withdrawn")


@launched.get("/assessments/<int:id>/move")
def move_form(id: int) -> Answer:
    """Ask whom an assessment is really of, and why."""
    return _ask("move", id)


@launched.post("/assessments/<int:id>/move")
def move_assessment(id: int) -> Answer:
    """Give an assessment to the intern it is of."""
    try:
        values = read(MoveSchema(), request.form).or_refuse()
        with rounds().work() as unit:
            unit.assessments.move(
                actor(), id, values["version"], values["intern"], values["reason"]
            )
    except (FormInvalid, StaleVersion) as refused:
        return _refused("move", id, refused)
    return see(id, "moved")


def _refused(change: str, id: int, refused: FormInvalid | StaleVersion) -> Answer:
    if isinstance(refused, StaleVersion):
        return _ask(change, id, stale=True), HTTPStatus.CONFLICT
    return _ask(change, id, refused.faults), HTTPStatus.UNPROCESSABLE_ENTITY


def _ask(change: str, id: int, faults: dict[str, str] | None = None, *, stale: bool = False) -> str:
    """The small form before a change: at first, or again with what kept it from being made."""
    with rounds().reading() as unit:
        reading = unit.assessments.read(actor(), id)
    if not (reading.may_move if change == "move" else reading.may_withdraw):
        raise NotYours(f"may not {change} this assessment")
    return render_template(
        f"assessments/{change}.html",
        reading=reading,
        interns=[(one.id, one.name) for one in reading.interns if one != reading.intern],
        fields=assessment_form.complete(reading.competency, typed(request.form)),
        beside=assessment_words.beside(reading.competency, faults or {}),
        faults=assessment_words.entries(reading.competency, faults or {}),
        heading=assessment_words.heading(len(faults or {})),
        stale=stale,
        tabs=tabs(),
    )
