"""Issuing: by itself when the standard is met, until a day, and what ends one."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from lti_tool.domain.certificate import Chart
from lti_tool.domain.issuing import Stage, Terms
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.pdf import load_facts
from lti_tool.services.activities import terms_of
from lti_tool.services.activity_copies import clone
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import Ward, ward
from tests.issuing import (
    BY_HAND,
    amend,
    last_comment,
    meet,
    reissue,
    revoke,
    rows,
    set_terms,
    stage,
)
from tests.owing import Clock


@pytest.fixture
def place(rounds: Rounds, clock: Clock) -> Ward:
    return ward(replace(rounds, clock=clock), product="moodle", weights={"teamwork": 100})


def test_asking_for_sign_offs_leaves_what_is_issued_and_no_longer_asking_issues_what_waits(
    place: Ward,
) -> None:
    meet(place, place.amara)
    set_terms(place, BY_HAND)
    meet(place, place.jonas)
    assert (stage(place), stage(place, place.jonas)) == (Stage.MAKING, Stage.READY)
    set_terms(place, Terms())
    assert stage(place, place.jonas) is Stage.MAKING
    assert [load_facts(row.facts).signed_off_by for row in rows(place)] == ["", ""]


def test_a_copy_of_an_activity_issues_on_the_same_terms(place: Ward) -> None:
    chosen = Terms("record", Chart.RADAR, sign_off=True, months=18)
    set_terms(place, chosen)
    with place.rounds.work() as unit:
        source = unit.session.get_one(Activity, place.activity)
        course = unit.session.get_one(Course, place.lead.course)
        copy = factories.activity(unit.session, course)
        clone(unit.session, source, copy, origin_id=source.id)
        assert terms_of(copy) == chosen


def test_new_terms_hold_from_then_on(place: Ward) -> None:
    meet(place, place.amara)
    set_terms(place, Terms(chart=Chart.RADAR, months=6))
    meet(place, place.jonas)
    before, after = (load_facts(row.facts) for row in rows(place))
    assert (before.chart, before.expires_on) == ("strips", None)
    assert (after.chart, after.expires_on is None) == ("radar", False)


# -- Until a day ---------------------------------------------------------------------------------


def test_it_is_good_for_so_many_months_and_a_reminder_comes_before_its_end(
    place: Ward, clock: Clock
) -> None:
    set_terms(place, Terms(months=12))
    meet(place, place.amara)
    with place.rounds.work() as unit:
        row = unit.session.scalars(select(Certificate)).one()
        row.sha256 = "5e" * 32
    [issued] = rows(place)
    facts = load_facts(issued.facts)
    assert facts.expires_on == issued.expires_on
    assert issued.expires_on == facts.issued_on.replace(year=facts.issued_on.year + 1)
    assert stage(place) is Stage.ISSUED
    clock.move(days=365 - 60)
    assert stage(place) is Stage.ENDING
    clock.move(days=60)
    assert stage(place) is Stage.ENDING
    clock.move(days=1)
    assert stage(place) is Stage.EXPIRED


def test_the_last_day_counts_where_the_course_is(place: Ward, clock: Clock) -> None:
    """Late in the evening in London it is tomorrow in Oslo."""
    clock.now = clock.now.replace(year=2027, month=1, day=30, hour=23, minute=30)
    set_terms(place, Terms(months=1))
    meet(place, place.amara)
    [issued] = rows(place)
    assert load_facts(issued.facts).issued_on == date(2027, 1, 31)
    assert issued.expires_on == date(2027, 2, 28)


def test_none_takes_the_place_of_an_expired_one_by_itself(place: Ward, clock: Clock) -> None:
    set_terms(place, Terms(months=1))
    meet(place, place.amara)
    clock.move(days=40)
    place.score(place.ruth, place.amara, "teamwork", 4)
    set_terms(place, Terms(months=2))
    assert stage(place) is Stage.EXPIRED
    reissue(place)
    assert stage(place) is Stage.MAKING


@pytest.mark.parametrize("terms", [Terms(months=1), Terms(months=1, sign_off=True)])
def test_what_comes_after_its_last_day_leaves_a_certificate_as_it_is(
    place: Ward, clock: Clock, terms: Terms
) -> None:
    """It was good until then: neither what is seen later nor what is put right takes that away."""
    number = meet(place, place.amara)
    set_terms(place, terms)
    reissue(place, anew=True)
    clock.move(days=40)
    amend(place, number, 4)
    place.score(
        place.ruth, place.amara, "teamwork", 1, what_happened={"TW-3": "Late.", "TW-5": "No."}
    )
    assert [row.state for row in rows(place)] == ["superseded", "valid"]
    assert stage(place) is Stage.EXPIRED
    with place.rounds.reading() as unit:
        found = unit.class_certificates.of_intern(place.lead, place.activity, place.amara.person)
    [outlived, _] = found.log[0].events
    assert (outlived.action, outlived.who) == ("certificate-outlived", "Dr Helen Brandt")


def test_one_that_ought_not_to_have_been_issued_is_revoked_after_its_last_day_too(
    place: Ward, clock: Clock
) -> None:
    set_terms(place, Terms(months=1))
    number = meet(place, place.amara)
    clock.move(days=40)
    amend(place, number, 2)
    assert [(row.state, row.reason) for row in rows(place)] == [("revoked", "assessments-changed")]
    assert "no longer counts" in last_comment(place)
    place.score(place.helen, place.amara, "teamwork", 4)
    assert stage(place) is Stage.REVOKED, "none comes by itself"


# -- An LMS that counts attempts -----------------------------------------------------------------


def limit(place: Ward, attempts: int | None) -> None:
    with place.rounds.work() as unit:
        for column in unit.session.scalars(select(GradeColumn)):
            column.attempts = attempts


def files(place: Ward) -> list[tuple[str, str | None]]:
    with place.rounds.reading() as unit:
        rows = select(Passback).where(Passback.kind == "certificate").order_by(Passback.stamp)
        return [(row.state, row.last_code) for row in unit.session.scalars(rows)]


@pytest.fixture
def in_canvas(rounds: Rounds, clock: Clock) -> Ward:
    return ward(replace(rounds, clock=clock), product="canvas", weights={"teamwork": 100})


WAITS, HELD, SENT = ("waiting", None), ("refused", "last-attempt"), ("sent", None)
DROPPED = ("superseded", None), ("superseded", "last-attempt")


def send(place: Ward) -> None:
    """What a deliverer does with the files that wait."""
    with place.rounds.work() as unit:
        waiting = select(Passback).filter_by(kind="certificate", state="waiting")
        for row in unit.session.scalars(waiting):
            row.state, row.sent_at = "sent", unit.now


def test_the_last_attempt_is_used_at_a_course_leads_word_only(in_canvas: Ward) -> None:
    limit(in_canvas, 2)
    meet(in_canvas, in_canvas.amara)
    assert files(in_canvas) == [WAITS]
    send(in_canvas)
    reissue(in_canvas)
    assert files(in_canvas) == [SENT, HELD]
    with in_canvas.rounds.work() as unit:
        held = unit.session.scalars(select(Passback).filter_by(last_code="last-attempt")).one()
        assert held.id not in unit.retrying.refused(in_canvas.lead, in_canvas.activity)
        assert unit.retrying.retry_each(in_canvas.lead, [held.id]) == 0
        unit.retrying.retry(in_canvas.lead, held.id)
    assert files(in_canvas) == [SENT, WAITS]


def test_what_was_held_back_goes_with_the_others_once_there_is_no_limit(in_canvas: Ward) -> None:
    limit(in_canvas, 1)
    meet(in_canvas, in_canvas.amara)
    [issued] = rows(in_canvas)
    assert files(in_canvas) == [HELD]
    assert load_facts(issued.facts).verify_url in last_comment(in_canvas)
    limit(in_canvas, 0)
    with in_canvas.rounds.work() as unit:
        ids = unit.retrying.refused(in_canvas.lead, in_canvas.activity)
        assert unit.retrying.retry_each(in_canvas.lead, ids) == 1
    assert files(in_canvas) == [WAITS]


@pytest.mark.parametrize("attempts", [None, 0])
def test_without_a_limit_each_file_goes(in_canvas: Ward, attempts: int | None) -> None:
    limit(in_canvas, attempts)
    meet(in_canvas, in_canvas.amara)
    send(in_canvas)
    reissue(in_canvas)
    assert files(in_canvas) == [SENT, WAITS]


def test_an_lms_that_adds_comments_is_told_of_a_revocation(in_canvas: Ward) -> None:
    meet(in_canvas, in_canvas.amara)
    revoke(in_canvas)
    assert "no longer counts" in last_comment(in_canvas)


def test_no_file_is_sent_any_more_of_a_certificate_that_ended(in_canvas: Ward) -> None:
    meet(in_canvas, in_canvas.amara)
    limit(in_canvas, 2)
    reissue(in_canvas)
    revoke(in_canvas)
    assert files(in_canvas) == [DROPPED[0], DROPPED[0]]
    limit(in_canvas, 1)
    reissue(in_canvas)
    revoke(in_canvas)
    assert files(in_canvas)[-1] == DROPPED[1]
