"""Charts: what a strip and a radar of averages look like."""

from collections.abc import Mapping, Sequence
from math import cos, pi, sin
from typing import Any

from markupsafe import Markup

_RADIUS = 100
_NUMBERS_AT = 112
_LEAST_AXES = 3
_LEVELS = 4


STRIPS = "strips/"
"""Where strips lie among what all designs share; each is drawn when it is asked for."""


def strip(x: int | None) -> str:
    """The address of `draw_strip(x)`, to be a picture behind a cell: a screen reader passes over
    it. One picture a strip, because each one costs a third of a kilobyte in the file.
    """
    return f"rounds:{STRIPS}{'' if x is None else x}"


def draw_strip(x: int | None) -> bytes:
    """A strip of four fields, one a level, 38 mm by 2.4 mm, with a dot at `x` thousandths of it:
    an SVG.
    """
    dot = "" if x is None else f'<circle cx="{x * 0.152:.1f}" cy="4.8" r="4.8" fill="#0b5a5e"/>'
    return _STRIP.format(dot=dot).encode()


def radar(criteria: Sequence[Mapping[str, Any]], title: str, colour: str = "#0b5a5e") -> Markup:
    """The averages of `criteria` (as in Facts) as a radar, numbered from 1 clockwise from the top.

    Rings are the levels; the third, which is expected of everybody, is stronger. What nobody
    observed has no point, and the line stops there. Nothing is drawn of fewer than three criteria.
    `title` is what a screen reader says of it.
    """
    if len(criteria) < _LEAST_AXES:
        return Markup()
    turns = [2 * pi * row / len(criteria) for row in range(len(criteria))]
    # `x` counts thousandths of a strip of four fields, level 1 in the middle of the first.
    points = [
        None if row["x"] is None else _at(turn, (row["x"] / 1000 + 0.125) * _RADIUS)
        for row, turn in zip(criteria, turns, strict=True)
    ]
    numbers = Markup().join(
        _NUMBER.format(*_at(turn, _NUMBERS_AT), number=number)
        for number, turn in enumerate(turns, 1)
    )
    return _DRAWING.format(
        title=title,
        colour=colour,
        rings=_path([_ring(turns, level) for level in range(1, _LEVELS + 1)]),
        expected=_path([_ring(turns, 3)]),
        spokes=_path([[(0, 0), _at(turn, _RADIUS)] for turn in turns]),
        line=_path([list(pair) for pair in _neighbours(points)]),
        dots=Markup().join(_DOT.format(*point) for point in points if point),
        numbers=numbers,
    )


_Point = tuple[float, float]

_STRIP = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="38mm" height="2.4mm" viewBox="0 0 152 9.6"'
    ' stroke-width="4"><path stroke="#e1e5e3" d="M0 4.8H36.5M38.5 4.8H75"/>'
    '<path stroke="#bcdad7" d="M77 4.8h36.5M115.5 4.8H152"/>{dot}</svg>'
)
_DRAWING = Markup(
    '<svg class="radar" viewBox="-124 -124 248 248"><title>{title}</title>'
    '<path d="{rings}" fill="none" stroke="#c3ccc9" stroke-width="0.8"/>'
    '<path d="{spokes}" fill="none" stroke="#dde2df" stroke-width="0.6"/>'
    '<path d="{expected}" fill="none" stroke="#7b8985" stroke-width="1.2"/>'
    '<path d="{line}" fill="none" stroke="{colour}" stroke-width="2.2"/>'
    '<g fill="{colour}">{dots}</g><g fill="#45524f">{numbers}</g></svg>'
)
_DOT = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3.2"/>')
_NUMBER = Markup(
    '<text x="{:.1f}" y="{:.1f}" font-family="Cert Sans" font-size="11" text-anchor="middle"'
    ' dominant-baseline="middle">{number}</text>'
)


def _at(turn: float, distance: float) -> _Point:
    return distance * sin(turn), -distance * cos(turn)


def _ring(turns: Sequence[float], level: int) -> list[_Point]:
    around = [_at(turn, level * _RADIUS / _LEVELS) for turn in turns]
    return [*around, around[0]]


def _neighbours(points: Sequence[_Point | None]) -> list[tuple[_Point, _Point]]:
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return [(one, next) for one, next in pairs if one and next]


def _path(lines: Sequence[Sequence[_Point]]) -> str:
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line) for line in lines)
