"""Posted forms: read into values, refused in words, or unreadable."""

import pytest
from marshmallow import Schema, fields, validate
from werkzeug.datastructures import ImmutableMultiDict

from lti_tool.domain.errors import FormInvalid, FormUnreadable
from lti_tool.web.forms import LARGEST_NUMBER, NUMBER, read, typed


class TeaSchema(Schema):
    """A form of tests."""

    version = fields.Integer(required=True, validate=NUMBER, metadata={"hidden": True})
    kind = fields.String(validate=validate.OneOf(["green", "black"], error="unknown-tea"))
    note = fields.String(load_default="", validate=validate.Length(max=3, error="too-long"))


def sent(**fields: str) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict({"csrf": "token", "action": "save", "version": "1", **fields})


def test_a_form_becomes_values() -> None:
    assert read(TeaSchema(), sent(kind="green", note="")).or_refuse() == {
        "version": 1,
        "kind": "green",
        "note": "",
    }


def test_lines_end_as_they_were_typed() -> None:
    assert read(TeaSchema(), sent(note="a\r\nb")).values["note"] == "a\nb"


def test_faults_have_names_and_what_was_typed_stays() -> None:
    found = read(TeaSchema(), sent(kind="red", note="long"))
    assert found.faults == {"kind": "unknown-tea", "note": "too-long"}
    assert found.values == {"version": 1}
    assert found.typed == {"version": "1", "kind": "red", "note": "long"}
    assert typed(sent(note="long"))["note"] == "long"
    with pytest.raises(FormInvalid) as refused:
        found.or_refuse()
    assert refused.value.faults == found.faults


@pytest.mark.parametrize(
    "fields",
    [
        {"sugar": "2"},
        {"version": ""},
        {"version": "one"},
        {"version": "0"},
        {"version": str(LARGEST_NUMBER + 1)},
        {"note": "a\0"},
        {"kind[]": "green"},
    ],
)
def test_what_no_page_of_ours_sends_is_unreadable(fields: dict[str, str]) -> None:
    with pytest.raises(FormUnreadable):
        read(TeaSchema(), sent(**fields))
