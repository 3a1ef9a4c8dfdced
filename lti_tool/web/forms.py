"""How any posted form is read: through a marshmallow schema, into values or faults with names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import Schema, ValidationError, validate
from werkzeug.datastructures import ImmutableMultiDict

from lti_tool.domain.errors import FormInvalid, FormUnreadable

NOT_FIELDS = frozenset({"csrf", "action"})
"""The session's token and the button that was pressed: read elsewhere, in no schema."""

LARGEST_NUMBER = 2**31 - 1
"""The largest number a row can have; a database raises an error of its own above it."""

NUMBER = validate.Range(1, LARGEST_NUMBER)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it came: its fields as typed, the values that could be read, and the faults.

    A schema's error messages are kinds of fault (`domain.assessment.Fault` or the like), so
    `faults` maps a field to the kind of its first fault.
    """

    typed: Mapping[str, str]
    values: Mapping[str, Any]
    faults: Mapping[str, str]

    def or_refuse(self) -> Mapping[str, Any]:
        """The values. Raises FormInvalid if there are faults."""
        if self.faults:
            raise FormInvalid(dict(self.faults))
        return self.values


def read(schema: Schema, form: ImmutableMultiDict[str, str]) -> Sent:
    """Read a posted form. An empty field counts as not sent.

    Raises FormUnreadable for what no page of ours sends: unknown fields, NUL characters, and faults
    in hidden fields (those whose schema field says ``metadata={"hidden": True}``).
    """
    as_typed = typed(form)
    try:
        values = schema.load({name: text for name, text in as_typed.items() if text})
    except ValidationError as error:
        faults = {name: str(kinds[0]) for name, kinds in _messages(error).items()}
        for name in faults:
            field = schema.fields.get(name)
            if field is None:
                # Its name is whatever was sent, and the log takes no such words.
                raise FormUnreadable("a form with a field that is not on it") from None
            if field.metadata.get("hidden"):
                raise FormUnreadable(f"a form with a wrong field {name}") from None
        return Sent(as_typed, cast("dict[str, Any]", error.valid_data), faults)
    return Sent(as_typed, values, {})


def typed(form: ImmutableMultiDict[str, str]) -> dict[str, str]:
    """The fields as typed, to show the form again."""
    return {name: _lines(text) for name, text in form.items() if name not in NOT_FIELDS}


def _lines(text: str) -> str:
    """Browsers end lines with CR LF, whatever was typed; databases refuse NUL."""
    if "\0" in text:
        raise FormUnreadable("a form with a NUL character")
    return text.replace("\r\n", "\n")


def _messages(error: ValidationError) -> dict[str, list[str]]:
    return cast("dict[str, list[str]]", error.messages)
