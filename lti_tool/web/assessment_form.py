"""The scoring form as it travels: what its fields are called, what may stand in them, its faults.

A field's name is a criterion's id for its level, `happened-<id>` for what happened there, or one of
FIELDS. Fields hold text, as a browser sends and a page shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import Schema, fields, validate

from lti_tool.domain.assessment import (
    LONGEST_LINE,
    LONGEST_TEXT,
    NOT_OBSERVED,
    Content,
    Fault,
)
from lti_tool.domain.rubric import LEVEL_VALUES, SUPPORT, Competency
from lti_tool.web.forms import NUMBER
from lti_tool.web.look import day

LEVEL = validate.OneOf(
    [*(str(value) for value in LEVEL_VALUES), NOT_OBSERVED], error=Fault.UNKNOWN_LEVEL
)
STATEMENT = validate.OneOf([str(value) for value, _text in SUPPORT], error=Fault.UNKNOWN_CHOICE)
LINE = validate.Length(max=LONGEST_LINE, error=Fault.TOO_LONG)
TEXT = validate.Length(max=LONGEST_TEXT, error=Fault.TOO_LONG)

VERSION = fields.Integer(required=True, validate=NUMBER, metadata={"hidden": True})
"""The version the page showed: a hidden field, so a fault in it is not the person's."""


def schema(competency: Competency) -> Schema:
    """What may be posted to score this competency; `reason` comes with an amendment only."""
    levels = {one.id: fields.String(validate=LEVEL) for one in competency.criteria}
    happened = {
        f"happened-{one.id}": fields.String(validate=TEXT) for one in competency.critical_criteria
    }
    others: dict[str, fields.Field[Any]] = {
        "version": VERSION,
        "on": fields.Date(error_messages={"invalid": Fault.DATE_WRONG}),
        "setting": fields.String(validate=LINE),
        "specialty": fields.String(validate=LINE),
        "support": fields.String(validate=STATEMENT),
        "worked": fields.String(validate=TEXT),
        "next": fields.String(validate=TEXT),
        "concern": fields.String(validate=validate.Equal("1", error=Fault.UNKNOWN_CHOICE)),
        "concern-text": fields.String(validate=TEXT),
        "reason": fields.String(validate=TEXT),
    }
    made: type[Schema] = Schema.from_dict({**levels, **happened, **others}, name="ScoringForm")
    return made()


def content(competency: Competency, values: Mapping[str, Any]) -> Content:
    """The content of an assessment, from what `schema` loaded."""
    ratings = {one.id: values[one.id] for one in competency.criteria if one.id in values}
    happened = {
        one.id: values.get(f"happened-{one.id}", "") for one in competency.critical_criteria
    }
    return Content(
        ratings={
            id: None if level == NOT_OBSERVED else int(level) for id, level in ratings.items()
        },
        what_happened={id: text for id, text in happened.items() if text},
        support=int(values["support"]) if "support" in values else None,
        worked=values.get("worked", ""),
        next_time=values.get("next", ""),
        concern="concern" in values,
        concern_text=values.get("concern-text", ""),
        on=values.get("on"),
        setting=values.get("setting", ""),
        specialty=values.get("specialty", ""),
    )


def typed(content: Content, today: date) -> dict[str, str]:
    """The fields of a page that shows this content; the date is `today` until one is chosen."""
    levels = {
        id: NOT_OBSERVED if level is None else str(level) for id, level in content.ratings.items()
    }
    happened = {f"happened-{id}": text for id, text in content.what_happened.items()}
    return {
        **levels,
        **happened,
        "on": (content.on or today).isoformat(),
        "setting": content.setting,
        "specialty": content.specialty,
        "support": str(content.support or ""),
        "worked": content.worked,
        "next": content.next_time,
        "concern": "1" if content.concern else "",
        "concern-text": content.concern_text,
    }


def occasion(fields: Mapping[str, str]) -> str:
    """When and where, in a few words: *17 November, Ward 6*."""
    try:
        on = day(date.fromisoformat(fields.get("on", "")))
    except ValueError:
        on = ""
    return ", ".join(filter(None, (on, fields.get("setting"), fields.get("specialty"))))


def folded(fields: Mapping[str, str], faults: Mapping[str, str]) -> bool:
    """Whether the occasion is folded away: it is filled in, and nothing in it is wrong."""
    filled = fields.get("setting") or fields.get("specialty")
    return bool(filled) and not {"on", "setting", "specialty"} & faults.keys()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that holds something else on the server than on the page that was sent."""

    target: str
    label: str
    saved: str


def differences(
    competency: Competency, saved: Mapping[str, str], sent: Mapping[str, str]
) -> list[Difference]:
    """Where what was saved elsewhere differs from what was sent, in the order of the page."""
    return [
        Difference(name, label, _in_words(competency, name, saved.get(name, "")))
        for name, label in labels(competency).items()
        if name != "reason" and saved.get(name, "").strip() != sent.get(name, "").strip()
    ]


def _in_words(competency: Competency, name: str, text: str) -> str:
    if name in {one.id for one in competency.criteria} and text:
        return str(_("Not observed")) if text == NOT_OBSERVED else competency.level(int(text)).name
    if name == "support" and text:
        return dict(SUPPORT)[int(text)]
    if name == "concern":
        return str(_("Ticked") if text else _("Not ticked"))
    return text or str(_("Empty"))


# Words for faults ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FaultEntry:
    """A line of the list above a form that came back: where it leads, and its words."""

    target: str
    words: str


def labels(competency: Competency) -> dict[str, str]:
    """What each field is called, in the order of the page."""
    named = {"on": _("Date"), "setting": _("Setting"), "specialty": _("Specialty")}
    for one in competency.criteria:
        named |= {one.id: one.name, f"happened-{one.id}": one.name}
    return named | {
        "support": _("How much help was needed?"),
        "worked": _("What did you see that worked?"),
        "next": _("One thing to try next time"),
        "concern": _("Your concern"),
        "concern-text": _("Your concern"),
        "intern": _("Intern"),
        "reason": _("Reason"),
    }


def beside(faults: Mapping[str, str]) -> dict[str, str]:
    """The words that stand beside each faulty field."""
    words = {
        Fault.CHOOSE: _("Choose a level, or Not observed."),
        Fault.UNKNOWN_LEVEL: _("Choose one of the levels shown here, or Not observed."),
        Fault.UNKNOWN_CHOICE: _("Choose one of those shown here."),
        Fault.NOTHING_SEEN: _("Choose a level for at least one criterion you saw."),
        Fault.WHAT_HAPPENED: _("Say what happened. One sentence is enough."),
        Fault.DATE_MISSING: _("Choose the day you saw this."),
        Fault.DATE_WRONG: _("This is not a date. Choose the day you saw this."),
        Fault.DATE_AHEAD: _("This day is still to come. Choose the day you saw this."),
        Fault.REASON_MISSING: _("Say why. One sentence is enough."),
    }
    return {name: words.get(Fault(fault)) or _too_long(name) for name, fault in faults.items()}


def entries(competency: Competency, faults: Mapping[str, str]) -> list[FaultEntry]:
    """The list above the form, in the order of the page."""
    words = {
        Fault.CHOOSE: _("choose a level, or Not observed"),
        Fault.UNKNOWN_LEVEL: _("choose one of the levels shown"),
        Fault.UNKNOWN_CHOICE: _("choose one of those shown"),
        Fault.NOTHING_SEEN: _("choose a level for at least one criterion"),
        Fault.WHAT_HAPPENED: _("say what happened"),
        Fault.DATE_MISSING: _("choose a day"),
        Fault.DATE_WRONG: _("choose a day"),
        Fault.DATE_AHEAD: _("choose a day that is not still to come"),
        Fault.REASON_MISSING: _("say why"),
        Fault.TOO_LONG: _("shorten the text"),
    }
    return [
        FaultEntry(name, f"{label}: {words[Fault(faults[name])]}")
        for name, label in labels(competency).items()
        if name in faults
    ]


def heading(count: int) -> str:
    """*2 things before you submit*."""
    return str(ngettext("One thing before you submit", "%(num)s things before you submit", count))


def _too_long(name: str) -> str:
    longest = LONGEST_LINE if name in ("setting", "specialty") else LONGEST_TEXT
    return str(_("This is longer than %(longest)s characters. Shorten it.", longest=longest))
