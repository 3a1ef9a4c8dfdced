"""The facts of a transcript as they are stored, checked like those of a certificate."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from lti_tool.domain import certificate, transcript
from lti_tool.domain.standard import Verdict
from lti_tool.domain.transcript import Transcript
from lti_tool.pdf import facts as parts
from lti_tool.pdf.facts import Code, Frozen, count, level, text


class _CompetencySchema(Frozen):
    makes = transcript.CompetencyRecord
    title = text()
    version = text(40)
    occasions = count(1)
    supervisors = count(1)
    first = fields.Date(required=True)
    last = fields.Date(required=True)
    standing = fields.Enum(Verdict, by_value=True, required=True, allow_none=True)
    criteria = fields.List(
        fields.Nested(parts.CriterionSchema), required=True, validate=validate.Length(1, 200)
    )
    level_name = level()
    level_value = fields.Integer(allow_none=True, strict=True, validate=validate.Range(1, 4))
    mean = fields.String(allow_none=True, validate=validate.Regexp(r"[1-4]\.[0-9]\Z"))


class _ActivitySchema(Frozen):
    makes = transcript.ActivityRecord
    course = text()
    activity = text()
    standing = fields.Enum(Verdict, by_value=True, required=True, allow_none=True)
    competencies = fields.List(
        fields.Nested(_CompetencySchema), required=True, validate=validate.Length(1, 50)
    )
    unseen = fields.List(text(), required=True, validate=validate.Length(max=50))
    levels = fields.List(
        fields.Nested(parts.LevelSchema), required=True, validate=validate.Length(4, 4)
    )
    standard = fields.Nested(parts.StandardSchema, required=True)
    certificate = fields.String(required=True, validate=validate.Length(max=12))


class _TranscriptSchema(Frozen):
    makes = Transcript
    issuer = text()
    person = text()
    activities = fields.List(
        fields.Nested(_ActivitySchema), required=True, validate=validate.Length(1, 100)
    )
    first = fields.Date(required=True)
    last = fields.Date(required=True)
    occasions = count(1)
    supervisors = count(1)
    issued_on = fields.Date(required=True)
    time_zone = text(64)
    code = Code(certificate.normalise_code, required=True)
    holder_key = Code(certificate.normalise_holder_key, required=True)
    verify_url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    wording = parts.Text(validate=validate.Length(max=1000))
    signatories = fields.List(fields.Nested(parts.SignatorySchema), validate=validate.Length(max=4))


def dump_transcript(facts: Transcript) -> dict[str, Any]:
    """The facts as JSON can hold them, for the transcript's row."""
    dumped: dict[str, Any] = _TranscriptSchema().dump(facts)
    return dumped


def load_transcript(stored: Mapping[str, Any]) -> Transcript:
    """The facts of `dump_transcript` again. Raises FactsFaulty where something is missing."""
    try:
        facts: Transcript = _TranscriptSchema().load(stored)
    except ValidationError as error:
        raise parts.faulty(error) from None
    return facts
