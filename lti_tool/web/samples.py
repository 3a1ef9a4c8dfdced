"""A sample of an activity's certificate, as its form stands, before anything is saved."""

from flask import make_response, request
from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from lti_tool.domain.certificate import Chart
from lti_tool.domain.errors import FormInvalid
from lti_tool.domain.expiry import MOST_MONTHS
from lti_tool.domain.issuing import Terms
from lti_tool.services.samples import make_sample
from lti_tool.web.certificate_form import BY_ITSELF, SIGNED_OFF
from lti_tool.web.session import actor, launched, rounds


class SampleSchema(Schema):
    """What of the form a sample shows. The rest of it is sent along, and may be half filled."""

    class Meta:
        unknown = EXCLUDE

    design = fields.String(load_default="standard", validate=validate.Length(max=64))
    chart = fields.String(load_default=Chart.STRIPS, validate=validate.OneOf([*Chart]))
    issuing = fields.String(
        load_default=BY_ITSELF, validate=validate.OneOf([BY_ITSELF, SIGNED_OFF])
    )
    months = fields.Integer(load_default=None, validate=validate.Range(1, MOST_MONTHS))


@launched.post("/activity/sample")
def sample() -> Response:
    """The PDF, as a download."""
    filled = {name: text for name, text in request.form.items() if text}
    try:
        chosen = SampleSchema().load(filled)
    except ValidationError as error:
        raise FormInvalid(dict.fromkeys(error.messages_dict, "unusable")) from None
    terms = Terms(
        chosen["design"],
        Chart(chosen["chart"]),
        chosen["issuing"] == SIGNED_OFF,
        chosen["months"],
    )
    content = make_sample(rounds(), actor(), terms, person=_("Sample: this is no certificate"))
    response = make_response(content)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = 'attachment; filename="sample-certificate.pdf"'
    return response
