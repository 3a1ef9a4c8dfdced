"""What a new result means for the gradebook: which messages are owed, and what they say.

Numbers go out of 100; the LMS scales them to its column. What a comment is for differs: some LMSs
keep the last one and erase it when none comes, others add one each time (see lms.products).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from gettext import gettext as _
from gettext import ngettext
from typing import Protocol

from babel.dates import format_date

from lti_tool.domain.certificate import tidy
from lti_tool.domain.passback import File, SendWhen, stands
from lti_tool.domain.result import CompetencyOutcome, Outcome
from lti_tool.domain.scoring import FULL_GRADE, shown_grade
from lti_tool.domain.standard import Verdict
from lti_tool.lms.products.base import Product
from lti_tool.lms.products.choose import choose
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.person import Person
from lti_tool.services.issuing import Settled
from lti_tool.services.live_views import LiveViews
from lti_tool.services.passback import Passbacks

WHOLE = ""
"""Stands for all competencies together, as in the column of the activity itself."""


class LastScored(Protocol):
    """Who scored last, which competency, and the day of the occasion."""

    @property
    def assessor(self) -> str: ...
    @property
    def competency_id(self) -> str: ...
    @property
    def on(self) -> date: ...


@dataclass(frozen=True, slots=True)
class News:
    """A result that was just computed, and what is new about it."""

    outcome: Outcome
    moved: frozenset[str]
    """The competencies whose standing changed, with WHOLE among them if the activity's did."""
    certificate: Settled
    last: Mapping[str, LastScored]
    """By competency, and of all under WHOLE; without an assessment that counts there is none."""


class Gradebook:
    """Owes the gradebook what it should hold."""

    def __init__(self, now: datetime, passbacks: Passbacks, live_views: LiveViews) -> None:
        self._now = now
        self._passbacks = passbacks
        self._live_views = live_views

    def owe(self, activity: Activity, intern: Person, news: News) -> None:
        """Write the messages this result owes, one column after the other."""
        product = choose(activity.course.deployment.platform.product)
        for column in activity.columns:
            if not column.competency_id or activity.competency_columns:
                self._owe_column(activity, column, intern, news, product)

    def _owe_column(
        self, activity: Activity, column: GradeColumn, intern: Person, news: News, product: Product
    ) -> None:
        grade, verdict = _of_column(column, news.outcome)
        score = None
        if grade is not None and stands(SendWhen(activity.send_when), verdict):
            score = shown_grade(grade)
        own = not column.competency_id
        new_certificate = own and news.certificate.new
        told = column.competency_id in news.moved or (own and news.certificate.is_news)
        speaks = product.comment_each_time or told
        comment = comment_of(news, column.competency_id) if speaks else None
        live = activity.live_view and product.live_view and own
        view = None
        if live and score is not None:
            view = self._live_views.of(activity, column, intern.id)
        if own and news.certificate.is_news:
            self._passbacks.drop_ended(column, intern)
        self._passbacks.owe_score(
            column, intern, score, str(FULL_GRADE), comment, self._now, product, view
        )
        as_file = product.certificate_as_file and not live
        if score is not None and new_certificate and as_file:
            # The comment went out with the score: a product that adds each one would say it twice.
            self._passbacks.owe_certificate(
                column,
                intern,
                score,
                str(FULL_GRADE),
                None,
                self._file(news.certificate),
                certificate_id=news.certificate.id,
                product=product,
            )

    def _file(self, certificate: Settled) -> File:
        return File(certificate.copy_address, _("certificate.pdf"))


def _of_column(column: GradeColumn, found: Outcome) -> tuple[Fraction | None, Verdict]:
    if not column.competency_id:
        return found.grade, found.verdict
    one = _counting(found, column.competency_id)
    return (one.grade, one.verdict) if one else (None, Verdict.NOT_ENOUGH)


def _counting(found: Outcome, competency_id: str) -> CompetencyOutcome | None:
    """A competency that takes part in the grade; None for one that no longer does."""
    return next((one for one in found.counting if one.competency.id == competency_id), None)


# What the comment says ----------------------------------------------------------------------------


def comment_of(news: News, competency_id: str = WHOLE) -> str:
    """The comment beside a grade: who scored last, how things stand, where to check a certificate.

    Beside a competency's own grade it tells of that competency and of nothing else. Plain text,
    short lines: LMSs show it escaped, and students read it on phones.
    """
    last = news.last.get(competency_id)
    lines = [_scored_last(last, news.outcome) if last else _("No assessment counts at present.")]
    if competency_id:
        one = _counting(news.outcome, competency_id)
        lines += [_standing([one], one.verdict)] if one else []
    else:
        lines += [_standing(news.outcome.counting, news.outcome.verdict)]
        lines += [_certificate(news.certificate)]
    return "\n".join(line for line in lines if line)


def _scored_last(last: LastScored, found: Outcome) -> str:
    titles = {one.competency.id: one.competency.title for one in found.competencies}
    return _("%(who)s scored %(what)s on %(day)s.") % {
        "who": tidy(last.assessor),
        "what": titles[last.competency_id],
        "day": format_date(last.on, "d MMMM", locale="en"),
    }


def _standing(counting: Sequence[CompetencyOutcome], verdict: Verdict) -> str:
    if verdict is Verdict.MET:
        return ngettext(
            "Standard met.", "Standard met in all %(count)d competencies.", len(counting)
        ) % {"count": len(counting)}
    thin = [one for one in counting if one.verdict is Verdict.NOT_ENOUGH]
    if thin:
        return _("Provisional: %(counts)s.") % {"counts": ", ".join(map(_count, thin))}
    return _("Standard not met yet.")


def _count(one: CompetencyOutcome) -> str:
    """`Teamwork 3 of 8`, or only the title where assessments are enough and other things not."""
    needed = one.judgement.findings[0]
    if needed.ok:
        return one.competency.title
    return _("%(title)s %(have)d of %(need)d") % {
        "title": one.competency.title,
        "have": needed.have,
        "need": needed.need,
    }


def _certificate(certificate: Settled) -> str:
    if certificate.ended:
        return _("The certificate issued before no longer counts.")
    if certificate.verify_url:
        return _("Certificate: %(address)s") % {"address": certificate.verify_url}
    return ""
