"""What the pages of assessments show: the scoring form, how far it is, and the page to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lti_tool.domain.assessment import State
from lti_tool.domain.people import Right
from lti_tool.services.assessment_views import Form, Reading, StartCompetency
from lti_tool.services.people import PersonView
from lti_tool.web import assessment_form, assessment_words
from lti_tool.web.assessment_words import Difference
from lti_tool.web.session import actor
from lti_tool.web.tabs import tabs


@dataclass(frozen=True, slots=True)
class Link:
    """Where a page leads back to."""

    href: str
    words: str


def interns() -> Link:
    """The list of interns, for those who score."""
    return Link(url_for("launched.interns"), _("Interns"))


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
    faults = faults or {}
    draft = form.state == State.DRAFT
    endpoint = "launched.submit_assessment" if draft else "launched.amend_assessment"
    steps = len(form.competency.criteria)
    return render_template(
        "assessments/form.html",
        **_state(form, fields, faults, stale=stale),
        action=url_for(endpoint, id=form.id),
        back_to=back_to(form.intern),
        tabs=tabs(),
        fields=assessment_form.complete(form.competency, fields),
        beside=assessment_words.beside(form.competency, faults),
        heading=assessment_words.heading(len(faults)),
        folded=assessment_form.folded(fields, faults),
        statements=assessment_words.STATEMENTS,
        differences=differences,
        every_left=[_left(steps - done) for done in range(steps + 1)],
        every_scored=[
            _("%(done)s of %(all)s scored", done=done, all=steps) for done in range(steps + 1)
        ],
    )


def saved_parts(form: Form, *, faults: Mapping[str, str] | None = None, stale: bool = False) -> str:
    """The parts of the scoring page that an autosave brings up to date."""
    fields = assessment_form.typed(form.content, form.today)
    return render_template(
        "assessments/saved.html",
        **_state(form, fields, faults or {}, stale=stale),
        differences=(),
    )


def _state(
    form: Form, fields: Mapping[str, str], faults: Mapping[str, str], *, stale: bool
) -> dict[str, object]:
    """What the page and an autosave both tell: how safe it is, and how far."""
    criteria = form.competency.criteria
    answered = sum(bool(fields.get(one.id)) for one in criteria)
    return {
        "form": form,
        "amending": form.state != State.DRAFT,
        "stale": stale,
        "faults": assessment_words.entries(form.competency, faults),
        "occasion": assessment_form.occasion(fields),
        "answered": answered,
        "left": _left(len(criteria) - answered),
    }


def _left(count: int) -> str:
    if not count:
        return str(_("All scored"))
    return str(ngettext("%(num)s still to score", "%(num)s still to score", count))


def reading_page(reading: Reading, others: Sequence[StartCompetency]) -> str:
    """A submitted assessment. `others` are competencies to score from the same occasion.

    What a flag tells already is not told again beside its criterion.
    """
    flags = [flag for flag in reading.flags if not flag.dropped]
    return render_template(
        "assessments/reading.html",
        reading=reading,
        flags=flags,
        flagged={flag.criterion_id for flag in flags},
        statements=assessment_words.STATEMENTS,
        others=others,
        done=request.args.get("done"),
        back_to=back_to(reading.intern),
        tabs=tabs(),
    )
