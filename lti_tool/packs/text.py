"""Turn the text of a pack.yaml into plain data, and remember the line of every field.

Only what a pack needs of YAML is let in: mappings, lists, text, whole numbers, true and false.
Anchors, aliases and tags are refused, and so is a field given twice. Everything unquoted that is
not a whole number, true, false or null is text: `version: 1.10` keeps its zero, and `No` is a word.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

import yaml

MAX_BYTES = 1_000_000
MAX_DEPTH = 10

Data: TypeAlias = "dict[str, Data] | list[Data] | str | int | bool | None"

_WORDS: Mapping[str, bool | None] = {
    "true": True,
    "false": False,
    "null": None,
    "~": None,
    "": None,
}
_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,8})")
_FIELD_NAME = re.compile(r"[\w -]{1,60}")
_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")


class Unreadable(Exception):
    """Text that is not the YAML of a pack. `line` counts from 1, None where it is unknown."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line


@dataclass(frozen=True, slots=True)
class Located:
    """Plain data, with the line (from 1) of each field by its path: "criteria[2].weight"."""

    data: Data
    lines: Mapping[str, int]

    def line(self, path: str) -> int:
        """The line of a field; for one that is missing, the line of what it is missing in."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path, 1)


def parse(content: bytes) -> Located:
    """Read the bytes of a pack.yaml; Unreadable if they are not what a pack may hold."""
    text = _decoded(content)
    try:
        return _Builder(text).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Unreadable(f"this is not YAML: {error.problem}", line) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML lets the last two escape
        raise Unreadable("this is not YAML: it holds a character that YAML forbids") from error


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise Unreadable(f"the file is larger than {MAX_BYTES:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable("the file must be saved as UTF-8", line) from error
    if found := _CONTROL.search(text):
        kind = "a tab; use spaces" if found[0] == "\t" else "a control character"
        raise Unreadable(f"this line holds {kind}", text.count("\n", 0, found.start()) + 1)
    return text


class _Builder:
    """Builds the data from YAML's stream of events, so that each part is judged as it comes."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.BaseLoader)
        self._lines: dict[str, int] = {}

    def document(self) -> Located:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                break
        else:
            raise Unreadable("the file is empty")
        data = self._value(next(self._events), "", 0)
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise Unreadable("only one document may stand in the file", _line(after))
        return Located(data, self._lines)

    def _value(self, event: yaml.Event, path: str, depth: int) -> Data:
        """The data that starts with `event`, and everything inside it."""
        _refuse_tricks(event)
        if depth > MAX_DEPTH:
            raise Unreadable(f"the file is nested more than {MAX_DEPTH} deep", _line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path, depth)
        return _scalar(cast(yaml.ScalarEvent, event))  # nothing else can start a value

    def _mapping(self, path: str, depth: int) -> dict[str, Data]:
        found: dict[str, Data] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            _refuse_tricks(event)
            name = event.value if isinstance(event, yaml.ScalarEvent) else ""
            if not _FIELD_NAME.fullmatch(name):
                raise Unreadable("the name of a field must be a word", _line(event))
            where = f"{path}.{name}" if path else name
            if name in found:
                problem = f'"{where}" stands here and already at line {self._lines[where]}'
                raise Unreadable(problem, _line(event))
            self._lines[where] = _line(event)
            found[name] = self._value(next(self._events), where, depth + 1)
        return found

    def _list(self, path: str, depth: int) -> list[Data]:
        found: list[Data] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            where = f"{path}[{len(found)}]"
            self._lines[where] = _line(event)
            found.append(self._value(event, where, depth + 1))
        return found


def _refuse_tricks(event: yaml.Event) -> None:
    """Refuse what makes YAML say more than it shows, such as aliases that multiply."""
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise Unreadable("anchors and aliases (& and *) are not allowed", _line(event))
    if getattr(event, "tag", None) is not None:
        raise Unreadable("tags (!) are not allowed", _line(event))


def _scalar(event: yaml.ScalarEvent) -> str | int | bool | None:
    text: str = event.value
    if event.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text


def _line(event: yaml.Event) -> int:
    return cast(yaml.Mark, event.start_mark).line + 1  # parsed events always carry a mark
