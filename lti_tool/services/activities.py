"""Activities: which competencies a course assesses, with what weights, standard and mapping."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import Chart
from lti_tool.domain.errors import (
    ActivityNotReady,
    FormInvalid,
    NoSuchCompetency,
    UnknownThing,
    WeightsWrong,
)
from lti_tool.domain.issuing import Terms
from lti_tool.domain.passback import ANY_NUMBER, SendWhen
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.rubric import Competency
from lti_tool.domain.scoring import GradeMapping
from lti_tool.domain.standard import Standard
from lti_tool.models.activity import Activity, ActivityCompetency
from lti_tool.models.assessment import Assessment
from lti_tool.models.course import Course
from lti_tool.packs import Catalogue, dump, load
from lti_tool.services.activity_rows import whole_activity
from lti_tool.services.audit import Audit
from lti_tool.services.column_rows import arrange
from lti_tool.services.designs import DesignView, designs_for
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.institutions import Institutions
from lti_tool.services.outdated import outdate

FULL_WEIGHT = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """A competency of an activity, at the version that was pinned when it was chosen."""

    competency: Competency
    weight: int


@dataclass(frozen=True, slots=True)
class ActivityView:
    """What an activity is about. `ready` is False until a course lead chose competencies."""

    id: int
    title: str
    ready: bool
    chosen: tuple[Chosen, ...]
    standard: Standard
    mapping: GradeMapping
    send_when: SendWhen
    competency_columns: bool
    live_view: bool
    terms: Terms
    attempts: int
    """How many attempts the LMS allows; ANY_NUMBER too where nobody told."""

    def competency(self, id: str) -> Competency:
        """One of the chosen competencies; NoSuchCompetency for any other id."""
        for chosen in self.chosen:
            if chosen.competency.id == id:
                return chosen.competency
        raise NoSuchCompetency("not one of this activity's competencies")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a course lead chose: competency id → weight in percent, and the rules."""

    weights: Mapping[str, int]
    standard: Standard
    mapping: GradeMapping
    send_when: SendWhen
    competency_columns: bool = False
    """Whether each competency that counts has a gradebook column beside the activity's own."""
    live_view: bool = False
    """Whether the LMS's grader shows the assessments as they are, in place of a file."""
    terms: Terms = field(default_factory=Terms)


class Activities:
    """Reads and sets up the activities of a course."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        catalogue: Catalogue,
        audit: Audit,
        enqueue: Enqueue,
        institutions: Institutions,
        design_folders: Sequence[Path],
    ) -> None:
        self._session = session
        self._now = now
        self._catalogue = catalogue
        self._audit = audit
        self._enqueue = enqueue
        self._institutions = institutions
        self._design_folders = design_folders

    def view(self, course_id: int, activity_id: int) -> ActivityView:
        """An activity of this course; UnknownThing when it has none of that number."""
        return view(self._row(course_id, activity_id))

    def ready(self, course_id: int, activity_id: int, *, hold: bool = False) -> ActivityView:
        """The same, and ActivityNotReady while no competencies have been chosen.

        `hold` lets nobody choose others until this transaction ends; any number may hold. There is
        nothing to hold where the link now leads to another activity.
        """
        if hold:
            self._lock(activity_id, shared=True)
        found = self.view(course_id, activity_id)
        if not found.ready:
            raise ActivityNotReady("no competencies chosen yet")
        if hold and self._row(course_id, activity_id).resource_link_id is None:
            raise ActivityNotReady("its link was chosen for something else meanwhile")
        return found

    def titles(self, course_id: int) -> list[str]:
        """The titles of the activities that are set up and that the course has links to, in the
        order they were made.
        """
        found = self._session.scalars(
            select(Activity.title)
            .where(
                Activity.course_id == course_id,
                Activity.ready_at.is_not(None),
                Activity.resource_link_id.is_not(None),
            )
            .order_by(Activity.id)
        )
        return [title for title in found if title]

    def offered(self) -> tuple[Competency, ...]:
        """Every competency a course lead can choose, in the order of the catalogue."""
        return tuple(self._catalogue.all())

    def designs(self, course_id: int) -> tuple[DesignView, ...]:
        """Every design of certificates, and what the school of a course lacks for it."""
        course = self._session.get_one(Course, course_id)
        school = self._institutions.of(course.deployment.platform_id)
        return designs_for(school, self._design_folders)

    def place(self, actor: Actor, title: str, choice: Choice) -> Activity:
        """A new activity of the actor's course, set up, that no link leads to yet."""
        row = Activity(course_id=actor.course, title=title, created_at=self._now)
        self._session.add(row)
        self._session.flush()
        self.choose(actor, row.id, choice)
        return row

    def choose(self, actor: Actor, activity_id: int, choice: Choice) -> None:
        """Set an activity up, or change it. Chosen competencies are pinned as they are now.

        The weights of the chosen come to 100, or are all 0 (feedback only, and no grade). A
        competency that has assessments, be they withdrawn, stays: FormInvalid names it. What is
        pinned stays pinned. So is a design named that there is not, or that asks for what the
        school has not given. Results that exist are computed anew by a job.
        """
        actor.require(Right.SET_UP)
        self._lock(activity_id)
        activity = self._row(actor.course, activity_id)
        check_weights(choice.weights)
        self._check_design(actor.course, choice.terms.design)
        self._keep_used(activity, choice.weights)
        before = _described(activity)
        self._pin(activity, choice.weights)
        activity.standard = dump_standard(choice.standard)
        activity.mapping = choice.mapping
        activity.send_when = choice.send_when
        activity.competency_columns = choice.competency_columns
        activity.live_view = choice.live_view
        _set_terms(activity, choice.terms)
        activity.ready_at = activity.ready_at or self._now
        self._session.flush()
        arrange(self._session, self._now, self._enqueue, activity)
        after = _described(activity)
        self._audit.record(
            actor, "activity-set-up", "activity", activity.id, before=before, after=after
        )
        outdate(self._session, self._now, self._enqueue, activity)

    def _pin(self, activity: Activity, weights: Mapping[str, int]) -> None:
        pinned = {row.competency_id: row for row in activity.competencies}
        for id, row in pinned.items():
            if id not in weights:
                self._session.delete(row)
        rows = []
        for position, (id, weight) in enumerate(weights.items()):
            row = pinned.get(id) or self._new_pin(id)
            row.position, row.weight = position, weight
            rows.append(row)
        activity.competencies = rows

    def _new_pin(self, id: str) -> ActivityCompetency:
        competency = self._catalogue.competency(id)
        return ActivityCompetency(
            competency_id=id, version=competency.version, rubric=dump(competency)
        )

    def _keep_used(self, activity: Activity, weights: Mapping[str, int]) -> None:
        used = self._session.scalars(
            select(Assessment.competency_id).where(Assessment.activity_id == activity.id).distinct()
        )
        lost = {f"weight-{id}": "in-use" for id in used if id not in weights}
        if lost:
            raise FormInvalid(lost)

    def _check_design(self, course_id: int, name: str) -> None:
        lacking = {one.name: one.lacking for one in self.designs(course_id)}.get(name)
        if lacking is None:
            raise FormInvalid({"design": "unknown-choice"})
        if lacking:
            raise FormInvalid({"design": f"lacks-{lacking[0]}"})

    def _lock(self, activity_id: int, *, shared: bool = False) -> None:
        row = select(Activity.id).where(Activity.id == activity_id)
        self._session.execute(row.with_for_update(read=shared, key_share=shared))

    def _row(self, course_id: int, activity_id: int) -> Activity:
        found = whole_activity(self._session, activity_id)
        if found is None or found.course_id != course_id:
            raise UnknownThing("no activity of that number in this course")
        return found


def view(activity: Activity) -> ActivityView:
    """The values behind a row."""
    return ActivityView(
        id=activity.id,
        title=activity.title,
        ready=activity.ready_at is not None,
        chosen=tuple(Chosen(pinned(row.rubric), row.weight) for row in activity.competencies),
        standard=load_standard(activity.standard),
        mapping=GradeMapping(activity.mapping),
        send_when=SendWhen(activity.send_when),
        competency_columns=activity.competency_columns,
        live_view=activity.live_view,
        terms=terms_of(activity),
        attempts=_attempts(activity),
    )


def _attempts(activity: Activity) -> int:
    own = (row.attempts for row in activity.columns if not row.competency_id)
    return next(own, None) or ANY_NUMBER


def terms_of(activity: Activity) -> Terms:
    """How an activity issues its certificates."""
    return Terms(
        activity.design, Chart(activity.chart), activity.sign_off, activity.certificate_months
    )


def choice_of(view: ActivityView) -> Choice:
    """The choice by which an activity is set up as it is."""
    weights = {one.competency.id: one.weight for one in view.chosen}
    return Choice(
        weights,
        view.standard,
        view.mapping,
        view.send_when,
        view.competency_columns,
        view.live_view,
        view.terms,
    )


def pinned(rubric: Mapping[str, Any]) -> Competency:
    """The competency an activity pinned. Reading one is slow, and it never changes: remembered."""
    return _read(json.dumps(rubric, sort_keys=True))


@lru_cache(maxsize=512)
def _read(rubric: str) -> Competency:
    return load(json.loads(rubric))


def dump_standard(standard: Standard) -> dict[str, Any]:
    """A standard as JSON; `max_share` as `n/d`."""
    values = asdict(standard)
    share = standard.max_share
    values["max_share"] = None if share is None else f"{share.numerator}/{share.denominator}"
    return values


def load_standard(values: Mapping[str, Any]) -> Standard:
    """The standard that `dump_standard` wrote; the default one for an empty document."""
    share = values.get("max_share")
    return Standard(**{**values, "max_share": None if share is None else Fraction(share)})


def check_weights(weights: Mapping[str, int]) -> None:
    """Raise WeightsWrong unless the weights of the chosen come to 100, or are all 0."""
    if not weights:
        raise WeightsWrong("no competency chosen")
    if any(weight < 0 for weight in weights.values()):
        raise WeightsWrong("a weight is below 0")
    if sum(weights.values()) not in (0, FULL_WEIGHT):
        raise WeightsWrong(f"the weights come to {sum(weights.values())}, not {FULL_WEIGHT}")


def _described(activity: Activity) -> dict[str, Any]:
    return {
        "weights": {row.competency_id: row.weight for row in activity.competencies},
        "versions": {row.competency_id: row.version for row in activity.competencies},
        "standard": dict(activity.standard),
        "mapping": activity.mapping,
        "send_when": activity.send_when,
        "competency_columns": activity.competency_columns,
        "live_view": activity.live_view,
        "terms": asdict(terms_of(activity)),
    }


def _set_terms(activity: Activity, terms: Terms) -> None:
    activity.design, activity.chart = terms.design, terms.chart
    activity.sign_off, activity.certificate_months = terms.sign_off, terms.months
