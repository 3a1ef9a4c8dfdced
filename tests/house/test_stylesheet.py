"""The colours keep their contrast in light and dark (WCAG 2.2: text 4.5, borders and shapes 3)."""

import re

import pytest

from tests.house.checkout import ROOT

GROUNDS = ("paper", "surface", "well")
STATES = ("met", "short", "thin", "star", "error")
# (what is drawn, what it is drawn on, the least contrast)
PAIRS = [
    *(
        (text, ground, 4.5)
        for text in ("ink", "ink-2", "ink-3", "accent", *STATES)
        for ground in GROUNDS
    ),
    *((text, f"{state}-wash", 4.5) for state in STATES for text in (state, "ink", "ink-2")),
    *((text, "accent-wash", 4.5) for text in ("ink", "ink-2", "accent", "accent-deep")),
    *(("on-accent", ground, 4.5) for ground in ("accent", "accent-deep")),
    *(("ink", f"h{step}", 4.5) for step in range(1, 5)),
    *(("short", f"h{step}", 3) for step in (1, 2)),
    *((line, ground, 3) for line in ("edge", "focus") for ground in (*GROUNDS, "accent-wash")),
]


def tokens(selector: str) -> dict[str, str]:
    """The colours that the first block of this selector sets, by name."""
    sheet = (ROOT / "lti_tool/web/static/rounds.css").read_text("utf-8")
    block = re.search(re.escape(selector) + r"\s*\{(.*?)\}", sheet, re.S)
    assert block, f"no block {selector}"
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block[1]))


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_two_lists_of_dark_colours_are_alike() -> None:
    dark = tokens(":root[data-theme=dark]")
    assert dark
    assert dark == tokens(":root[data-theme=auto]")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("drawn", "ground", "least"), PAIRS)
def test_what_is_drawn_stands_out(theme: str, drawn: str, ground: str, least: float) -> None:
    colours = tokens(":root") | (tokens(":root[data-theme=dark]") if theme == "dark" else {})
    assert contrast(colours[drawn], colours[ground]) >= least
