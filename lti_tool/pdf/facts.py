"""The facts of a certificate as they are stored, and the check that nothing else gets printed."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validate

from lti_tool.domain import certificate
from lti_tool.domain.certificate import Facts
from lti_tool.domain.errors import FactsFaulty


class Text(fields.String):
    """Text of one line that no mark in it can turn round: see `certificate.tidy`."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return certificate.tidy(super()._deserialize(value, *args, **kwargs))


class Code(fields.String):
    """A verify code or holder's key, however it is grouped."""

    def __init__(self, normalise: Callable[[str], str | None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.normalise = normalise

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        code = self.normalise(super()._deserialize(value, *args, **kwargs))
        if code is None:
            raise ValidationError("Not such a code.")
        return code


def text(longest: int = 500) -> Text:
    """Text that must be there, of so many letters at most."""
    return Text(required=True, validate=validate.Length(1, longest))


def level(*, required: bool = False) -> Text:
    """The name of a level."""
    return Text(required=required, allow_none=not required, validate=validate.Length(1, 100))


def count(least: int = 0) -> fields.Integer:
    """How often or how many."""
    return fields.Integer(required=True, strict=True, validate=validate.Range(least, 100_000))


class Frozen(Schema):
    """A schema that loads into the dataclass of the same shape."""

    makes: ClassVar[type]

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**{name: _frozen(value) for name, value in data.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class LevelSchema(Frozen):
    """A step of a scale."""

    makes = certificate.LevelFacts
    name = text(100)
    means = text()


class CriterionSchema(Frozen):
    """A criterion and what was seen of it."""

    makes = certificate.CriterionFacts
    name = text()
    critical = fields.Boolean(required=True)
    dependable_or_better = count()
    seen = count()
    supervisors = count()
    level_value = fields.Integer(allow_none=True, strict=True, validate=validate.Range(1, 4))
    level_name = level()
    mean = fields.String(allow_none=True, validate=validate.Regexp(r"[1-4]\.[0-9]\Z"))
    x = fields.Integer(allow_none=True, strict=True, validate=validate.Range(0, 1000))


class _CompetencySchema(Frozen):
    makes = certificate.CompetencyFacts
    title = text()
    version = text(40)
    occasions = count(1)
    supervisors = count(1)
    criteria = fields.List(
        fields.Nested(CriterionSchema), required=True, validate=validate.Length(1, 200)
    )
    met = fields.Boolean(required=True)


class _ExceptionSchema(Frozen):
    makes = certificate.ExceptionFacts
    name = text()
    times = count()


class StandardSchema(Frozen):
    """A standard."""

    makes = certificate.StandardFacts
    min_assessments = count()
    min_supervisors = count()
    min_seen = count()
    min_mean = level(required=True)
    floor = level()
    critical = level()
    exceptions = fields.List(fields.Nested(_ExceptionSchema))
    max_share = fields.Integer(allow_none=True, strict=True, validate=validate.Range(1, 100))
    flags = fields.Boolean(required=True)


class SignatorySchema(Frozen):
    """Someone who answers for it."""

    makes = certificate.Signatory
    name = text(200)
    role = text(200)


class _FactsSchema(Frozen):
    makes = Facts
    issuer = text()
    course = text()
    activity = text()
    person = text()
    first = fields.Date(required=True)
    last = fields.Date(required=True)
    occasions = count(1)
    supervisors = count(1)
    competencies = fields.List(
        fields.Nested(_CompetencySchema), required=True, validate=validate.Length(1, 50)
    )
    levels = fields.List(fields.Nested(LevelSchema), required=True, validate=validate.Length(4, 4))
    standard = fields.Nested(StandardSchema, required=True)
    issued_on = fields.Date(required=True)
    code = Code(certificate.normalise_code, required=True)
    holder_key = Code(certificate.normalise_holder_key, required=True)
    verify_url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    settings = fields.List(text(120), validate=validate.Length(max=50))
    expires_on = fields.Date(allow_none=True)
    signed_off_by = Text(validate=validate.Length(max=500))
    wording = Text(validate=validate.Length(max=1000))
    signatories = fields.List(fields.Nested(SignatorySchema), validate=validate.Length(max=4))
    chart = fields.String(validate=validate.OneOf([*certificate.Chart]))


def dump_facts(facts: Facts) -> dict[str, Any]:
    """The facts as JSON can hold them, for the certificate's row."""
    dumped: dict[str, Any] = _FactsSchema().dump(facts)
    return dumped


def load_facts(stored: Mapping[str, Any]) -> Facts:
    """The facts of `dump_facts` again. Raises FactsFaulty where something is missing or odd."""
    try:
        facts: Facts = _FactsSchema().load(stored)
    except ValidationError as error:
        raise faulty(error) from None
    return facts


def faulty(error: ValidationError) -> FactsFaulty:
    """What to raise of facts that do not load. It names keys only: the values are personal."""
    where = ", ".join(sorted(map(str, error.messages_dict)))
    return FactsFaulty(f"facts of a certificate not usable: {where}")
