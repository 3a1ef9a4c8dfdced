"""From the bytes of a pack.yaml to plain data with line numbers; everything tricky is refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lti_tool.packs import text
from tests.unit.packs.small import SMALL_PACK


def parse(source: str) -> text.Located:
    return text.parse(source.encode())


def test_unquoted_words_stay_what_they_look_like() -> None:
    source = (
        "version: 1.10\nanswer: No\nday: 2026-11-22\ntime: 12:30:00\nzero: 007\nhex: 0x10\n"
        "large: 12345678901234567890\nquoted: '3'\n"
    )
    assert parse(source).data == {
        "version": "1.10",
        "answer": "No",
        "day": "2026-11-22",
        "time": "12:30:00",
        "zero": "007",
        "hex": "0x10",
        "large": "12345678901234567890",
        "quoted": "3",
    }


def test_whole_numbers_truth_and_nothing_are_read_as_such() -> None:
    source = "a: 3\nb: -1\nc: true\nd: false\ne: null\nf: ~\ng:\n"
    assert parse(source).data == {
        "a": 3,
        "b": -1,
        "c": True,
        "d": False,
        "e": None,
        "f": None,
        "g": None,
    }


def test_every_field_knows_its_line() -> None:
    located = parse("# note\nid: a\nlist:\n  - x: 1\n    y: >-\n      long\n      text\n  - 2\n")
    assert located.lines == {
        "id": 2,
        "list": 3,
        "list[0]": 4,
        "list[0].x": 4,
        "list[0].y": 5,
        "list[1]": 8,
    }


@pytest.mark.parametrize(
    ("path", "line"), [("list[0].z", 3), ("list[7].deep.down", 2), ("gone", 1), ("", 1)]
)
def test_a_missing_field_stands_where_it_is_missing(path: str, line: int) -> None:
    assert parse("id: a\nlist:\n  - x: 1\n").line(path) == line


def test_windows_line_ends_and_a_byte_order_mark_are_fine() -> None:
    located = text.parse(b"\xef\xbb\xbfid: a\r\ntitle: b\r\n")
    assert located.data == {"id": "a", "title": "b"}
    assert located.lines["title"] == 2


@pytest.mark.parametrize(
    ("content", "problem", "line"),
    [
        (b"", "the file is empty", None),
        (b"# only a comment\n", "the file is empty", None),
        (b"id: a\nx: \xff\n", "the file must be saved as UTF-8", 2),
        (b"id: a\nlist:\n\t- x\n", "this line holds a tab; use spaces", 3),
        (b"id: a\x00\n", "this line holds a control character", 1),
        ("id: a\nx: \ufffe\n".encode(), "this is not YAML", None),
        (b"id: a\nx: [1, 2\ny: 3\n", "this is not YAML", 3),
        (b'x: "\\UFFFFFFFF"\n', "this is not YAML", None),
        (b"id: 'a\n", "this is not YAML", 2),
        (b"id: a\nx: *there\n", "anchors and aliases (& and *) are not allowed", 2),
        (b"id: &here a\n", "anchors and aliases (& and *) are not allowed", 1),
        (b"? &here id\n: a\n", "anchors and aliases (& and *) are not allowed", 1),
        (b"id: a\nx: !!python/name:os.system x\n", "tags (!) are not allowed", 2),
        (b"id: ! a\n", "tags (!) are not allowed", 1),
        (b"x: !!set {a, b}\n", "tags (!) are not allowed", 1),
        (b"id: a\nx:\n  y: 1\n  y: 2\n", '"x.y" stands here and already at line 3', 4),
        (b"? [a, b]\n: c\n", "the name of a field must be a word", 1),
        (b'"a\\nb": c\n', "the name of a field must be a word", 1),
        (b"id: a\n---\nid: b\n", "only one document may stand in the file", 2),
        (b"id: a\nx: " + b"[" * 500_000, "the file is nested more than 10 deep", 2),
        (b"x: " + b"a" * 1_000_000, "the file is larger than 1,000,000 bytes", None),
    ],
)
def test_what_is_no_pack_is_refused_with_its_line(
    content: bytes, problem: str, line: int | None
) -> None:
    with pytest.raises(text.Unreadable) as refusal:
        text.parse(content)
    assert str(refusal.value).startswith(problem)
    assert "\n" not in str(refusal.value)
    assert refusal.value.line == line


def test_aliases_that_multiply_are_refused_at_the_first_one() -> None:
    laughs = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    laughs += [
        f"{name}: &{name} [{', '.join(9 * ['*' + chr(ord(name) - 1)])}]" for name in "bcdefghi"
    ]
    with pytest.raises(text.Unreadable, match="aliases") as refusal:
        parse("\n".join(laughs))
    assert refusal.value.line == 1


YAML_ISH = st.text(st.sampled_from("ab1 \n-:?,[]{}&*!|>'\"%@`#~\\Ux\t"), max_size=60)


def outcome(content: bytes) -> text.Located | text.Unreadable:
    """What comes of the bytes; any other exception is a fault of the reader."""
    try:
        return text.parse(content)
    except text.Unreadable as refusal:
        return refusal


@given(st.one_of(st.binary(max_size=60), YAML_ISH.map(str.encode)))
@example(b"%YAML " + b"9" * 5000 + b".1\n--- a\n")
@example(b'? "')
def test_any_bytes_are_read_or_refused_in_one_line(content: bytes) -> None:
    found = outcome(content)
    assert isinstance(found, text.Located) or "\n" not in str(found)


@given(st.integers(0, len(SMALL_PACK) - 1), YAML_ISH)
def test_a_slip_of_the_hand_is_read_or_refused_at_a_line_of_the_file(place: int, slip: str) -> None:
    slipped = SMALL_PACK[:place] + slip + SMALL_PACK[place + 1 :]
    found = outcome(slipped.encode())
    lines = found.lines.values() if isinstance(found, text.Located) else [found.line or 1]
    assert all(1 <= line <= slipped.count("\n") + 1 for line in lines)
