"""Live views: which messages carry one, and that all about one intern are one attempt."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from lti_tool.domain.passback import Kind, Message
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.passback import Passback
from lti_tool.models.person import Membership
from lti_tool.services.activities import choice_of
from lti_tool.services.unit import Rounds
from tests.factories import Ward, ward
from tests.owing import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(rounds: Rounds, clock: Clock) -> Ward:
    """A ward of an LMS that can show live views, where the course lead wants them."""
    found = ward(replace(rounds, clock=clock), product="canvas", weights={"teamwork": 100})
    show_live(found)
    return found


def show_live(place: Ward, *, live: bool = True) -> None:
    """Change the choice, and do what the job does that follows."""
    with place.rounds.work() as unit:
        choice = choice_of(unit.activities.view(place.lead.course, place.activity))
        unit.activities.choose(place.lead, place.activity, replace(choice, live_view=live))
    with place.rounds.work() as unit:
        for intern in unit.results.interns(place.activity):
            unit.results.recompute(place.activity, intern)


def owed(place: Ward) -> list[Message]:
    with place.rounds.reading() as unit:
        rows = unit.session.scalars(select(Passback).order_by(Passback.stamp))
        return [Message.of(row.message) for row in rows]


def key_of(place: Ward, intern: int) -> str | None:
    with place.rounds.reading() as unit:
        found = select(Membership.key).filter_by(person_id=intern)
        return unit.session.scalars(found).one()


def test_a_score_carries_the_address_of_the_activity_and_the_intern(place: Ward) -> None:
    place.score(place.helen, place.amara, "teamwork", 3)
    [message] = owed(place)
    with place.rounds.reading() as unit:
        key = unit.session.get_one(Activity, place.activity).key
    intern = key_of(place, place.amara.person)
    assert intern is not None
    assert len(intern) == 32
    assert message.view is not None
    origin = place.rounds.settings.origin
    assert message.view.address == f"{origin}/lti/launch?activity={key}&intern={intern}"


def test_each_intern_has_a_key_of_their_own_and_only_when_it_is_needed(place: Ward) -> None:
    place.score(place.helen, place.amara, "teamwork", 3)
    assert key_of(place, place.jonas.person) is None
    place.score(place.helen, place.jonas, "teamwork", 3)
    assert key_of(place, place.jonas.person) not in (None, key_of(place, place.amara.person))


def test_all_scores_of_an_intern_are_one_attempt_begun_with_the_first(
    place: Ward, clock: Clock
) -> None:
    began = clock.now
    for level, supervisor in ((2, place.helen), (4, place.ruth)):
        place.score(supervisor, place.amara, "teamwork", level)
        clock.move(days=3)
    views = [message.view for message in owed(place)]
    assert len(views) == 2
    assert len(set(views)) == 1
    assert views[0] is not None
    assert views[0].begun_at == began


def test_a_certificate_comes_in_the_comment_and_not_as_a_file(place: Ward) -> None:
    for supervisor in (place.helen, place.ruth):
        place.score(supervisor, place.amara, "teamwork", 3)
    messages = owed(place)
    assert {message.kind for message in messages} == {Kind.SCORE}
    assert "Certificate: " in (messages[-1].comment or "")


def test_switched_on_later_it_shows_earlier_work_as_begun_with_the_first_score(
    rounds: Rounds, clock: Clock
) -> None:
    """So that nobody is late because the course lead changed the view after the work was due."""
    place = ward(replace(rounds, clock=clock), product="canvas", weights={"teamwork": 100})
    began = clock.now
    place.score(place.helen, place.amara, "teamwork", 3)
    assert owed(place)[-1].view is None
    clock.move(days=20)
    show_live(place)
    view = owed(place)[-1].view
    assert view is not None
    assert view.begun_at == began


def test_switched_off_again_nothing_is_said_anew_and_certificates_are_files(place: Ward) -> None:
    place.score(place.helen, place.amara, "teamwork", 3)
    show_live(place, live=False)
    assert len(owed(place)) == 1
    place.score(place.ruth, place.amara, "teamwork", 3)
    assert [message.view for message in owed(place)[1:]] == [None, None]
    assert owed(place)[-1].kind is Kind.CERTIFICATE


def test_what_clears_a_grade_shows_nothing(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    with place.rounds.work() as unit:
        version = unit.assessments.read(place.helen, number).version
        unit.assessments.withdraw(place.helen, number, version, "About somebody else.")
    assert (owed(place)[-1].score, owed(place)[-1].view) == (None, None)


def test_the_column_of_one_competency_shows_nothing(place: Ward) -> None:
    with place.rounds.work() as unit:
        unit.session.get_one(Activity, place.activity).competency_columns = True
        unit.session.add(GradeColumn(activity_id=place.activity, competency_id="teamwork"))
    place.score(place.helen, place.amara, "teamwork", 3)
    with place.rounds.reading() as unit:
        rows = unit.session.scalars(select(Passback).order_by(Passback.id)).all()
        viewed = {row.column.competency_id: Message.of(row.message).view for row in rows}
    assert viewed["teamwork"] is None
    assert viewed[""] is not None


@pytest.mark.parametrize("product", ["moodle", "other"])
def test_an_lms_that_opens_no_addresses_gets_none(rounds: Rounds, product: str) -> None:
    place = ward(rounds, product=product)
    show_live(place)
    place.score(place.helen, place.amara, "teamwork", 3)
    assert owed(place)[-1].view is None
    with rounds.reading() as unit:
        assert not unit.live_views.offered(place.lead.course)


def test_messages_of_before_there_were_views_are_read(place: Ward) -> None:
    place.score(place.helen, place.amara, "teamwork", 3)
    [message] = owed(place)
    before = {name: part for name, part in message.primitives().items() if name != "view"}
    assert Message.of(before) == replace(message, view=None)
