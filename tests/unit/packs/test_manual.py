"""docs/write-a-pack.md tells the truth: its example is a good pack, and no field is left out."""

import re
from pathlib import Path

import pytest
from marshmallow import Schema
from marshmallow.validate import Length, Range

from lti_tool.packs import read_pack, schema, text
from lti_tool.packs.kinds import SHORT_WORDS, Line, Short, Slug
from tests.unit.packs.conftest import WritePack

MANUAL = Path(__file__).parents[3].joinpath("docs", "write-a-pack.md").read_text("utf-8")


def rows(heading: str) -> dict[str, str]:
    """The table under a heading: what stands in the row of each field."""
    section = MANUAL[MANUAL.index(f"### {heading}") :].split("\n#", 1)[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.M))


EACH_PART = pytest.mark.parametrize(
    ("heading", "part"),
    [
        ("The pack", schema.PackSchema),
        ("A level", schema.LevelSchema),
        ("A criterion", schema.CriterionSchema),
        ("What is seen at a level", schema.AnchorSchema),
    ],
)


@EACH_PART
def test_each_field_has_a_row_that_tells_whether_it_is_required(
    heading: str, part: type[Schema]
) -> None:
    told = {name: row.endswith("| required") for name, row in rows(heading).items()}
    assert told == {name: field.required for name, field in part().fields.items()}


@EACH_PART
def test_each_limit_is_the_one_in_the_manual(heading: str, part: type[Schema]) -> None:
    told = rows(heading)
    for name, field in part().fields.items():
        for limit in field.validators:
            if isinstance(limit, Range) and name not in {"value", "level"}:
                assert f"{limit.min} to {limit.max}" in told[name]
            if isinstance(limit, Length) and limit.max and type(field) in (Line, Short, Slug):
                assert f"{limit.max} characters" in told[name]
        if isinstance(field, Short):
            assert f"at most {SHORT_WORDS} words" in told[name]


def test_the_example_is_a_good_pack(write_pack: WritePack) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", MANUAL, re.S)
    competency = read_pack(write_pack(example)).competency
    assert (competency.id, len(competency.criteria)) == ("suturing", 1)
    assert text.parse(example.encode()).lines["criteria[0].weight"] == int(
        re.findall(r"pack\.yaml:(\d+): criteria\[0\]\.weight", MANUAL)[0]
    )
