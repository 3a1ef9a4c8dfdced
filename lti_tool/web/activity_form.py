"""The form that sets an activity up: its fields as they travel, its faults, and its words."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields, validate

from lti_tool.domain.errors import FormInvalid
from lti_tool.domain.passback import SendWhen
from lti_tool.domain.rubric import LEVEL_VALUES, Competency
from lti_tool.domain.scoring import GradeMapping, grade, shown_grade
from lti_tool.domain.standard import Standard
from lti_tool.services.activities import FULL_WEIGHT, Choice
from lti_tool.services.columns import ColumnOffer
from lti_tool.services.designs import DesignView
from lti_tool.web import certificate_form
from lti_tool.web.forms import Sent

MOST = 99
"""The highest count a standard can ask for: two figures, as the page's fields are wide."""

COUNTS = ("min_assessments", "min_supervisors", "min_seen")
LEVELS = ("min_mean", "floor", "critical")
"""The fields of the standard's sentence, named as domain.standard.Standard names them."""

AS_FILE, LIVE = "file", "live"
"""What the LMS shows graders as an intern's work."""

WEIGHTS = "weights"
"""Where a fault of all weights together stands."""

NOT_WHOLE = "not-whole"
OUT_OF_RANGE = "out-of-range"
UNKNOWN_CHOICE = "unknown-choice"
TOO_LONG = "too-long"
IN_USE = "in-use"
NOTHING_CHOSEN = "nothing-chosen"
NO_SUM = "no-sum"
"""Kinds of fault in this form; services.activities says IN_USE."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the form begins with, and every competency that the activity has or can have, each at
    the version it would use.
    """

    choice: Choice
    competencies: tuple[Competency, ...]
    further: ColumnOffer | None = None
    """What a column a competency would be; None where the page does not ask about it."""
    live_views: bool = False
    """Whether the LMS can show assessments as they are as an intern's work."""
    attempts: int = 0
    """How many attempts the LMS allows for the activity; 0 for any number, or not told."""
    designs: Sequence[DesignView] = ()
    """The designs of certificates; none where the page does not ask how they are issued."""

    @property
    def asks_columns(self) -> bool:
        """Whether the form lets columns a competency be chosen."""
        return self.further is not None and self.further.problem is None


def fresh(competencies: Sequence[Competency]) -> Offer:
    """The offer for a new activity: the weights and the standard the packs recommend."""
    weights = {one.id: one.default_weight for one in competencies if not one.formative}
    choice = Choice(weights, Standard(), GradeMapping.TABLE, SendWhen.AS_SCORED)
    return Offer(choice, tuple(competencies))


@dataclass(frozen=True, slots=True)
class OwnBar:
    """A criterion that need not, or must, be seen another number of times than the rest."""

    competency: str
    criterion: str
    times: int


def own_bars(offer: Offer) -> list[OwnBar]:
    """The criteria whose packs say how often they must be seen, whatever the standard says."""
    return [
        OwnBar(one.title, criterion.name, criterion.min_seen)
        for one in offer.competencies
        for criterion in one.criteria
        if criterion.min_seen is not None
    ]


# Reading ------------------------------------------------------------------------------------------


def schema(offer: Offer, more: Mapping[str, fields.Field[Any]] | None = None) -> Schema:
    """What may be posted. A competency's fields are `use-<id>` and `weight-<id>`; `more` are fields
    that the form has on one page only.
    """
    form: dict[str, fields.Field[Any]] = dict(more or {})
    for one in offer.competencies:
        form[f"use-{one.id}"] = fields.String(
            validate=validate.Equal("1", error=UNKNOWN_CHOICE), metadata={"hidden": True}
        )
        form[f"weight-{one.id}"] = fields.Integer(
            load_default=0,
            validate=validate.Range(0, FULL_WEIGHT, error=OUT_OF_RANGE),
            error_messages={"invalid": NOT_WHOLE},
        )
    for name in COUNTS:
        least = 0 if name == "min_seen" else 1
        form[name] = _number(validate.Range(least, MOST, error=OUT_OF_RANGE))
    for name in LEVELS:
        form[name] = _number(validate.OneOf(LEVEL_VALUES, error=UNKNOWN_CHOICE))
    form["flags"] = fields.String(validate=validate.Equal("1", error=UNKNOWN_CHOICE))
    if offer.asks_columns:
        form["columns"] = fields.String(validate=validate.Equal("1", error=UNKNOWN_CHOICE))
    if offer.live_views:
        form["work"] = fields.String(
            load_default=LIVE if offer.choice.live_view else AS_FILE,
            validate=validate.OneOf([AS_FILE, LIVE], error=UNKNOWN_CHOICE),
        )
    if offer.designs:
        kinds = {"unknown": UNKNOWN_CHOICE, "whole": NOT_WHOLE, "range": OUT_OF_RANGE}
        terms = offer.choice.terms
        form |= certificate_form.certificate_fields(offer.designs, terms, kinds)
    form["mapping"] = _one_of(GradeMapping)
    form["send_when"] = _one_of(SendWhen)
    made: type[Schema] = Schema.from_dict(form, name="ActivityForm")
    return made()


def _number(check: validate.Validator) -> fields.Field[Any]:
    return fields.Integer(
        required=True,
        validate=check,
        error_messages={"required": NOT_WHOLE, "invalid": NOT_WHOLE},
    )


def _one_of(kinds: type[GradeMapping] | type[SendWhen]) -> fields.Field[Any]:
    check = validate.OneOf([str(kind) for kind in kinds], error=UNKNOWN_CHOICE)
    return fields.String(required=True, validate=check, error_messages={"required": UNKNOWN_CHOICE})


def choice(offer: Offer, sent: Sent) -> Choice:
    """What was chosen; FormInvalid. The weight of a competency that was not ticked says nothing."""
    used = [one.id for one in offer.competencies if sent.typed.get(f"use-{one.id}")]
    idle = {f"weight-{one.id}" for one in offer.competencies if one.id not in used}
    faults = {name: fault for name, fault in sent.faults.items() if name not in idle}
    if faults:
        raise FormInvalid(faults)
    values = sent.values
    numbers = {name: values[name] for name in COUNTS + LEVELS}
    return Choice(
        weights={id: values[f"weight-{id}"] for id in used},
        standard=replace(offer.choice.standard, **numbers, flags="flags" in values),
        mapping=GradeMapping(values["mapping"]),
        send_when=SendWhen(values["send_when"]),
        competency_columns="columns" in values
        if offer.asks_columns
        else offer.choice.competency_columns,
        live_view=values.get("work") == LIVE,
        terms=certificate_form.terms_of(sent) if offer.designs else offer.choice.terms,
    )


# Showing ------------------------------------------------------------------------------------------


def filled(offer: Offer) -> dict[str, str]:
    """The fields as they stand before anything was entered."""
    weights, standard = offer.choice.weights, offer.choice.standard
    form = {f"use-{id}": "1" for id in weights}
    form |= {f"weight-{one.id}": str(weights.get(one.id, 0)) for one in offer.competencies}
    form |= {name: str(getattr(standard, name)) for name in COUNTS + LEVELS}
    form |= {"flags": "1" if standard.flags else ""}
    form |= {"columns": "1" if offer.choice.competency_columns else ""}
    form |= {"work": LIVE if offer.choice.live_view else AS_FILE}
    form |= certificate_form.filled(offer.choice.terms)
    return form | {"mapping": offer.choice.mapping, "send_when": offer.choice.send_when}


@dataclass(frozen=True, slots=True)
class Together:
    """What the weights come to, and what that means: `full`, `none` (feedback only) or `off`."""

    total: int
    state: str


def together(offer: Offer, fields: Mapping[str, str]) -> Together:
    """The weights of the ticked competencies added up, as far as they are numbers."""
    ticked = [one.id for one in offer.competencies if fields.get(f"use-{one.id}")]
    weights = [fields.get(f"weight-{id}", "") for id in ticked]
    total = sum(int(weight) for weight in weights if re.fullmatch(r"[0-9]{1,3}", weight))
    states = {FULL_WEIGHT: "full", 0: "none" if ticked else "off"}
    return Together(total, states.get(total, "off"))


@dataclass(frozen=True, slots=True)
class FaultEntry:
    """A line of the list above a form that came back: where it leads, and its words."""

    target: str
    words: str


def shown(
    offer: Offer,
    fields: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
    more: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """What the template of the form asks for; `more` are the labels of the page's further fields,
    which stand above the others.
    """
    terms = offer.choice.terms
    words = beside(certificate_form.gone(offer.designs, terms) | dict(faults or {}))
    names = dict(more or {}) | labels(offer)
    levels = offer.competencies[0].levels
    return {
        "competencies": offer.competencies,
        "fields": defaultdict(str, fields),
        "beside": defaultdict(str, words),
        "faults": entries(names, words),
        "labels": names,
        "own_bars": own_bars(offer),
        "together": together(offer, fields),
        "full_weight": FULL_WEIGHT,
        "levels": [(level.value, level.name) for level in levels],
        "further": offer.further,
        "asks_columns": offer.asks_columns,
        "mappings": mappings(levels[Standard().min_mean - 1].name),
        "sendings": sendings(),
        "works": works() if offer.live_views else (),
        "attempts": offer.attempts,
        "designs": certificate_form.design_choices(offer.designs, terms),
        "charts": certificate_form.chart_choices(),
        "issuings": certificate_form.issuing_choices(),
    }


def entries(labels: Mapping[str, str], beside: Mapping[str, str]) -> list[FaultEntry]:
    """The list above the form, in the order of the page, of the words beside its fields."""
    found = [
        FaultEntry(name, f"{label}: {beside[name]}")
        for name, label in labels.items()
        if name in beside
    ]
    whole = [FaultEntry("competencies", beside[WEIGHTS])] if WEIGHTS in beside else []
    return whole + found


def labels(offer: Offer) -> dict[str, str]:
    """What each field is called, in the order of the page."""
    weights = {
        f"weight-{one.id}": _("Weight of %(title)s", title=one.title) for one in offer.competencies
    }
    return weights | {
        "min_assessments": _("Assessments"),
        "min_supervisors": _("Supervisors"),
        "min_seen": _("Times each criterion is seen"),
        "min_mean": _("Average"),
        "floor": _("No criterion below"),
        "critical": _("Safety-critical criteria"),
        "flags": _("Safety concerns"),
        "mapping": _("Grade"),
        "send_when": _("Sent to the gradebook"),
        "work": _("Shown as the intern's work"),
        **certificate_form.labels(),
    }


def beside(faults: Mapping[str, str]) -> dict[str, str]:
    """The words that stand beside each faulty field."""
    words = {
        NOT_WHOLE: _("Enter a whole number."),
        OUT_OF_RANGE: _("This number is too small or too large."),
        UNKNOWN_CHOICE: _("Choose one of those shown here."),
        TOO_LONG: _("This is too long: use fewer words."),
        IN_USE: _("This competency has assessments, so it stays."),
        NOTHING_CHOSEN: _("Choose at least one competency."),
        NO_SUM: _("The weights must come to 100, or all be 0."),
        **certificate_form.design_words(),
    }
    return {name: words[kind] for name, kind in faults.items()}


def mappings(expected: str) -> list[tuple[str, str]]:
    """Each mapping with what an intern gets who is at the expected level throughout."""
    table, points, spread = (
        _at_expected(one) for one in (GradeMapping.TABLE, GradeMapping.POINTS, GradeMapping.RANGE)
    )
    return [
        (
            GradeMapping.TABLE,
            _("Table: %(grade)s of 100 for %(level)s throughout", level=expected, grade=table),
        ),
        (
            GradeMapping.POINTS,
            _("Points: %(grade)s of 100 for %(level)s throughout", level=expected, grade=points),
        ),
        (
            GradeMapping.RANGE,
            _("Range: %(grade)s of 100 for %(level)s throughout", level=expected, grade=spread),
        ),
        (GradeMapping.PASS_FAIL, _("Pass: 100 when the standard is met, nothing before")),
        (
            GradeMapping.COMPLETION,
            _("Completion: 100 when there is enough evidence, nothing before"),
        ),
    ]


def _at_expected(mapping: GradeMapping) -> str:
    found = grade(mapping, Fraction(Standard().min_mean), met=True, enough=True)
    return shown_grade(found or Fraction(0))


def sendings() -> list[tuple[str, str]]:
    """When a number can go to the gradebook."""
    return [
        (SendWhen.AS_SCORED, _("As soon as there is a score")),
        (SendWhen.WHEN_ENOUGH, _("When there is enough evidence")),
        (SendWhen.WHEN_MET, _("When the standard is met")),
    ]


def works() -> list[tuple[str, str]]:
    """What the LMS can show as an intern's work."""
    return [
        (AS_FILE, _("The certificate, as a file")),
        (LIVE, _("The assessments, as they are at the moment")),
    ]
