"""Pages of one intern: where they stand, and all that was said to them."""

from dataclasses import dataclass
from fractions import Fraction
from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lti_tool.domain.people import Right
from lti_tool.domain.result import CompetencyOutcome, Outcome
from lti_tool.domain.rubric import Criterion
from lti_tool.domain.scoring import CriterionResult, level_passed, shown_average, shown_grade
from lti_tool.domain.standard import Bar, Finding, Standard, Verdict
from lti_tool.services.flags import OpenFlag
from lti_tool.services.overview import Feedback, InternPage
from lti_tool.services.passback_views import Delivery
from lti_tool.web.activity import activity_id
from lti_tool.web.assessment_words import STATEMENTS
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.tabs import tabs
from lti_tool.web.waiting import looks_again

Answer = str | Response

QUOTED = 2
"""How much feedback stands beside a result; all of it has a page of its own."""

NAMED = 3
"""How many criteria that were seen too few times are named one by one."""

launched.add_app_template_filter(shown_average, "average")
launched.add_app_template_filter(shown_grade, "grade")


@launched.get("/interns/<int:person>/")
def intern(person: int) -> Answer:
    """A course lead reads an intern's result here; the others are led to their own page of it."""
    if actor().may(Right.READ_ALL):
        return result_page(person)
    if actor().may(Right.SCORE):
        return redirect(url_for("launched.score", person=person), HTTPStatus.SEE_OTHER)
    if actor().person == person:
        return redirect(url_for("launched.home"), HTTPStatus.SEE_OTHER)
    return result_page(person)


@launched.get("/interns/<int:person>/feedback")
def feedback(person: int) -> Answer:
    """All assessments of an intern with what was said, newest first."""
    page = _load(person)
    return render_template(
        "interns/feedback.html", page=page, own=_own(person), statements=STATEMENTS, tabs=tabs()
    )


def result_page(person: int) -> Answer:
    """Where an intern stands: for themselves, or for a course lead."""
    page, own = _load(person), _own(person)
    told = [one for one in page.outcome.competencies if _is_shown(one, page.outcome)]
    deliveries = {one.competency_id: one for one in page.deliveries}
    shown = _shown(page)
    html = render_template(
        "interns/result.html",
        page=page,
        own=own,
        delivery=deliveries.get(""),
        flags=_open_flags(person),
        standings=[_standing(one, deliveries.get(one.competency.id), own=own) for one in told],
        unseen=[one.competency.title for one in page.outcome.competencies if one not in told],
        shown=shown,
        strips=_strips(shown, page.activity.standard),
        helped=_helped(page, shown.competency.id),
        quoted=[one for one in page.feedback if one.worked or one.next_time][:QUOTED],
        met=sum(one.verdict is Verdict.MET for one in page.outcome.counting),
        statements=STATEMENTS,
        tabs=tabs(),
    )
    certificate = page.certificate
    in_the_making = certificate and not certificate.ready and not certificate.problem
    return looks_again(html) if in_the_making else html


def _load(person: int) -> InternPage:
    with rounds().reading() as unit:
        return unit.overview.intern_page(actor(), activity_id(), person)


def _open_flags(person: int) -> list[OpenFlag]:
    """What is open about an intern, for those who may know of it."""
    if not actor().may(Right.READ_FLAGS):
        return []
    with rounds().reading() as unit:
        found = unit.flags.open(actor(), activity_id())
    return [one for one in found if one.intern_id == person]


def _own(person: int) -> bool:
    return actor().person == person and actor().may(Right.READ_OWN_RESULT)


# Standings ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an intern stands in one competency, and what stands between them and the standard."""

    outcome: CompetencyOutcome
    missing: tuple[Finding, ...]
    rarely_seen: int
    """How many criteria were seen too few times, where they are too many to be named."""
    seen_enough: bool
    """Every criterion was seen as often as the standard asks."""
    looked_at: bool
    """Only the course lead can say more: something that is not for the intern stands open."""
    delivery: Delivery | None


def _is_shown(found: CompetencyOutcome, outcome: Outcome) -> bool:
    """What is for feedback only is not asked for, so it shows once there is some."""
    return found.counts or found.result.assessments > 0 or not outcome.counting


def _standing(found: CompetencyOutcome, delivery: Delivery | None, *, own: bool) -> Standing:
    missing = found.judgement.missing
    told = tuple(one for one in missing if _is_told(one, missing, own=own))
    rare = [one for one in told if one.bar is Bar.SEEN]
    named = found.result.assessments > 0 and len(rare) <= NAMED
    return Standing(
        outcome=found,
        missing=told if named else tuple(one for one in told if one.bar is not Bar.SEEN),
        rarely_seen=0 if named or not found.result.assessments else len(rare),
        seen_enough=all(one.ok for one in found.judgement.findings if one.bar is Bar.SEEN),
        looked_at=bool(missing) and not told,
        delivery=delivery,
    )


def _is_told(finding: Finding, missing: tuple[Finding, ...], *, own: bool) -> bool:
    """Flags are never told to interns; of two bars on one criterion the higher one says it all."""
    if finding.bar is Bar.FLAGS:
        return not own
    higher = (one for one in missing if one.bar is Bar.CRITICAL)
    return finding.bar is not Bar.FLOOR or finding.criterion not in {
        one.criterion for one in higher
    }


# Criterion by criterion ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Strip:
    """One criterion: its mean as a drawing, in a word and in figures."""

    name: str
    mean: Fraction | None
    shown: str
    word: str
    seen: str
    kind: str
    """`low` below the expected level, `thin` where it was seen too few times, else ""."""


def _shown(page: InternPage) -> CompetencyOutcome:
    """The competency the address asks for, else the first one with anything to show."""
    found = page.outcome.competencies
    asked = request.args.get("competency")
    scored = [one for one in found if one.result.mean is not None]
    return next((one for one in found if one.competency.id == asked), [*scored, *found][0])


def _strips(found: CompetencyOutcome, standard: Standard) -> list[Strip]:
    pairs = zip(found.competency.criteria, found.result.criteria, strict=True)
    return [_strip(found, standard, criterion, result) for criterion, result in pairs]


def _strip(
    found: CompetencyOutcome, standard: Standard, criterion: Criterion, result: CriterionResult
) -> Strip:
    if result.mean is None:
        return Strip(criterion.name, None, "", "", "", "")
    kind = "low" if result.mean < found.competency.expected else ""
    return Strip(
        name=criterion.name,
        mean=result.mean,
        shown=shown_average(result.mean),
        word=found.competency.level(level_passed(result.mean)).name,
        seen=_times(result.seen),
        kind="thin" if result.seen < standard.seen_needed(criterion) else kind,
    )


def _times(count: int) -> str:
    if count <= 2:
        return str(_("seen once") if count == 1 else _("seen twice"))
    return str(_("seen %(num)s times", num=count))


def _helped(page: InternPage, competency_id: str) -> Feedback | None:
    """The newest assessment of a competency that says how much help was needed."""
    of_it = (one for one in page.feedback if one.competency_id == competency_id)
    return next((one for one in of_it if one.support), None)
