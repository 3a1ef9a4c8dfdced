"""Issuing by hand: signed off by name, issued again, revoked; whoever holds it by now."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lti_tool.domain.errors import (
    CertificateChanged,
    CertificateNotEarned,
    NotAllowed,
    UnknownThing,
)
from lti_tool.domain.issuing import Stage, Terms
from lti_tool.domain.people import Role
from lti_tool.models.course import Course
from lti_tool.pdf import load_facts
from lti_tool.services.issuing import Seen
from lti_tool.services.signing_off import sign_off_each
from lti_tool.services.unit import Rounds
from tests.factories import Ward, member, ward
from tests.issuing import (
    BY_HAND,
    WHY,
    change_role,
    last_comment,
    meet,
    newest,
    reissue,
    revoke,
    rows,
    set_terms,
    sign_off,
    stage,
)
from tests.owing import Clock

Decision = Callable[..., None]


@pytest.fixture
def place(rounds: Rounds, clock: Clock) -> Ward:
    return ward(replace(rounds, clock=clock), product="moodle", weights={"teamwork": 100})


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


# -- Again, and revoked --------------------------------------------------------------------------


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
    for decide in (reissue, revoke):
        with pytest.raises(CertificateChanged):
            decide(place, seen)
    assert [row.state for row in rows(place)] == ["superseded", "valid"]


def test_nobody_brings_back_what_somebody_else_revoked_meanwhile(place: Ward) -> None:
    meet(place, place.amara)
    seen = newest(place)
    revoke(place)
    with pytest.raises(CertificateChanged):
        reissue(place, seen)
    assert [row.state for row in rows(place)] == ["revoked"]


@pytest.mark.parametrize("other", [reissue, revoke])
def test_of_two_who_decide_at_once_one_is_told(place: Ward, other: Decision) -> None:
    meet(place, place.amara)
    seen, together = newest(place), threading.Barrier(2)

    def act(decide: Decision) -> bool:
        together.wait()
        try:
            decide(place, seen)
        except CertificateChanged:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(act, (reissue, other))) == [False, True]
    assert rows(place)[0].state != "valid"
    assert [row.state for row in rows(place)[1:]] in ([], ["valid"])


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


def test_the_time_of_one_that_is_over_is_counted_anew(place: Ward, clock: Clock) -> None:
    """None is issued that is good no longer."""
    set_terms(place, Terms(months=1))
    meet(place, place.amara)
    clock.move(days=40)
    reissue(place)
    old, new = rows(place)
    assert old.expires_on is not None
    assert new.expires_on is not None
    assert old.expires_on < clock.now.date() < new.expires_on


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


@pytest.mark.parametrize("refused", [reissue, revoke])
def test_only_course_leads_decide(place: Ward, refused: Decision) -> None:
    meet(place, place.amara)
    for actor in (place.helen, place.amara, place.observer):
        with pytest.raises(NotAllowed):
            refused(replace(place, lead=actor))
    assert [row.state for row in rows(place)] == ["valid"]


# -- Whoever holds it by now ---------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OBSERVER])
def test_a_certificate_is_decided_about_whatever_its_holder_has_become(
    place: Ward, role: Role
) -> None:
    meet(place, place.amara)
    change_role(place, place.amara, role)
    reissue(place)
    revoke(place)
    assert [row.state for row in rows(place)] == ["superseded", "revoked"]


def test_nobody_signs_off_who_is_no_intern_any_more(place: Ward) -> None:
    set_terms(place, BY_HAND)
    meet(place, place.amara)
    change_role(place, place.amara, Role.SUPERVISOR)
    with pytest.raises(UnknownThing):
        sign_off(place)
    assert sign_off_each(place.rounds, place.lead, place.activity) == 0


def test_nothing_is_decided_about_who_never_had_one(place: Ward) -> None:
    other = ward(place.rounds, weights={"teamwork": 100})
    meet(other, other.amara)
    for stranger in (place.jonas.person, place.helen.person, other.amara.person, 2**31 - 1):
        about = place.lead, place.activity, stranger, Seen(1), WHY
        with pytest.raises(UnknownThing), place.rounds.work() as unit:
            unit.issuing_by_hand.revoke(*about)
        with pytest.raises(UnknownThing), place.rounds.work() as unit:
            unit.issuing_by_hand.reissue(*about, anew=False)
    assert [row.state for row in rows(place)] == ["valid"]
