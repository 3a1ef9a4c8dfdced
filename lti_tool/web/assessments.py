"""Pages of assessments: begin one, fill it in, submit it, read it, amend it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from marshmallow import Schema, fields
from werkzeug.wrappers import Response

from lti_tool.domain.assessment import Content, State, faults
from lti_tool.domain.errors import (
    AlreadySubmitted,
    FormInvalid,
    NotYours,
    StaleVersion,
)
from lti_tool.services.assessment_views import Form, Reading, StartCompetency
from lti_tool.services.unit import Unit
from lti_tool.web import assessment_form, assessment_words
from lti_tool.web.activity import activity_id
from lti_tool.web.assessment_pages import form_page, interns, reading_page, saved_parts
from lti_tool.web.forms import NUMBER, Sent, read, typed
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.tabs import tabs

Answer = str | Response | tuple[str, int]


# Beginning ----------------------------------------------------------------------------------------


class StartSchema(Schema):
    """What is to be scored, and for whom; buttons and lists of the page send it."""

    competency = fields.String(required=True, metadata={"hidden": True})
    same_occasion_as = fields.Integer(load_default=None, validate=NUMBER, metadata={"hidden": True})
    paper_for = fields.Integer(load_default=None, validate=NUMBER, metadata={"hidden": True})


@launched.get("/interns/<int:person>/score")
def score(person: int) -> Answer:
    """Choose a competency to score an intern in."""
    with rounds().reading() as unit:
        page = unit.assessments.start_page(actor(), activity_id(), person)
    return render_template(
        "assessments/start.html",
        page=page,
        supervisors=[(one.id, one.name) for one in page.supervisors],
        titles=[(one.competency.id, one.competency.title) for one in page.competencies],
        back_to=interns(),
        tabs=tabs(),
    )


@launched.post("/interns/<int:person>/assessments")
def start_assessment(person: int) -> Answer:
    """Begin a draft, or take up the open one, and go to its form."""
    values = read(StartSchema(), request.form).or_refuse()
    with rounds().work() as unit:
        id = unit.assessments.start(
            actor(),
            activity_id(),
            person,
            values["competency"],
            same_occasion_as=values["same_occasion_as"],
            paper_for=values["paper_for"],
        )
    return see(id)


# Filling in ---------------------------------------------------------------------------------------


@launched.get("/assessments/<int:id>")
def assessment(id: int) -> Answer:
    """A submitted assessment to read; a draft, for whoever fills it in, as the form."""
    with rounds().reading() as unit:
        try:
            reading = unit.assessments.read(actor(), id)
        except NotYours:
            return form_page(unit.assessments.form(actor(), id))
        return reading_page(reading, _more_of_the_occasion(unit, reading))


@launched.post("/assessments/<int:id>/draft")
def save_assessment(id: int) -> Answer:
    """Keep a draft while it is filled in; answers with the parts of the page that say so."""
    try:
        return saved_parts(_save(id))
    except FormInvalid as refused:
        answer = saved_parts(load_form(id), faults=refused.faults)
        return answer, HTTPStatus.UNPROCESSABLE_ENTITY
    except (StaleVersion, AlreadySubmitted):
        return saved_parts(load_form(id), stale=True), HTTPStatus.CONFLICT


@launched.post("/assessments/<int:id>")
def submit_assessment(id: int) -> Answer:
    """Submit a draft or, without scripts, keep it for later."""
    if request.form.get("action") == "save":
        return _sent(id, _save, "saved")
    return _sent(id, _submit, "submitted")


@launched.get("/assessments/<int:id>/amend")
def amend_form(id: int) -> Answer:
    """The form of a submitted assessment, to change it."""
    form = load_form(id)
    return see(id) if form.state == State.DRAFT else form_page(form)


@launched.post("/assessments/<int:id>/amend")
def amend_assessment(id: int) -> Answer:
    """Change a submitted assessment; what it said before is kept."""
    return _sent(id, _amend, "amended")


def load_form(id: int) -> Form:
    """The form of an assessment of one's own, as it stands now."""
    with rounds().reading() as unit:
        return unit.assessments.form(actor(), id)


def see(id: int, done: str | None = None) -> Response:
    """Go on to an assessment's page, which says what was `done`."""
    return redirect(url_for("launched.assessment", id=id, done=done), HTTPStatus.SEE_OTHER)


def _read(unit: Unit, id: int) -> tuple[Form, Sent]:
    form = unit.assessments.form(actor(), id)
    return form, read(assessment_form.schema(form.competency), request.form)


def _save(id: int) -> Form:
    """Keep a draft as sent; the form as it then stands."""
    with rounds().work() as unit:
        form, sent = _read(unit, id)
        values = sent.or_refuse()
        content = assessment_form.content(form.competency, values)
        version = unit.assessments.save_draft(actor(), id, values["version"], content)
        return replace(form, version=version, saved_at=unit.now, content=content)


def _submit(id: int) -> None:
    with rounds().work() as unit:
        form, sent = _read(unit, id)
        content = _complete(form, sent)
        unit.assessments.submit(actor(), id, sent.values["version"], content)


def _amend(id: int) -> None:
    with rounds().work() as unit:
        form, sent = _read(unit, id)
        content = _complete(form, sent)
        reason = sent.values.get("reason", "")
        unit.assessments.amend(actor(), id, sent.values["version"], content, reason)


def _complete(form: Form, sent: Sent) -> Content:
    """What was sent. Where a field could not be read, all faults of the form are told at once."""
    content = assessment_form.content(form.competency, sent.values)
    if sent.faults:
        raise FormInvalid({**faults(form.competency, content, form.today), **sent.faults})
    return content


def _sent(id: int, act: Callable[[int], object], done: str) -> Answer:
    """Act on a posted form and go on to what it became, or show it again just as typed."""
    try:
        act(id)
    except FormInvalid as refused:
        page = form_page(load_form(id), typed(request.form), faults=refused.faults)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    except (StaleVersion, AlreadySubmitted):
        return _changed(id, done)
    return see(id, done)


def _changed(id: int, done: str) -> Answer:
    """Someone, mostly the same person in another tab, was faster: nothing typed is lost."""
    form, here = load_form(id), typed(request.form)
    there = assessment_form.typed(form.content, form.today)
    found = assessment_words.differences(form.competency, there, here)
    if not found and form.state != State.DRAFT:
        return see(id, done)  # the same form, sent twice
    return form_page(form, here, stale=True, differences=found), HTTPStatus.CONFLICT


def _more_of_the_occasion(unit: Unit, reading: Reading) -> Sequence[StartCompetency]:
    """The other competencies, for an assessor who saw more than one thing at once."""
    if not reading.may_amend:
        return ()
    page = unit.assessments.start_page(actor(), reading.activity_id, reading.intern.id)
    return [one for one in page.competencies if one.competency.id != reading.competency.id]
