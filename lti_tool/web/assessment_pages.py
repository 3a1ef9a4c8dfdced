"""What the pages of assessments show: the scoring form, how far it is, and the page to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lti_tool.domain.assessment import State
from lti_tool.domain.people import Right
from lti_tool.domain.rubric import SUPPORT
from lti_tool.services.assessment_views import Form, Reading, StartCompetency
from lti_tool.services.people import PersonView
from lti_tool.web import assessment_form
from lti_tool.web.assessment_form import Difference
from lti_tool.web.session import actor


@dataclass(frozen=True, slots=True)
class Link:
    """Where a page leads back to."""

    href: str
    words: str


def home() -> Link:
    """The first page of those who score."""
    return Link(url_for("launched.home"), _("Interns"))


def back_to(intern: PersonView) -> Link:
    """The page of the intern, for those who score and lead; an intern's own page is home."""
    if actor().may(Right.READ_ALL):
        return Link(url_for("launched.intern", person=intern.id), intern.name)
    if actor().may(Right.SCORE):
        return Link(url_for("launched.score", person=intern.id), intern.name)
    return Link(url_for("launched.home"), _("Where you stand"))


def form_page(
    form: Form,
    fields: Mapping[str, str] | None = None,
    *,
    faults: Mapping[str, str] | None = None,
    stale: bool = False,
    differences: Sequence[Difference] = (),
) -> str:
    """The scoring page: with what is stored or, where a post came back, with what was typed."""
    if fields is None:
        fields = assessment_form.typed(form.content, form.today)
    amending = form.state != State.DRAFT
    endpoint = "launched.amend_assessment" if amending else "launched.submit_assessment"
    return render_template(
        "assessments/form.html",
        action=url_for(endpoint, id=form.id),
        amending=amending,
        statements=SUPPORT,
        differences=differences,
        back_to=back_to(form.intern),
        **_state(form, fields, faults or {}, stale=stale),
    )


def saved_parts(form: Form, *, faults: Mapping[str, str] | None = None, stale: bool = False) -> str:
    """The parts of the scoring page that an autosave brings up to date."""
    fields = assessment_form.typed(form.content, form.today)
    return render_template(
        "assessments/saved.html", **_state(form, fields, faults or {}, stale=stale)
    )


def _state(
    form: Form, fields: Mapping[str, str], faults: Mapping[str, str], *, stale: bool
) -> dict[str, object]:
    """What the form and its state line both tell: how far it is, and what is wrong."""
    criteria = form.competency.criteria
    steps = range(len(criteria) + 1)
    return {
        "form": form,
        "fields": fields,
        "stale": stale,
        "beside": assessment_form.beside(faults),
        "faults": assessment_form.entries(form.competency, faults),
        "heading": assessment_form.heading(len(faults)),
        "occasion": assessment_form.occasion(fields),
        "folded": assessment_form.folded(fields, faults),
        "answered": sum(bool(fields.get(one.id)) for one in criteria),
        "left": [_left(len(criteria) - done) for done in steps],
        "scored": [_("%(done)s of %(all)s scored", done=done, all=len(criteria)) for done in steps],
    }


def _left(count: int) -> str:
    if not count:
        return str(_("All scored"))
    return str(ngettext("%(num)s still to score", "%(num)s still to score", count))


def reading_page(reading: Reading, others: Sequence[StartCompetency]) -> str:
    """A submitted assessment. `others` are competencies to score from the same occasion."""
    return render_template(
        "assessments/reading.html",
        reading=reading,
        statements=dict(SUPPORT),
        others=others,
        done=request.args.get("done"),
        back_to=back_to(reading.intern),
    )
