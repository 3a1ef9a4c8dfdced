"""What the scoring form says about itself: labels, faults, and what was changed elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from lti_tool.domain.assessment import LONGEST_LINE, LONGEST_TEXT, NOT_OBSERVED, Fault
from lti_tool.domain.rubric import Competency
from lti_tool.web.assessment_form import complete, names
from lti_tool.web.look import day

LABELS = {
    "on": lazy_gettext("Date"),
    "setting": lazy_gettext("Setting"),
    "specialty": lazy_gettext("Specialty"),
    "support": lazy_gettext("How much help was needed?"),
    "worked": lazy_gettext("What did you see that worked?"),
    "next": lazy_gettext("One thing to try next time"),
    "concern": lazy_gettext("Your concern"),
    "concern-text": lazy_gettext("Your concern"),
    "intern": lazy_gettext("Intern"),
    "reason": lazy_gettext("Reason"),
}
"""What the fields are called that every competency has. A criterion's are called as it is."""

STATEMENTS = {
    1: lazy_gettext("I carried the task; the intern watched or helped."),
    2: lazy_gettext("The intern did parts while I directed each step."),
    3: lazy_gettext("The intern did it with prompts now and then."),
    4: lazy_gettext("The intern did it; I stayed in reach and corrected small things afterwards."),
    5: lazy_gettext("The intern did it to the standard I expect; my check changed nothing."),
}
"""How much help was needed (domain.rubric.SUPPORT_VALUES), in the assessor's words."""

BESIDE = {
    Fault.CHOOSE: lazy_gettext("Choose a level, or Not observed."),
    Fault.UNKNOWN_LEVEL: lazy_gettext("Choose one of the levels shown here, or Not observed."),
    Fault.UNKNOWN_CHOICE: lazy_gettext("Choose one of those shown here."),
    Fault.NOTHING_SEEN: lazy_gettext("Choose a level for at least one criterion you saw."),
    Fault.WHAT_HAPPENED: lazy_gettext("Say what happened. One sentence is enough."),
    Fault.DATE_MISSING: lazy_gettext("Choose the day you saw this."),
    Fault.DATE_WRONG: lazy_gettext("This is not a date. Choose the day you saw this."),
    Fault.DATE_AHEAD: lazy_gettext("This day is still to come. Choose the day you saw this."),
    Fault.REASON_MISSING: lazy_gettext("Say why. One sentence is enough."),
}
"""The words beside a faulty field; those for too long a text name its measure."""

LISTED = {
    Fault.CHOOSE: lazy_gettext("choose a level, or Not observed"),
    Fault.UNKNOWN_LEVEL: lazy_gettext("choose one of the levels shown"),
    Fault.UNKNOWN_CHOICE: lazy_gettext("choose one of those shown"),
    Fault.NOTHING_SEEN: lazy_gettext("choose a level for at least one criterion"),
    Fault.WHAT_HAPPENED: lazy_gettext("say what happened"),
    Fault.DATE_MISSING: lazy_gettext("choose a day"),
    Fault.DATE_WRONG: lazy_gettext("choose a day"),
    Fault.DATE_AHEAD: lazy_gettext("choose a day that is not still to come"),
    Fault.REASON_MISSING: lazy_gettext("say why"),
    Fault.TOO_LONG: lazy_gettext("shorten the text"),
}
"""The words in the list above the form, after the field's label."""


@dataclass(frozen=True, slots=True)
class FaultEntry:
    """A line of the list above a form that came back: where it leads, and its words."""

    target: str
    words: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that holds something else on the server than on the page that was sent."""

    target: str
    label: str
    saved: str


def label(competency: Competency, name: str) -> str:
    """What a field is called."""
    if name in LABELS:
        return str(LABELS[name])
    return competency.criterion(name.removeprefix("happened-")).name


def beside(competency: Competency, faults: Mapping[str, str]) -> dict[str, str]:
    """The words that stand beside each field: none where nothing is wrong."""
    return complete(competency, {name: _beside(name, Fault(faults[name])) for name in faults})


def entries(competency: Competency, faults: Mapping[str, str]) -> list[FaultEntry]:
    """The list above the form, in the order of the page."""
    return [
        FaultEntry(name, f"{label(competency, name)}: {LISTED[Fault(faults[name])]}")
        for name in names(competency)
        if name in faults
    ]


def heading(count: int) -> str:
    """*2 things before you submit*."""
    return str(ngettext("One thing before you submit", "%(num)s things before you submit", count))


def differences(
    competency: Competency, saved: Mapping[str, str], sent: Mapping[str, str]
) -> list[Difference]:
    """Where what was saved elsewhere differs from what was sent, in the order of the page."""
    return [
        Difference(name, label(competency, name), _in_words(competency, name, saved.get(name, "")))
        for name in names(competency)
        if name != "reason" and saved.get(name, "").strip() != sent.get(name, "").strip()
    ]


def _beside(name: str, fault: Fault) -> str:
    if fault in BESIDE:
        return str(BESIDE[fault])
    longest = LONGEST_LINE if name in ("setting", "specialty") else LONGEST_TEXT
    return str(_("This is longer than %(longest)s characters. Shorten it.", longest=longest))


def _in_words(competency: Competency, name: str, text: str) -> str:
    """What a page would show for the text of a field."""
    if name == "concern":
        return str(_("Ticked") if text else _("Not ticked"))
    if not text:
        return str(_("Empty"))
    if name == "on":
        return day(date.fromisoformat(text))
    if name == "support":
        return str(STATEMENTS[int(text)])
    if name in {one.id for one in competency.criteria}:
        return str(_("Not observed")) if text == NOT_OBSERVED else competency.level(int(text)).name
    return text
