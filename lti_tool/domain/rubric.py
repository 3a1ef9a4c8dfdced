"""What a supervisor scores against: competencies, their criteria and the described levels.

These are values read from a pack (``lti_tool.packs``) or from the copy an activity pinned. They
hold no rule of scoring: that is ``scoring.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

LEVEL_VALUES = (1, 2, 3, 4)

SUPPORT_VALUES = (1, 2, 3, 4, 5)
"""How much help the intern needed on one occasion, most help first.

Asked once an assessment, reported on its own and never part of a mean or a grade. The statement
that each value stands for is worded where it is shown.
"""


@dataclass(frozen=True, slots=True)
class Level:
    """A step of the scale that all criteria of a competency share."""

    value: int
    """1 to 4; what means are made of, never shown while scoring."""
    id: str
    """UUID, the same in every version of the pack."""
    name: str
    """*Dependable*."""
    means: str
    """One clause for *What the levels mean*: "does it well unprompted"."""
    short: str
    """At most twelve words said to the intern: "You do this well, without prompts"."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """A row of the rubric: one behaviour, described at each of the four levels."""

    id: str
    """Short and stable: "TW-3". Ratings are keyed by it."""
    uuid: str
    name: str
    about: str
    """One sentence that stands under the name."""
    weight: int
    """Percent of the competency; the weights of its criteria sum to 100."""
    critical: bool
    """★ safety-critical: has a bar of its own, and level 1 raises a flag."""
    min_seen: int | None
    """How often it must have been seen for enough evidence; None: as the standard says."""
    anchors: tuple[str, str, str, str]
    """What is seen at levels 1, 2, 3 and 4."""
    anchor_uuids: tuple[str, str, str, str]
    anchor_shorts: tuple[str, str, str, str] = ("", "", "", "")
    """The anchors in at most twelve words for small screens; "" where the pack gives none."""
    alignments: tuple[str, ...] = ()
    """Where it stands in published frameworks: "ACGME2:ICS-2"."""
    look_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """Examples of what to look for, by profession: "medicine" to a few phrases."""

    def anchor(self, value: int) -> str:
        """What is seen at level `value` (1 to 4); ValueError for any other value."""
        return self.anchors[_position(value)]

    def anchor_short(self, value: int) -> str:
        """The same in a few words, or in full where the pack gives no short form."""
        return self.anchor_shorts[_position(value)] or self.anchor(value)


@dataclass(frozen=True, slots=True)
class Competency:
    """A rubric at one version: what an activity pins and an assessment is made against."""

    id: str
    """The id of its pack, a slug: "teamwork"."""
    uuid: str
    version: str
    """Like "1.0"; any change to a pack in use is a new version."""
    title: str
    summary: str
    default_weight: int
    """Percent of the grade suggested when an activity is made; 0: for feedback only."""
    expected: int
    """The level expected at the end of the internship."""
    levels: tuple[Level, Level, Level, Level]
    """In order, values 1 to 4."""
    criteria: tuple[Criterion, ...]
    """In the order of the form; at least one."""
    license: str
    """Of the text: "CC BY 4.0"."""
    note: str
    """What a programme must know before it relies on the pack."""
    order: int = 1000
    """Where it stands in a list of packs, lowest first."""

    @property
    def formative(self) -> bool:
        """Whether it is meant for feedback only, unless an activity gives it weight."""
        return self.default_weight == 0

    @property
    def critical_criteria(self) -> tuple[Criterion, ...]:
        """The ★ criteria, in the order of the form."""
        return tuple(criterion for criterion in self.criteria if criterion.critical)

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion with this id; KeyError if the competency has none such."""
        for criterion in self.criteria:
            if criterion.id == criterion_id:
                return criterion
        raise KeyError(criterion_id)

    def level(self, value: int) -> Level:
        """The level with this value (1 to 4); ValueError for any other value."""
        return self.levels[_position(value)]


def _position(value: int) -> int:
    """Where level `value` stands in a tuple of four; refuses 0, which would read the last."""
    return LEVEL_VALUES.index(value)
