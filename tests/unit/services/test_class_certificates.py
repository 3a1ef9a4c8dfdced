"""The certificates of a class: how far everyone is, who left, and all that was done."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import event, select

from lti_tool.domain.errors import NotAllowed
from lti_tool.domain.issuing import Stage, Terms
from lti_tool.domain.people import Role
from lti_tool.models.course import Course
from lti_tool.models.person import Membership
from lti_tool.services.signing_off import sign_off_each
from lti_tool.services.unit import Rounds
from tests.factories import Ward, member, ward
from tests.issuing import (
    BY_HAND,
    WHY,
    change_role,
    meet,
    reissue,
    revoke,
    set_terms,
    sign_off,
)
from tests.owing import Clock


@pytest.fixture
def place(rounds: Rounds, clock: Clock) -> Ward:
    return ward(replace(rounds, clock=clock), product="moodle", weights={"teamwork": 100})


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


def test_one_that_is_issued_by_itself_names_nobody_who_did_it(place: Ward) -> None:
    """A supervisor whose assessment brought it about issues nothing."""
    meet(place, place.amara)
    with place.rounds.reading() as unit:
        found = unit.class_certificates.of_intern(place.lead, place.activity, place.amara.person)
    assert [(one.action, one.who) for one in found.log[0].events] == [("certificate-issued", "")]


def listed(place: Ward) -> dict[str, Stage]:
    """Everyone on the page."""
    with place.rounds.reading() as unit:
        found = unit.class_certificates.page(place.lead, place.activity)
    return {row.intern.name: row.way.stage for row in found.rows}


def leave(place: Ward) -> None:
    """The roster names Amara no more."""
    with place.rounds.work() as unit:
        members = select(Membership).filter_by(person_id=place.amara.person)
        unit.session.scalars(members).one().left_at = unit.now


def test_who_has_a_certificate_stays_on_the_list_whatever_they_have_become(place: Ward) -> None:
    meet(place, place.amara)
    for change in (lambda: change_role(place, place.amara, Role.SUPERVISOR), lambda: leave(place)):
        change()
        assert listed(place) == {"Jonas Lindqvist": Stage.NONE, "Amara Okafor": Stage.MAKING}
        with place.rounds.reading() as unit:
            who = place.amara.person
            assert unit.class_certificates.of_intern(place.lead, place.activity, who).log
    revoke(place)
    assert listed(place)["Amara Okafor"] is Stage.REVOKED


def test_who_left_before_a_sign_off_still_gets_one(place: Ward) -> None:
    set_terms(place, BY_HAND)
    meet(place, place.amara)
    leave(place)
    assert listed(place)["Amara Okafor"] is Stage.READY
    assert sign_off_each(place.rounds, place.lead, place.activity) == 1


def test_one_without_a_file_counts_as_not_made_when_its_time_is_over_too(
    place: Ward, clock: Clock
) -> None:
    set_terms(place, Terms(months=1))
    meet(place, place.amara)
    clock.move(days=40)
    with place.rounds.reading() as unit:
        found = unit.class_certificates.page(place.lead, place.activity)
        files = unit.class_certificates.files(place.lead, place.activity)
    assert (found.counts[Stage.EXPIRED], found.issued, found.made, files) == (1, 1, 0, [])
