"""The facts of a certificate as they are stored, and the check that nothing else gets printed."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validate

from lti_tool.domain import certificate
from lti_tool.domain.certificate import Facts
from lti_tool.domain.errors import FactsFaulty


class _Text(fields.String):
    """Text of one line that no mark in it can turn round: see `certificate.tidy`."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return certificate.tidy(super()._deserialize(value, *args, **kwargs))


class _Code(fields.String):
    """A verify code or holder's key, however it is grouped."""

    def __init__(self, normalise: Callable[[str], str | None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.normalise = normalise

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        code = self.normalise(super()._deserialize(value, *args, **kwargs))
        if code is None:
            raise ValidationError("Not such a code.")
        return code


def _text(longest: int = 500) -> _Text:
    return _Text(required=True, validate=validate.Length(1, longest))


def _level(*, required: bool = False) -> _Text:
    return _Text(required=required, allow_none=not required, validate=validate.Length(1, 100))


def _count(least: int = 0) -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(least, 100_000))


class _Frozen(Schema):
    """A schema that loads into the dataclass of the same shape."""

    makes: ClassVar[type]

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**{name: _frozen(value) for name, value in data.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class _LevelSchema(_Frozen):
    makes = certificate.LevelFacts
    name = _text(100)
    means = _text()


class _CriterionSchema(_Frozen):
    makes = certificate.CriterionFacts
    name = _text()
    critical = fields.Boolean(required=True)
    dependable_or_better = _count()
    seen = _count()
    supervisors = _count()
    level_value = fields.Integer(allow_none=True, strict=True, validate=validate.Range(1, 4))
    level_name = _level()
    mean = fields.String(allow_none=True, validate=validate.Regexp(r"[1-4]\.[0-9]\Z"))
    x = fields.Integer(allow_none=True, strict=True, validate=validate.Range(0, 1000))


class _CompetencySchema(_Frozen):
    makes = certificate.CompetencyFacts
    title = _text()
    version = _text(40)
    occasions = _count(1)
    supervisors = _count(1)
    criteria = fields.List(
        fields.Nested(_CriterionSchema), required=True, validate=validate.Length(1, 200)
    )
    met = fields.Boolean(required=True)


class _ExceptionSchema(_Frozen):
    makes = certificate.ExceptionFacts
    name = _text()
    times = _count()


class _StandardSchema(_Frozen):
    makes = certificate.StandardFacts
    min_assessments = _count()
    min_supervisors = _count()
    min_seen = _count()
    min_mean = _level(required=True)
    floor = _level()
    critical = _level()
    exceptions = fields.List(fields.Nested(_ExceptionSchema))
    max_share = fields.Integer(allow_none=True, strict=True, validate=validate.Range(1, 100))
    flags = fields.Boolean(required=True)


class _SignatorySchema(_Frozen):
    makes = certificate.Signatory
    name = _text(200)
    role = _text(200)


class _FactsSchema(_Frozen):
    makes = Facts
    issuer = _text()
    course = _text()
    activity = _text()
    person = _text()
    first = fields.Date(required=True)
    last = fields.Date(required=True)
    occasions = _count(1)
    supervisors = _count(1)
    competencies = fields.List(
        fields.Nested(_CompetencySchema), required=True, validate=validate.Length(1, 50)
    )
    levels = fields.List(fields.Nested(_LevelSchema), required=True, validate=validate.Length(4, 4))
    standard = fields.Nested(_StandardSchema, required=True)
    issued_on = fields.Date(required=True)
    code = _Code(certificate.normalise_code, required=True)
    holder_key = _Code(certificate.normalise_holder_key, required=True)
    verify_url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    settings = fields.List(_text(120), validate=validate.Length(max=50))
    expires_on = fields.Date(allow_none=True)
    signed_off_by = _Text(validate=validate.Length(max=500))
    wording = _Text(validate=validate.Length(max=1000))
    signatories = fields.List(fields.Nested(_SignatorySchema), validate=validate.Length(max=4))
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
        # The keys only: the values are personal.
        raise FactsFaulty(f"facts of a certificate not usable: {_where(error)}") from None
    return facts


def _where(error: ValidationError) -> str:
    return ", ".join(sorted(map(str, error.messages_dict)))
