"""Samples: a certificate with invented people and figures, for whoever chooses a design."""

from dataclasses import replace
from threading import Lock

from lti_tool.domain.certificate import Facts
from lti_tool.domain.errors import FormInvalid, SampleBusy
from lti_tool.domain.expiry import last_day
from lti_tool.domain.issuing import Terms
from lti_tool.domain.people import Actor, Right
from lti_tool.models.course import Course
from lti_tool.pdf import SAMPLE, SAMPLE_LOGO, dump_facts, find_design, render_in_process
from lti_tool.services.institutions import InstitutionView
from lti_tool.services.unit import Rounds

ONE = Lock()
"""One sample at a time in a process that has pages to show."""


def make_sample(rounds: Rounds, actor: Actor, terms: Terms, *, person: str) -> bytes:
    """The PDF of a certificate on these terms. `person` stands where the name would, and says that
    it is none. The school's own things are shown, invented ones where a design needs others.

    Raises NotAllowed; FormInvalid for a design that there is not; SampleBusy while another is made;
    and what `render_in_process` raises.
    """
    actor.require(Right.SET_UP)
    with rounds.reading() as unit:
        known = [one.name for one in unit.activities.designs(actor.course)]
        course = unit.session.get_one(Course, actor.course)
        platform = course.deployment.platform
        school = unit.institutions.of(platform.id)
        issuer = school.name or course.school or platform.name
    if terms.design not in known:
        raise FormInvalid({"design": "unknown-choice"})
    if not ONE.acquire(blocking=False):
        raise SampleBusy("another sample is being made")
    try:
        pdf = render_in_process(
            find_design(terms.design, rounds.settings.design_folders),
            dump_facts(_facts(school, issuer, terms, person)),
            seconds=rounds.settings.certificate_seconds,
            megabytes=rounds.settings.certificate_megabytes,
            logo=school.logo or SAMPLE_LOGO,
        )
    finally:
        ONE.release()
    return pdf.content


def _facts(school: InstitutionView, issuer: str, terms: Terms, person: str) -> Facts:
    return replace(
        SAMPLE,
        issuer=issuer,
        person=person,
        chart=terms.chart,
        expires_on=last_day(SAMPLE.issued_on, terms.months),
        signed_off_by=SAMPLE.signed_off_by if terms.sign_off else "",
        wording=school.wording or SAMPLE.wording,
        signatories=school.signatories or SAMPLE.signatories,
    )
