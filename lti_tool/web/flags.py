"""The page of a flag: a concern that only course leads read, and resolve with a note."""

from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from marshmallow import Schema, fields, validate
from werkzeug.wrappers import Response

from lti_tool.domain.assessment import LONGEST_TEXT, Fault
from lti_tool.domain.errors import FlagSettled, FormInvalid
from lti_tool.web.activity import activity_id
from lti_tool.web.forms import read, typed
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.tabs import tabs


class ResolveSchema(Schema):
    """What was done about a concern."""

    note = fields.String(
        load_default="", validate=validate.Length(max=LONGEST_TEXT, error=Fault.TOO_LONG)
    )


@launched.get("/flags/<int:id>")
def flag(id: int) -> str:
    """What someone was worried about, and what became of it."""
    return _page(id)


@launched.post("/flags/<int:id>")
def resolve_flag(id: int) -> Response | tuple[str, int]:
    """Settle a concern with a note."""
    try:
        note = read(ResolveSchema(), request.form).or_refuse()["note"]
        with rounds().work() as unit:
            unit.flags.resolve(actor(), id, note)
    except FormInvalid as refused:
        page = _page(id, typed(request.form).get("note", ""), refused.faults["note"])
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    except FlagSettled:
        return redirect(url_for("launched.flag", id=id), HTTPStatus.SEE_OTHER)
    return redirect(url_for("launched.home"), HTTPStatus.SEE_OTHER)


def _page(id: int, note: str = "", fault: str = "") -> str:
    with rounds().reading() as unit:
        found = unit.flags.get(actor(), id)
        activity = unit.activities.view(actor().course, found.activity_id)
    return render_template(
        "flags/flag.html",
        flag=found,
        competency=activity.competency(found.competency_id),
        here=found.activity_id == activity_id(),
        note=note,
        fault=fault,
        longest=LONGEST_TEXT,
        tabs=tabs(),
    )
