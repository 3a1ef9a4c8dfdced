"""The page on which a course lead chooses competencies, weights, the standard and the grade."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from http import HTTPStatus
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import Schema, fields, validate
from werkzeug.wrappers import Response

from lti_tool.domain.errors import ActivityNotReady, FormInvalid, WeightsWrong
from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Right
from lti_tool.domain.rubric import LEVEL_VALUES, Competency
from lti_tool.domain.scoring import GradeMapping, grade, shown_grade
from lti_tool.domain.standard import Standard
from lti_tool.services.activities import FULL_WEIGHT, ActivityView, Choice
from lti_tool.web.forms import Sent, read, typed
from lti_tool.web.session import actor, current, launched, rounds
from lti_tool.web.tabs import tabs

Answer = str | Response | tuple[str, int]

MOST = 99
"""The highest count a standard can ask for: two figures, as the page's fields are wide."""

NOT_WHOLE = "not-whole"
OUT_OF_RANGE = "out-of-range"
UNKNOWN_CHOICE = "unknown-choice"
IN_USE = "in-use"
NO_SUM = "no-sum"
"""Kinds of fault in this form; IN_USE is said by services.activities."""

COUNTS = ("min_assessments", "min_supervisors", "min_seen")
LEVELS = ("min_mean", "floor", "critical")
"""The fields of the standard's sentence, named as domain.standard.Standard names them."""


def activity_id() -> int:
    """The activity that was launched. Raises ActivityNotReady when the launch was of none."""
    found = current().activity_id
    if found is None:
        raise ActivityNotReady("the launch names no activity")
    return found


@launched.get("/activity")
def activity() -> Answer:
    """The choice as it stands, or as the packs recommend it for a new activity."""
    return _page(_stored(_load()))


@launched.post("/activity")
def choose_competencies() -> Answer:
    """Set the activity up, or change it."""
    here = _load()
    try:
        choice = _choice(here, read(_schema(here), request.form))
        with rounds().work() as unit:
            unit.activities.choose(actor(), here.view.id, choice)
    except FormInvalid as refused:
        page = _page(_as_sent(here), refused.faults)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    except WeightsWrong:
        return _page(_as_sent(here), {"weights": NO_SUM}), HTTPStatus.UNPROCESSABLE_ENTITY
    if here.view.ready:
        return redirect(url_for("launched.activity", done="saved"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("launched.home"), HTTPStatus.SEE_OTHER)


# What can be chosen -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """An activity and every competency it has or can have, each at the version it would use."""

    view: ActivityView
    competencies: tuple[Competency, ...]


def _load() -> Offer:
    actor().require(Right.SET_UP)
    with rounds().reading() as unit:
        view = unit.activities.view(actor().course, activity_id())
        offered = {one.id: one for one in unit.activities.offered()}
    pinned = {one.competency.id: one.competency for one in view.chosen}
    return Offer(view, tuple((offered | pinned).values()))


# The form -----------------------------------------------------------------------------------------


def _schema(offer: Offer) -> Schema:
    """What may be posted. A competency's fields are `use-<id>` and `weight-<id>`."""
    whole: dict[str, Any] = {"error_messages": {"invalid": NOT_WHOLE}}
    form: dict[str, fields.Field[Any]] = {}
    for one in offer.competencies:
        form[f"use-{one.id}"] = fields.String(
            validate=validate.Equal("1", error=UNKNOWN_CHOICE), metadata={"hidden": True}
        )
        weight = validate.Range(0, FULL_WEIGHT, error=OUT_OF_RANGE)
        form[f"weight-{one.id}"] = fields.Integer(load_default=0, validate=weight, **whole)
    for name in COUNTS:
        least = 0 if name == "min_seen" else 1
        form[name] = _needed(fields.Integer, validate.Range(least, MOST, error=OUT_OF_RANGE))
    for name in LEVELS:
        form[name] = _needed(fields.Integer, validate.OneOf(LEVEL_VALUES, error=UNKNOWN_CHOICE))
    form["flags"] = fields.String(validate=validate.Equal("1", error=UNKNOWN_CHOICE))
    form["mapping"] = _needed(
        fields.String, validate.OneOf(list(GradeMapping), error=UNKNOWN_CHOICE)
    )
    form["send_when"] = _needed(fields.String, validate.OneOf(list(SendWhen), error=UNKNOWN_CHOICE))
    made: type[Schema] = Schema.from_dict(form, name="ActivityForm")
    return made()


def _needed(kind: type[Any], check: validate.Validator) -> Any:
    return kind(
        required=True,
        validate=check,
        error_messages={"required": NOT_WHOLE, "invalid": NOT_WHOLE},
    )


def _choice(offer: Offer, sent: Sent) -> Choice:
    """What was chosen. The weight beside a competency that was not ticked says nothing."""
    used = {one.id for one in offer.competencies if sent.typed.get(f"use-{one.id}")}
    idle = {f"weight-{one.id}" for one in offer.competencies} - {f"weight-{id}" for id in used}
    faults = {name: fault for name, fault in sent.faults.items() if name not in idle}
    if faults:
        raise FormInvalid(faults)
    values = sent.values
    numbers = {name: values[name] for name in COUNTS + LEVELS}
    return Choice(
        weights={
            one.id: values[f"weight-{one.id}"] for one in offer.competencies if one.id in used
        },
        standard=replace(offer.view.standard, **numbers, flags="flags" in values),
        mapping=GradeMapping(values["mapping"]),
        send_when=SendWhen(values["send_when"]),
    )


# The page -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filled:
    """The form with what stands in its fields."""

    offer: Offer
    fields: Mapping[str, str]


def _stored(offer: Offer) -> Filled:
    """What the activity has; for a new one the weights and the standard the packs recommend."""
    view = offer.view
    weights = {one.competency.id: one.weight for one in view.chosen}
    if not view.ready:
        weights = {one.id: one.default_weight for one in offer.competencies if not one.formative}
    form = {f"use-{id}": "1" for id in weights}
    form |= {f"weight-{one.id}": str(weights.get(one.id, 0)) for one in offer.competencies}
    form |= {name: str(getattr(view.standard, name)) for name in COUNTS + LEVELS}
    form |= {"flags": "1" if view.standard.flags else ""}
    return Filled(offer, form | {"mapping": view.mapping, "send_when": view.send_when})


def _as_sent(offer: Offer) -> Filled:
    return Filled(offer, typed(request.form))


def _page(filled: Filled, faults: Mapping[str, str] | None = None) -> str:
    offer = filled.offer
    beside = {name: _words(kind) for name, kind in (faults or {}).items()}
    levels = offer.competencies[0].levels
    return render_template(
        "activities/choose.html",
        activity=offer.view,
        competencies=offer.competencies,
        fields=defaultdict(str, filled.fields),
        beside=defaultdict(str, beside),
        faults=[Listed(_target(name), words) for name, words in beside.items()],
        levels=[(level.value, level.name) for level in levels],
        mappings=_mappings(levels[Standard().min_mean - 1].name),
        sendings=_sendings(),
        done=request.args.get("done"),
        tabs=tabs("launched.activity"),
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A fault in the list above the form: where it leads, and its words."""

    target: str
    words: str


def _target(name: str) -> str:
    return "competencies" if name == "weights" else name


def _words(kind: str) -> str:
    words = {
        NOT_WHOLE: _("Enter a whole number."),
        OUT_OF_RANGE: _("This number is too small or too large."),
        UNKNOWN_CHOICE: _("Choose one of those shown here."),
        IN_USE: _("This competency has assessments, so it stays."),
        NO_SUM: _("Choose at least one competency. The weights come to 100, or all are 0."),
    }
    return str(words[kind])


def _mappings(expected: str) -> list[tuple[str, str]]:
    """Each mapping with what an intern gets who is at the expected level throughout."""
    at = {
        one: shown_grade(
            grade(one, Fraction(Standard().min_mean), met=True, enough=True) or Fraction(0)
        )
        for one in GradeMapping
    }
    table, points, spread = GradeMapping.TABLE, GradeMapping.POINTS, GradeMapping.RANGE
    named = {
        table: _(
            "Table: %(level)s throughout is %(grade)s of 100", level=expected, grade=at[table]
        ),
        points: _(
            "Points: %(level)s throughout is %(grade)s of 100", level=expected, grade=at[points]
        ),
        spread: _(
            "Range: %(level)s throughout is %(grade)s of 100", level=expected, grade=at[spread]
        ),
        GradeMapping.PASS_FAIL: _("Pass: 100 when the standard is met, nothing before"),
        GradeMapping.COMPLETION: _("Completion: 100 when there is enough evidence, nothing before"),
    }
    return [(one, str(words)) for one, words in named.items()]


def _sendings() -> list[tuple[str, str]]:
    named = {
        SendWhen.AS_SCORED: _("As scored, provisional until there is enough evidence"),
        SendWhen.WHEN_ENOUGH: _("When there is enough evidence"),
        SendWhen.WHEN_MET: _("When the standard is met"),
    }
    return [(one, str(words)) for one, words in named.items()]
