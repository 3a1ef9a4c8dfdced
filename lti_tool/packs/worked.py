"""Worked scores: what some ratings of a competency come to, for whoever writes a pack."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from lti_tool.domain.rubric import LEVEL_VALUES, Competency
from lti_tool.domain.scoring import (
    GradeMapping,
    Ratings,
    Scored,
    competency_result,
    grade,
    shown_average,
    shown_grade,
)


@dataclass(frozen=True, slots=True)
class Worked:
    """One assessment, its mean as pages show it, and its grade of 100 by the default mapping."""

    ratings: Ratings
    mean: str
    grade: str

    @property
    def told(self) -> str:
        """In one line: `TW-1 3, TW-2 not seen: 3.0, grade 80`."""
        levels = ", ".join(f"{id} {level or 'not seen'}" for id, level in self.ratings.items())
        return f"{levels}: {self.mean}, grade {self.grade}"


def worked(competency: Competency) -> tuple[Worked, ...]:
    """One assessment at each level, one of mixed levels, and the same with a criterion unseen."""
    return tuple(_work(competency, ratings) for ratings in _samples(competency))


def _samples(competency: Competency) -> Iterator[dict[str, int | None]]:
    ids = [criterion.id for criterion in competency.criteria]
    for level in LEVEL_VALUES:
        yield dict.fromkeys(ids, level)
    mixed: dict[str, int | None] = {id: 2 + place % 3 for place, id in enumerate(ids)}
    yield mixed
    if len(ids) > 1:
        yield mixed | {ids[-1]: None}


def _work(competency: Competency, ratings: Ratings) -> Worked:
    mean = competency_result(competency, [Scored(1, 1, 1, date.min, ratings)]).mean
    number = grade(GradeMapping.TABLE, mean, met=False, enough=False)
    if mean is None or number is None:
        raise ValueError("a sample without a level")
    return Worked(ratings, shown_average(mean), shown_grade(number))
