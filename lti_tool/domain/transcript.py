"""What stands on a transcript: all that was seen of an intern on a platform, as of one day."""

from dataclasses import dataclass
from datetime import date, timedelta

from lti_tool.domain.certificate import CriterionFacts, LevelFacts, Signatory, StandardFacts
from lti_tool.domain.standard import Verdict

SOON = timedelta(minutes=1)
"""Whoever asks again so soon gets the same one: a second press of the button, a page sent again."""


@dataclass(frozen=True, slots=True)
class CompetencyRecord:
    """One competency of an activity, at the version it was assessed with."""

    title: str
    version: str
    occasions: int
    supervisors: int
    first: date
    """The first and the last occasion."""
    last: date
    standing: Verdict | None
    """None where it is for feedback only: it is held against no standard."""
    criteria: tuple[CriterionFacts, ...]
    level_name: str | None = None
    """The level its mean has passed, and the mean rounded down to one decimal; None together, where
    nothing of it was observed."""
    level_value: int | None = None
    mean: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityRecord:
    """One activity of a course, and the standard it was held against."""

    course: str
    activity: str
    standing: Verdict | None
    """None where all of it is for feedback only."""
    competencies: tuple[CompetencyRecord, ...]
    unseen: tuple[str, ...]
    """The titles of those that count and that nobody has assessed yet."""
    levels: tuple[LevelFacts, ...]
    """Lowest first."""
    standard: StandardFacts
    certificate: str = ""
    """The code of the certificate that is good on this day; "" where there is none."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that a transcript says, frozen when it was asked for.

    It says what stood on that day, so that nothing which changes later makes it wrong.
    """

    issuer: str
    person: str
    activities: tuple[ActivityRecord, ...]
    first: date
    """The first and the last occasion."""
    last: date
    occasions: int
    supervisors: int
    issued_on: date
    """The day that it tells of."""
    time_zone: str
    """Where that day was: the zone of the course it was asked for in."""
    code: str
    holder_key: str
    verify_url: str
    wording: str = ""
    """The school's own words."""
    signatories: tuple[Signatory, ...] = ()

    @property
    def competencies(self) -> tuple[CompetencyRecord, ...]:
        """Those of all activities, in their order."""
        return tuple(one for activity in self.activities for one in activity.competencies)
