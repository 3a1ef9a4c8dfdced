"""Issuing: by itself or after a sign-off, again, until a day, and ended by hand."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import event, select

from lti_tool.domain.certificate import Chart
from lti_tool.domain.errors import (
    CertificateChanged,
    CertificateNotEarned,
    NotAllowed,
    UnknownThing,
)
from lti_tool.domain.issuing import Stage, Terms
from lti_tool.domain.people import Actor, Role
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.pdf import load_facts
from lti_tool.services.activities import choice_of, terms_of
from lti_tool.services.activity_copies import clone
from lti_tool.services.recomputing import recompute
from lti_tool.services.signing_off import sign_off_each
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import Ward, member, ward
from tests.owing import Clock

BY_HAND = Terms(sign_off=True)
WHY = "The name was misspelt."


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(rounds: Rounds, clock: Clock) -> Ward:
    return ward(replace(rounds, clock=clock), product="moodle", weights={"teamwork": 100})


def set_terms(place: Ward, terms: Terms) -> None:
    """Change how certificates are issued, and do the job that follows."""
    with place.rounds.work() as unit:
        choice = choice_of(unit.activities.view(place.lead.course, place.activity))
        unit.activities.choose(place.lead, place.activity, replace(choice, terms=terms))
    recompute(place.rounds, place.activity)


def meet(place: Ward, intern: Actor) -> int:
    """Two assessments meet the standard; the number of the first."""
    number = place.score(place.helen, intern, "teamwork", 3)
    place.score(place.ruth, intern, "teamwork", 3)
    return number


def rows(place: Ward) -> list[Certificate]:
    with place.rounds.reading() as unit:
        return list(unit.session.scalars(select(Certificate).order_by(Certificate.id)))


def stage(place: Ward, intern: Actor | None = None) -> Stage:
    with place.rounds.reading() as unit:
        return unit.certificate_ways.of(place.activity, (intern or place.amara).person).stage


def sign_off(place: Ward, actor: Actor | None = None) -> None:
    with place.rounds.work() as unit:
        unit.issuing_by_hand.sign_off(actor or place.lead, place.activity, place.amara.person)


def newest(place: Ward) -> int:
    found = rows(place)
    return found[-1].id if found else 0


def reissue(place: Ward, *, anew: bool = False) -> None:
    seen = newest(place)
    with place.rounds.work() as unit:
        unit.issuing_by_hand.reissue(
            place.lead, place.activity, place.amara.person, seen, WHY, anew=anew
        )


def revoke(place: Ward) -> None:
    seen = newest(place)
    with place.rounds.work() as unit:
        unit.issuing_by_hand.revoke(place.lead, place.activity, place.amara.person, seen, WHY)


def last_comment(place: Ward) -> str:
    with place.rounds.reading() as unit:
        newest = select(Passback).filter_by(kind="score").order_by(Passback.stamp.desc()).limit(1)
        return str(unit.session.scalars(newest).one().message["comment"])


# -- Signed off ----------------------------------------------------------------------------------


def test_who_meets_the_standard_waits_for_a_name(place: Ward) -> None:
    set_terms(place, BY_HAND)
    meet(place, place.amara)
    assert (stage(place), rows(place)) == (Stage.READY, [])
    sign_off(place)
    [issued] = rows(place)
    facts = load_facts(issued.facts)
    assert (facts.signed_off_by, issued.signed_off_by_id) == (
        "Dr Ingrid Solheim", place.lead.person,
    )  # fmt: skip
    assert facts.verify_url in last_comment(place)
    assert stage(place) is Stage.MAKING
    with pytest.raises(CertificateNotEarned):
        sign_off(place)


def test_nobody_else_signs_off_and_nobody_who_has_not_met_it_is(place: Ward) -> None:
    set_terms(place, BY_HAND)
    with pytest.raises(CertificateNotEarned):
        sign_off(place)
    meet(place, place.amara)
    for actor in (place.helen, place.amara, place.observer):
        with pytest.raises(NotAllowed):
            sign_off(place, actor)
    other = ward(place.rounds)
    with pytest.raises(UnknownThing):
        sign_off(place, other.lead)
    with place.rounds.work() as unit, pytest.raises(UnknownThing):
        unit.issuing_by_hand.sign_off(other.lead, other.activity, place.amara.person)
    assert rows(place) == []


def test_what_changes_after_a_sign_off_waits_for_another(place: Ward) -> None:
    set_terms(place, BY_HAND)
    number = meet(place, place.amara)
    sign_off(place)
    with place.rounds.work() as unit:
        unit.assessments.amend(place.helen, number, 2, place.content("teamwork", 4), "Better.")
    [ended] = rows(place)
    assert (ended.state, ended.reason) == ("revoked", "assessments-changed")
    assert "no longer counts" in last_comment(place)
    assert stage(place) is Stage.READY
    sign_off(place)
    assert [row.state for row in rows(place)] == ["revoked", "valid"]


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


def test_a_class_is_signed_off_at_once_but_not_who_fell_below_meanwhile(place: Ward) -> None:
    set_terms(place, BY_HAND)
    for intern in (place.amara, place.jonas):
        meet(place, intern)
    ids = [place.amara.person, place.jonas.person]
    place.score(place.helen, place.jonas, "teamwork", 2)
    assert sign_off_each(place.rounds, place.lead, place.activity, [*ids, 2**31 - 1]) == 1
    assert [row.intern_id for row in rows(place)] == [place.amara.person]
    place.score(place.ruth, place.jonas, "teamwork", 4)
    assert sign_off_each(place.rounds, place.lead, place.activity) == 1
    assert sign_off_each(place.rounds, place.lead, place.activity) == 0
    with pytest.raises(NotAllowed):
        sign_off_each(place.rounds, place.helen, place.activity)


def test_the_pretend_student_waits_for_nothing(place: Ward) -> None:
    set_terms(place, BY_HAND)
    with place.rounds.work() as unit:
        course = unit.session.get_one(Course, place.lead.course)
        pretend = member(unit.session, course, "Test Student", Role.INTERN, test_user=True)
    meet(place, pretend)
    assert stage(place, pretend) is Stage.NOT_FOR_TESTS
    assert sign_off_each(place.rounds, place.lead, place.activity, [pretend.person]) == 0


# -- Again ---------------------------------------------------------------------------------------


def test_one_issued_again_takes_the_place_of_the_old_one(place: Ward) -> None:
    meet(place, place.amara)
    reissue(place)
    old, new = rows(place)
    assert (old.state, old.reason, old.explanation) == ("superseded", "reissued", WHY)
    assert (new.state, new.explanation) == ("valid", "")
    assert old.code != new.code
    assert load_facts(new.facts).verify_url in last_comment(place)


def test_what_a_course_lead_revoked_comes_back_at_a_course_leads_word_only(place: Ward) -> None:
    meet(place, place.amara)
    revoke(place)
    assert stage(place) is Stage.REVOKED
    assert "no longer counts" in last_comment(place)
    place.score(place.ruth, place.amara, "teamwork", 4)
    set_terms(place, Terms(design="standard"))
    assert [(row.state, row.explanation) for row in rows(place)] == [("revoked", WHY)]
    with pytest.raises(CertificateChanged):
        revoke(place)
    reissue(place)
    assert [row.state for row in rows(place)] == ["revoked", "valid"]


def test_a_revoked_one_is_not_signed_off_along_with_the_class(place: Ward) -> None:
    set_terms(place, BY_HAND)
    meet(place, place.amara)
    sign_off(place)
    revoke(place)
    assert sign_off_each(place.rounds, place.lead, place.activity) == 0
    assert stage(place) is Stage.REVOKED


def test_who_ticked_before_it_was_revoked_does_not_bring_it_back(place: Ward) -> None:
    set_terms(place, BY_HAND)
    meet(place, place.amara)
    sign_off(place)
    revoke(place)
    assert sign_off_each(place.rounds, place.lead, place.activity, [place.amara.person]) == 0
    assert [row.state for row in rows(place)] == ["revoked"]


def test_nothing_is_signed_off_where_nobody_asks_for_it(place: Ward) -> None:
    meet(place, place.amara)
    revoke(place)
    with pytest.raises(CertificateNotEarned):
        sign_off(place)
    assert [row.state for row in rows(place)] == ["revoked"]


def test_none_is_issued_again_that_never_was_or_is_no_longer_earned(place: Ward) -> None:
    with pytest.raises(UnknownThing):
        reissue(place)
    meet(place, place.amara)
    place.score(place.helen, place.amara, "teamwork", 2)
    with pytest.raises(CertificateNotEarned):
        reissue(place)
    assert [row.state for row in rows(place)] == ["revoked"]


def test_nobody_decides_about_another_certificate_than_the_one_they_saw(place: Ward) -> None:
    meet(place, place.amara)
    seen = newest(place)
    reissue(place)
    about = place.lead, place.activity, place.amara.person, seen, WHY
    with pytest.raises(CertificateChanged), place.rounds.work() as unit:
        unit.issuing_by_hand.reissue(*about, anew=False)
    with pytest.raises(CertificateChanged), place.rounds.work() as unit:
        unit.issuing_by_hand.revoke(*about)
    assert [row.state for row in rows(place)] == ["superseded", "valid"]


def test_two_who_sign_off_at_once_issue_one_certificate(place: Ward) -> None:
    set_terms(place, BY_HAND)
    meet(place, place.amara)
    together = threading.Barrier(2)

    def act(_: int) -> int:
        together.wait()
        return sign_off_each(place.rounds, place.lead, place.activity, [place.amara.person])

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(act, range(2))) == [0, 1]
    assert [row.state for row in rows(place)] == ["valid"]


def test_a_copy_of_an_activity_issues_on_the_same_terms(place: Ward) -> None:
    chosen = Terms("record", Chart.RADAR, sign_off=True, months=18)
    set_terms(place, chosen)
    with place.rounds.work() as unit:
        source = unit.session.get_one(Activity, place.activity)
        course = unit.session.get_one(Course, place.lead.course)
        copy = factories.activity(unit.session, course)
        clone(unit.session, source, copy, origin_id=source.id)
        assert terms_of(copy) == chosen


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


def test_one_issued_again_keeps_its_last_day_unless_that_is_counted_anew(
    place: Ward, clock: Clock
) -> None:
    set_terms(place, Terms(months=12))
    meet(place, place.amara)
    clock.move(days=31)
    reissue(place)
    first, second = rows(place)
    assert second.expires_on == first.expires_on
    reissue(place, anew=True)
    third = rows(place)[-1]
    assert third.expires_on is not None
    assert first.expires_on is not None
    assert 30 <= (third.expires_on - first.expires_on).days <= 31


def test_one_that_stays_good_keeps_doing_so_unless_its_time_is_counted_anew(place: Ward) -> None:
    meet(place, place.amara)
    set_terms(place, Terms(months=12))
    reissue(place)
    reissue(place, anew=True)
    assert [row.expires_on is None for row in rows(place)] == [True, True, False]
    set_terms(place, Terms(months=None))
    reissue(place)
    reissue(place, anew=True)
    assert [row.expires_on is None for row in rows(place)[3:]] == [False, True]


def test_none_takes_the_place_of_an_expired_one_by_itself(place: Ward, clock: Clock) -> None:
    set_terms(place, Terms(months=1))
    number = meet(place, place.amara)
    clock.move(days=40)
    with place.rounds.work() as unit:
        unit.assessments.amend(place.helen, number, 2, place.content("teamwork", 4), "Better.")
    place.score(place.ruth, place.amara, "teamwork", 4)
    assert [row.state for row in rows(place)] == ["revoked"]
    reissue(place)
    assert stage(place) is Stage.MAKING


def test_new_terms_hold_from_then_on(place: Ward) -> None:
    meet(place, place.amara)
    set_terms(place, Terms(chart=Chart.RADAR, months=6))
    meet(place, place.jonas)
    before, after = (load_facts(row.facts) for row in rows(place))
    assert (before.chart, before.expires_on) == ("strips", None)
    assert (after.chart, after.expires_on is None) == ("radar", False)


# -- A class -------------------------------------------------------------------------------------


def test_a_class_of_any_size_takes_as_many_queries_as_one_intern(place: Ward, clock: Clock) -> None:
    meet(place, place.amara)
    few = queries(place)
    with place.rounds.work() as unit:
        course = unit.session.get_one(Course, place.lead.course)
        more = [member(unit.session, course, f"Intern {n}", Role.INTERN) for n in range(8)]
    for intern in more[:3]:
        meet(place, intern)
    assert queries(place) == few


def test_who_joins_while_the_class_is_read_breaks_nothing(place: Ward) -> None:
    engine, joined = place.rounds.engine, threading.Event()

    def join(*args: object) -> None:
        if "FROM membership" in str(args[2]) and not joined.is_set():
            joined.set()
            with place.rounds.work() as unit:
                course = unit.session.get_one(Course, place.lead.course)
                member(unit.session, course, "Late Larsen", Role.INTERN)

    event.listen(engine, "after_cursor_execute", join)
    with place.rounds.reading() as unit:
        assert unit.class_certificates.page(place.lead, place.activity).rows
    joined.clear()
    with place.rounds.reading() as unit:
        assert unit.overview.lead_table(place.lead, place.activity).rows
    event.remove(engine, "after_cursor_execute", join)


def queries(place: Ward) -> int:
    asked: list[str] = []

    def note(*args: object) -> None:
        asked.append(str(args[2]))

    event.listen(place.rounds.engine, "before_cursor_execute", note)
    with place.rounds.reading() as unit:
        found = unit.class_certificates.page(place.lead, place.activity)
    event.remove(place.rounds.engine, "before_cursor_execute", note)
    assert found.counts[Stage.MAKING] >= 1
    return len(asked)


def test_all_that_was_done_stands_in_the_log(place: Ward) -> None:
    set_terms(place, BY_HAND)
    meet(place, place.amara)
    sign_off(place)
    reissue(place)
    revoke(place)
    with place.rounds.reading() as unit:
        found = unit.class_certificates.of_intern(place.lead, place.activity, place.amara.person)
    told = [[(one.action, one.who, one.explanation) for one in log.events] for log in found.log]
    lead = "Dr Ingrid Solheim"
    assert told == [
        [("certificate-revoked", lead, WHY), ("certificate-issued", lead, "")],
        [
            ("certificate-superseded", lead, WHY),
            ("certificate-signed-off", lead, ""),
            ("certificate-issued", lead, ""),
        ],
    ]
    for actor in (place.helen, place.amara):
        with pytest.raises(NotAllowed), place.rounds.reading() as unit:
            unit.class_certificates.of_intern(actor, place.activity, place.amara.person)


def test_a_file_that_was_set_aside_is_made_again_at_a_course_leads_word(place: Ward) -> None:
    meet(place, place.amara)
    [issued] = rows(place)
    with place.rounds.work() as unit:
        assert unit.renderings.take(issued.id) is not None
        unit.renderings.failed(issued.id, "certificate-facts-faulty")
    assert stage(place) is Stage.FAILED
    with place.rounds.work() as unit:
        assert unit.issuing_by_hand.make_again(place.lead, place.activity) == 1
    with place.rounds.reading() as unit:
        assert unit.renderings.due(10) == [issued.id]
    assert stage(place) is Stage.MAKING


Refusal = Callable[[Ward], None]


@pytest.mark.parametrize("refused", [reissue, revoke])
def test_only_course_leads_decide(place: Ward, refused: Refusal) -> None:
    meet(place, place.amara)
    for actor in (place.helen, place.amara, place.observer):
        with pytest.raises(NotAllowed):
            refused(replace(place, lead=actor))
    assert [row.state for row in rows(place)] == ["valid"]


def test_the_last_day_counts_where_the_course_is(place: Ward, clock: Clock) -> None:
    """Late in the evening in London it is tomorrow in Oslo."""
    clock.now = clock.now.replace(year=2027, month=1, day=30, hour=23, minute=30)
    set_terms(place, Terms(months=1))
    meet(place, place.amara)
    [issued] = rows(place)
    assert load_facts(issued.facts).issued_on == date(2027, 1, 31)
    assert issued.expires_on == date(2027, 2, 28)


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
