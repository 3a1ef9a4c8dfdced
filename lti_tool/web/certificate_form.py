"""The part of an activity's form that says how its certificates are issued: fields and words."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from marshmallow import fields, validate

from lti_tool.domain.certificate import Chart
from lti_tool.domain.expiry import MOST_MONTHS
from lti_tool.domain.issuing import Terms
from lti_tool.services.designs import DesignView
from lti_tool.web.forms import Sent

BY_ITSELF, SIGNED_OFF = "by-itself", "sign-off"
"""When a certificate is issued."""

DESIGN_GONE = "design-gone"
"""The kind of fault of a design that is not there any more, or has a fault itself."""


def certificate_fields(
    designs: Sequence[DesignView], terms: Terms, faults: Mapping[str, str]
) -> dict[str, fields.Field[Any]]:
    """What may be posted, each as it is now where it is not sent.

    `faults` are the kinds that the form has words for: `unknown`, `whole` and `range`.
    """
    known = [one.name for one in designs]
    unknown = faults["unknown"]
    no_design = gone(designs, terms).get("design", unknown)
    return {
        "design": fields.String(
            load_default=terms.design, validate=validate.OneOf(known, error=no_design)
        ),
        "chart": fields.String(
            load_default=terms.chart, validate=validate.OneOf([*Chart], error=unknown)
        ),
        "issuing": fields.String(
            load_default=SIGNED_OFF if terms.sign_off else BY_ITSELF,
            validate=validate.OneOf([BY_ITSELF, SIGNED_OFF], error=unknown),
        ),
        "months": fields.Integer(
            load_default=terms.months,
            validate=validate.Range(1, MOST_MONTHS, error=faults["range"]),
            error_messages={"invalid": faults["whole"]},
        ),
    }


def terms_of(sent: Sent) -> Terms:
    """What was chosen. Months that were left empty mean no end; not sent, they stay."""
    values, emptied = sent.values, sent.typed.get("months") == ""
    return Terms(
        design=values["design"],
        chart=Chart(values["chart"]),
        sign_off=values["issuing"] == SIGNED_OFF,
        months=None if emptied else values["months"],
    )


def filled(terms: Terms) -> dict[str, str]:
    """The fields as they stand before anything was entered."""
    return {
        "design": terms.design,
        "chart": terms.chart,
        "issuing": SIGNED_OFF if terms.sign_off else BY_ITSELF,
        "months": str(terms.months or ""),
    }


def labels() -> dict[str, str]:
    """What each field is called, in the order of the page."""
    return {
        "design": _("Design"),
        "chart": _("Chart of the averages"),
        "issuing": _("Issued"),
        "months": _("Good for how many months"),
    }


def gone(designs: Sequence[DesignView], terms: Terms) -> dict[str, str]:
    """The fault of an activity whose design is not among those that can be used."""
    there = not designs or terms.design in [one.name for one in designs]
    return {} if there else {"design": DESIGN_GONE}


def design_words() -> dict[str, str]:
    """The words beside a design that cannot be chosen, or no longer."""
    return {
        DESIGN_GONE: _(
            "This design is not there any more, or has a fault, so that certificates wait. Choose"
            " another, or ask whoever runs Rounds."
        ),
        "lacks-logo": _(
            "This design shows the school's logo, and none is entered. Whoever runs Rounds can."
        ),
        "lacks-wording": _(
            "This design shows words of the school's own, and none are entered. Whoever runs"
            " Rounds can."
        ),
        "lacks-signatories": _(
            "This design names who signs for the school, and nobody is entered. Whoever runs"
            " Rounds can."
        ),
    }


def design_choices(designs: Sequence[DesignView], terms: Terms) -> list[tuple[str, str]]:
    """The designs, with what each lacks, and first the one chosen that cannot be used any more."""
    missing = [(terms.design, _("%(name)s (cannot be used)", name=terms.design))]
    choices = [(one.name, _title(one)) for one in designs]
    return missing + choices if gone(designs, terms) else choices


def _title(design: DesignView) -> str:
    missing = {
        "logo": _("a logo"),
        "wording": _("words of the school"),
        "signatories": _("signatories"),
    }
    needed = ", ".join(missing.get(name, name) for name in design.lacking)
    if not needed:
        return design.title
    return str(_("%(title)s (needs %(needed)s)", title=design.title, needed=needed))


def chart_choices() -> list[tuple[str, str]]:
    """How a certificate draws the averages."""
    return [
        (Chart.STRIPS, _("A line beside each criterion")),
        (Chart.RADAR, _("A radar of all criteria, and the table")),
        (Chart.NONE, _("No chart, the table alone")),
    ]


def issuing_choices() -> list[tuple[str, str]]:
    """When a certificate is issued."""
    return [
        (BY_ITSELF, _("By itself, when the standard is met")),
        (SIGNED_OFF, _("After a course lead's sign-off")),
    ]
