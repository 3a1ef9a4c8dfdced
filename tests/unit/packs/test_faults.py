"""A faulty pack is refused with pack, file, line and field, in one line a person can act on."""

import pytest

from lti_tool.domain.errors import PackError, RoundsError
from lti_tool.packs import dump, load, read_pack
from tests.unit.packs.conftest import WritePack
from tests.unit.packs.small import SMALL_PACK, small_pack

UUID_2 = "6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a02"
UUID_7 = "6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a07"


def test_the_small_pack_is_a_good_one(write_pack: WritePack) -> None:
    pack = read_pack(write_pack())
    assert pack.file == "suturing/pack.yaml"
    assert pack.competency.criterion("SU-1").look_for == {"medicine": ("checks the tray",)}
    assert pack.competency.criterion("SU-1").anchor_short(1) == "No plan"
    assert pack.competency.criterion("SU-2").look_for == {}
    assert pack.competency.order == 1000
    assert read_pack(write_pack() / "pack.yaml") == pack


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "problem"),
    [
        ("title: Suturing\n", "", 1, "title", "is missing"),
        ("title: Suturing", "title:", 4, "title", "is empty"),
        ("title: Suturing", "title: '  '", 4, "title", "is empty"),
        ("title: Suturing", "title: 7", 4, "title", "must be text; put quotes around it"),
        ("title: Suturing", f"title: {'x' * 61}", 4, "title", "must be at most 60 characters"),
        (
            "title: Suturing",
            "title: |-\n  two\n  lines",
            4,
            "title",
            "must be one line without control characters",
        ),
        ("title: Suturing", "title: A\ncolour: red", 5, "colour", "is not a field of a pack"),
        ("id: suturing", "id: Suturing", 1, "id", "must be small letters, digits and single hyph"),
        ("id: suturing", "id: suturing-", 1, "id", "must be small letters, digits and single hyph"),
        ("8f1f0a01", "8F1F0A01", 2, "uuid", "must be a UUID in small letters"),
        ('version: "1.0"', "version: 1", 3, "version", "must be text; put quotes around it"),
        ('version: "1.0"', "version: 1.0.1", 3, "version", 'must be two numbers, like "1.0"'),
        ("expected: 3", "expected: 5", 7, "expected", "must be a whole number between 1 and 4"),
        ("default_weight: 10", "default_weight: 10.5", 6, "default_weight", "must be a whole numb"),
        ("default_weight: 10", "default_weight: -1", 6, "default_weight", "must be a whole number"),
        ("value: 4", "value: 3", 10, "levels", "must be levels 1, 2, 3 and 4, in this order"),
        ("- level: 2", "- level: 3", 40, "criteria[0].anchors", "must be levels 1, 2, 3 and 4, in"),
        (
            "short: You do this unprompted.",
            f"short: {'a ' * 13}",
            25,
            "levels[2].short",
            "must be at most 12 words",
        ),
        (
            "    weight: 40",
            "    weight: 41",
            31,
            "criteria",
            "the weights must come to 100, and co",
        ),
        (
            "    weight: 40",
            "    weight: 0",
            58,
            "criteria[1].weight",
            "must be a whole number between 1 and 100",
        ),
        ("    weight: 40", "    weight: true", 58, "criteria[1].weight", "must be a whole number"),
        (
            "    weight: 40",
            "    weight: 40\n    min_seen: 51",
            59,
            "criteria[1].min_seen",
            "must be a whole number between 1 and 50",
        ),
        (
            "    weight: 40",
            "    weight: 40\n    critical: yes",
            59,
            "criteria[1].critical",
            "must be true or false",
        ),
        (
            "text: Even.",
            "text: >-\n          ",
            68,
            "criteria[1].anchors[2].text",
            "is empty",
        ),
        (
            "text: Even.",
            f"text: {'x' * 401}",
            68,
            "criteria[1].anchors[2].text",
            "must be at most 400 characters",
        ),
        (
            "      - level: 4\n        uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a15\n"
            "        text: Hardly seen.\n",
            "",
            59,
            "criteria[1].anchors",
            "must be a list of 4",
        ),
        ("SU-2", "SU-1", 54, "criteria[1].id", '"SU-1" is used more than once'),
        ("SU-2", "su-2", 54, "criteria[1].id", 'must be capitals and a number, like "TW-3"'),
        (UUID_7, UUID_2, 42, "criteria[0].anchors[0].uuid", f'"{UUID_2}" is used more than once'),
        (
            "      medicine:",
            "      Medicine:",
            38,
            "criteria[0].look_for.Medicine",
            "must be small letters, digits and single hyphens",
        ),
        (
            "        - checks the tray",
            "        - checks the tray\n        - 7",
            40,
            "criteria[0].look_for.medicine[1]",
            "must be text; put quotes around it",
        ),
        (
            "look_for:\n      medicine:\n        - checks the tray",
            "look_for: looks",
            37,
            "criteria[0].look_for",
            "must be professions, each with a list of examples",
        ),
        (
            "      - level: 3\n        uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a14\n"
            "        text: Even.\n",
            "      - Even.\n",
            66,
            "criteria[1].anchors[2]",
            "must be a set of fields",
        ),
        (
            "text: Gapes.",
            "text: Gapes.\n        points: 1",
            63,
            "criteria[1].anchors[0].points",
            "is not a field of a pack",
        ),
    ],
)
def test_each_fault_is_named_with_line_and_field(
    write_pack: WritePack, old: str, new: str, line: int, field: str, problem: str
) -> None:
    folder = write_pack(small_pack((old, new)))
    with pytest.raises(PackError) as refusal:
        read_pack(folder)
    error = refusal.value
    assert (error.field, error.line) == (field, line)
    assert error.problem.startswith(problem)
    assert str(error).startswith(f"suturing/pack.yaml:{line}: {field}: {problem}")
    assert str(error).endswith('(pack "suturing")')
    assert "\n" not in str(error)


def test_of_several_faults_the_first_in_the_file_is_named(write_pack: WritePack) -> None:
    text = small_pack(("weight: 60", "weight: 0"), ("title: Suturing", "title: 1"), ("SU-2", "x"))
    with pytest.raises(PackError) as refusal:
        read_pack(write_pack(text))
    assert refusal.value.field == "title"


@pytest.mark.parametrize("content", ["- a\n- b\n", "just words\n", "null\n"])
def test_a_file_that_is_no_set_of_fields(write_pack: WritePack, content: str) -> None:
    with pytest.raises(PackError, match=r"pack\.yaml:1: must be a set of fields"):
        read_pack(write_pack(content))


@pytest.mark.parametrize(
    ("criteria", "problem"),
    [("criteria: []\n", "must be a list of 1 to 40"), ("criteria: 3\n", "must be a list")],
)
def test_a_pack_without_criteria(write_pack: WritePack, criteria: str, problem: str) -> None:
    head = SMALL_PACK[: SMALL_PACK.index("criteria:")]
    with pytest.raises(PackError, match=f"pack.yaml:31: criteria: {problem}"):
        read_pack(write_pack(head + criteria))


def test_text_that_is_not_yaml_is_named_with_its_line(write_pack: WritePack) -> None:
    with pytest.raises(PackError, match=r"suturing/pack\.yaml:4: this is not YAML") as refusal:
        read_pack(write_pack(small_pack(("title: Suturing", "title: Suturing: wounds"))))
    assert refusal.value.line == 4


def test_a_file_that_is_not_there(write_pack: WritePack) -> None:
    folder = write_pack()
    (folder / "pack.yaml").unlink()
    with pytest.raises(PackError, match="cannot be read: No such file") as refusal:
        read_pack(folder)
    assert refusal.value.line is None
    assert isinstance(refusal.value, RoundsError)


def test_an_escaped_surrogate_never_reaches_the_database(write_pack: WritePack) -> None:
    with pytest.raises(PackError, match="title: must be one line"):
        read_pack(write_pack(small_pack(("title: Suturing", 'title: "\\ud800"'))))


@pytest.mark.parametrize(
    ("data", "field"), [({"id": "suturing"}, "uuid"), ({}, "id"), ([], ""), (None, "")]
)
def test_a_pinned_copy_that_is_none_is_refused(data: object, field: str) -> None:
    with pytest.raises(PackError, match="pinned copy") as refusal:
        load(data)
    assert refusal.value.field == field


def test_a_pinned_copy_with_a_stray_field_is_refused(write_pack: WritePack) -> None:
    snapshot = dump(read_pack(write_pack()).competency)
    snapshot["criteria"][1]["points"] = 5
    with pytest.raises(PackError, match=r"criteria\[1\]\.points: is not a field of a pack"):
        load(snapshot)
