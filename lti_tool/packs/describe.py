"""A competency as plain text, for whoever writes or reviews a pack at a terminal."""

import textwrap
from collections.abc import Iterator

from lti_tool.domain.rubric import Competency, Criterion

WIDTH = 88


def describe(competency: Competency) -> str:
    """The rubric as text of at most 88 columns: every criterion, weight, ★ and anchor."""
    lines = [f"{competency.title} {competency.version} ({competency.id})"]
    lines += _wrapped(competency.summary)
    lines.append(_in_the_grade(competency))
    lines += _wrapped(f"{competency.note} License: {competency.license}.")
    lines.append("")
    for level in competency.levels:
        mark = " (expected)" if level.value == competency.expected else ""
        lines += _wrapped(f"{level.value} {level.name}{mark}: {level.means}", hang=2)
    for criterion in competency.criteria:
        lines += ["", *_criterion(competency, criterion)]
    return "\n".join(lines)


def _in_the_grade(competency: Competency) -> str:
    if competency.formative:
        return "For feedback only, unless an activity gives it weight."
    return f"Suggested weight in the grade: {competency.default_weight} %."


def _criterion(competency: Competency, criterion: Criterion) -> Iterator[str]:
    star = " ★" if criterion.critical else ""
    own_bar = f", enough when seen {criterion.min_seen} times" if criterion.min_seen else ""
    yield f"{criterion.id}{star} {criterion.name}: {criterion.weight} %{own_bar}"
    yield from _wrapped(criterion.about, indent=2)
    for level in competency.levels:
        yield from _wrapped(f"{level.value} {criterion.anchor(level.value)}", indent=4, hang=2)
    if criterion.alignments:
        yield from _wrapped(f"Aligned with {', '.join(criterion.alignments)}.", indent=2)


def _wrapped(text: str, *, indent: int = 0, hang: int = 0) -> list[str]:
    first, rest = " " * indent, " " * (indent + hang)
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
