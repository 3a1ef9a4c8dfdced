"""An intern's transcript: asked for, watched in the making, downloaded, withdrawn."""

from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from marshmallow import Schema, fields, validate
from werkzeug.wrappers import Response

from lti_tool.web.certificates import CREDENTIAL, LONGEST_TYPED, attached
from lti_tool.web.forms import read
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.tabs import tabs
from lti_tool.web.waiting import looks_again

Answer = str | Response


class WithdrawalSchema(Schema):
    """Which transcript is withdrawn: the code of the one on the page."""

    code = fields.String(
        required=True, validate=validate.Length(max=LONGEST_TYPED), metadata={"hidden": True}
    )


@launched.get("/transcript")
def transcript() -> Answer:
    """What a transcript is, the one that stands, and how to get a newer one."""
    with rounds().reading() as unit:
        found = unit.transcripts.of(actor())
        something = unit.transcripts.has_something(actor())
    html = render_template("interns/transcript.html", found=found, something=something, tabs=tabs())
    return looks_again(html) if found and found.making and not found.late else html


@launched.post("/transcript")
def ask_for_transcript() -> Answer:
    """Have one made of all that counts now."""
    with rounds().work() as unit:
        unit.transcripts.ask(actor())
    return redirect(url_for("launched.transcript"), HTTPStatus.SEE_OTHER)


@launched.post("/transcript/withdraw")
def withdraw_transcript() -> Answer:
    """Have the one that stands no longer count."""
    code = read(WithdrawalSchema(), request.form).or_refuse()["code"]
    with rounds().work() as unit:
        unit.transcripts.withdraw(actor(), code)
    return redirect(url_for("launched.transcript"), HTTPStatus.SEE_OTHER)


@launched.get("/transcript.pdf")
def transcript_file() -> Response:
    """The file of the one that stands."""
    with rounds().reading() as unit:
        file = unit.transcripts.file_for(actor())
    return attached(file.content, "application/pdf", f"transcript-{file.code}.pdf")


@launched.get("/transcript.jwt")
def transcript_credential() -> Response:
    """What machines read of it."""
    with rounds().reading() as unit:
        file = unit.credentials.of_transcript(actor())
    return attached(file.content, CREDENTIAL, f"transcript-{file.code}.jwt")
