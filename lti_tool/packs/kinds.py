"""The kinds of field a pack is made of, with faults worded for the people who write packs."""

from typing import Any

import marshmallow as ma
from marshmallow import fields
from marshmallow.types import ErrorMessages, Validator
from marshmallow.validate import Length, Range, Regexp

SHORT_WORDS = 12

_ONE_LINE = Regexp(
    r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+\Z",
    error="must be one line without control characters",
)
_SLUG = Regexp(
    r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z",
    error='must be small letters, digits and single hyphens, like "patient-communication"',
)
_CRITERION_ID = Regexp(
    r"[A-Z][A-Z0-9]{0,7}-[1-9][0-9]?\Z", error='must be capitals and a number, like "TW-3"'
)
_UUID = Regexp(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z",
    error='must be a UUID in small letters, like "0b9f6a52-6c1e-4a63-9d55-1f0c5f7e2a10"',
)
_VERSION = Regexp(r"[0-9]{1,3}\.[0-9]{1,3}\Z", error='must be two numbers, like "1.0"')


def _words(invalid: str) -> ErrorMessages:
    return {"required": "is missing", "null": "is empty", "invalid": invalid, "type": invalid}


class Line(fields.String):
    """One line of text, at most `most` characters, without the space around it."""

    def __init__(self, most: int, *validators: Validator, **options: Any) -> None:
        limits: list[Validator] = [
            Length(min=1, error="is empty"),
            _ONE_LINE,
            Length(max=most, error="must be at most {max} characters"),
            *validators,
        ]
        words = _words("must be text; put quotes around it")
        super().__init__(validate=limits, error_messages=words, **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return value.strip()


class Slug(Line):
    """A name for machines."""

    def __init__(self, **options: Any) -> None:
        super().__init__(40, _SLUG, **options)


class CriterionId(Line):
    """The short id of a criterion, said aloud in meetings: "TW-3"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(11, _CRITERION_ID, **options)


class Uuid(Line):
    """An id that stays when names and texts change."""

    def __init__(self, **options: Any) -> None:
        super().__init__(36, _UUID, **options)


class Version(Line):
    """Two numbers with a point between."""

    def __init__(self, **options: Any) -> None:
        super().__init__(7, _VERSION, **options)


class Short(Line):
    """A line of at most twelve words, for a phone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(120, _few_words, **options)


def _few_words(text: str) -> None:
    if len(text.split()) > SHORT_WORDS:
        raise ma.ValidationError(f"must be at most {SHORT_WORDS} words")


class Whole(fields.Integer):
    """A whole number from `least` to `most`."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        problem = f"must be a whole number between {least} and {most}"
        limits = Range(least, most, error=problem)
        words = _words(problem)
        super().__init__(strict=True, validate=limits, error_messages=words, **options)


class YesNo(fields.Boolean):
    """true or false, and nothing that only looks like it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages=_words("must be true or false"), **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Part(fields.Nested):
    """A set of fields of its own."""

    def __init__(self, schema: type[ma.Schema]) -> None:
        super().__init__(schema, error_messages=_words("must be a set of fields"))


class Many(fields.List[Any]):
    """A list of `least` to `most` things of one kind."""

    def __init__(self, kind: fields.Field[Any], least: int, most: int, **options: Any) -> None:
        counts = str(least) if least == most else f"{least} to {most}"
        limits = Length(least, most, error=f"must be a list of {counts}")
        words = _words("must be a list")
        super().__init__(kind, validate=limits, error_messages=words, **options)


class ByProfession(fields.Dict):
    """Examples under the name of the profession they are for."""

    def __init__(self, **options: Any) -> None:
        limits = Length(max=20, error="must be at most {max} professions")
        words = _words("must be professions, each with a list of examples")
        super().__init__(
            Slug(), Many(Line(120), 1, 6), validate=limits, error_messages=words, **options
        )

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(*args, **kwargs)  # type: ignore[no-untyped-call]  # untyped
        except ma.ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            # marshmallow files the fault under "key" or "value", which are no names in a pack.
            found = error.messages.items()
            raise ma.ValidationError(
                {name: fault.get("key") or fault["value"] for name, fault in found}
            ) from error
