"""The scoring form as it travels: what its fields are called and what may stand in them.

A field's name is a criterion's id for its level, `happened-<id>` for what happened there, or one of
the others in `names`. Fields hold text, as a browser sends and a page shows it.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from marshmallow import Schema, fields, validate

from lti_tool.domain.assessment import (
    LONGEST_LINE,
    LONGEST_TEXT,
    NOT_OBSERVED,
    Content,
    Fault,
)
from lti_tool.domain.rubric import LEVEL_VALUES, SUPPORT_VALUES, Competency
from lti_tool.web.forms import NUMBER
from lti_tool.web.look import day

LEVEL = validate.OneOf(
    [*(str(value) for value in LEVEL_VALUES), NOT_OBSERVED], error=Fault.UNKNOWN_LEVEL
)
STATEMENT = validate.OneOf([str(value) for value in SUPPORT_VALUES], error=Fault.UNKNOWN_CHOICE)
LINE = validate.Length(max=LONGEST_LINE, error=Fault.TOO_LONG)
TEXT = validate.Length(max=LONGEST_TEXT, error=Fault.TOO_LONG)

VERSION = fields.Integer(required=True, validate=NUMBER, metadata={"hidden": True})
"""The version the page showed: a hidden field, so a fault in it is not the person's."""


@lru_cache(maxsize=256)
def schema(competency: Competency) -> Schema:
    """What may be posted to score this competency; `reason` comes with an amendment only.

    Kept, because a schema takes longer to make than to use and competencies are few.
    """
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


def names(competency: Competency) -> tuple[str, ...]:
    """The fields of the form in the order of the page. `intern` stands on the form to move one."""
    criteria = (name for one in competency.criteria for name in (one.id, f"happened-{one.id}"))
    return (
        *("on", "setting", "specialty"),
        *criteria,
        *("support", "worked", "next", "concern", "concern-text", "intern", "reason"),
    )


def complete(competency: Competency, fields: Mapping[str, str]) -> dict[str, str]:
    """A text for each field, also for those that hold none."""
    return {name: fields.get(name, "") for name in names(competency)}


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
