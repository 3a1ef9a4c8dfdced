"""Activities: what is pinned stays, what is refused is refused whole, and who changed what."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from sqlalchemy import select

from lti_tool.domain.errors import (
    ActivityNotReady,
    FormInvalid,
    NoSuchCompetency,
    NotAllowed,
    UnknownThing,
    WeightsWrong,
)
from lti_tool.domain.passback import SendWhen
from lti_tool.domain.rubric import Competency
from lti_tool.domain.scoring import GradeMapping
from lti_tool.domain.standard import Standard
from lti_tool.models.audit import AuditEntry
from lti_tool.models.course import Course
from lti_tool.packs import Catalogue
from lti_tool.services.activities import ActivityView, Choice, dump_standard, load_standard
from lti_tool.services.unit import Rounds
from tests.factories import EASY, THREE, Ward, activity, ward


@pytest.fixture
def place(rounds: Rounds) -> Ward:
    return ward(rounds)


def chosen(weights: dict[str, int]) -> Choice:
    return Choice(weights, EASY, GradeMapping.TABLE, SendWhen.AS_SCORED)


def choose(place: Ward, choice: Choice, rounds: Rounds | None = None) -> None:
    with (rounds or place.rounds).work() as unit:
        unit.activities.choose(place.lead, place.activity, choice)


def view(place: Ward) -> ActivityView:
    with place.rounds.reading() as unit:
        return unit.activities.view(place.lead.course, place.activity)


def weights(place: Ward) -> dict[str, int]:
    return {one.competency.id: one.weight for one in view(place).chosen}


def edited(catalogue: Catalogue, id: str, change: Callable[[Competency], Competency]) -> Catalogue:
    """A catalogue in which one pack was edited after it was read."""
    packs = tuple(
        replace(pack, competency=change(pack.competency)) if pack.competency.id == id else pack
        for pack in catalogue.packs
    )
    return replace(catalogue, packs=packs)


def test_a_pack_edited_later_never_changes_an_activity(place: Ward, catalogue: Catalogue) -> None:
    before = view(place)
    later = edited(
        catalogue, "teamwork", lambda one: replace(one, version="2.0", title="Working together")
    )
    updated = replace(place.rounds, catalogue=later)
    choose(place, chosen({"patient-communication": 50, "teamwork": 50}), updated)
    assert view(place).competency("teamwork") == before.competency("teamwork")
    assert view(place).competency("teamwork") == catalogue.competency("teamwork")
    choose(place, chosen({"patient-communication": 100}), updated)
    choose(place, chosen({"patient-communication": 50, "teamwork": 50}), updated)
    assert view(place).competency("teamwork").title == "Working together"


def test_what_is_chosen_is_kept_in_its_order(place: Ward) -> None:
    standard = Standard(min_assessments=5, max_share=Fraction(2, 3), flags=False)
    choice = Choice(
        {"documentation": 60, "teamwork": 40, "professionalism": 0},
        standard,
        GradeMapping.RANGE,
        SendWhen.WHEN_MET,
    )
    choose(place, choice)
    found = view(place)
    assert list(weights(place).items()) == list(choice.weights.items())
    assert (found.standard, found.mapping, found.send_when) == (
        standard, GradeMapping.RANGE, SendWhen.WHEN_MET,
    )  # fmt: skip
    with pytest.raises(NoSuchCompetency):
        found.competency("patient-communication")


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({}, id="none"),
        pytest.param({"teamwork": 99}, id="below"),
        pytest.param({"teamwork": 60, "documentation": 41}, id="above"),
        pytest.param({"teamwork": 120, "documentation": -20}, id="negative"),
    ],
)
def test_weights_that_do_not_come_to_100_change_nothing(place: Ward, wrong: dict[str, int]) -> None:
    with pytest.raises(WeightsWrong):
        choose(place, chosen(wrong))
    assert weights(place) == THREE


def test_all_weights_may_be_0_for_feedback_only(place: Ward) -> None:
    choose(place, chosen({"teamwork": 0, "documentation": 0}))
    assert weights(place) == {"teamwork": 0, "documentation": 0}


def test_an_unknown_competency_changes_nothing(place: Ward) -> None:
    with pytest.raises(NoSuchCompetency):
        choose(place, chosen({"teamwork": 50, "alchemy": 50}))
    assert weights(place) == THREE


def withdrawn(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    with place.rounds.work() as unit:
        unit.assessments.withdraw(place.helen, number, 2, "Another evening.")


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda place: place.draft(place.helen, place.amara, "teamwork"), id="draft"),
        pytest.param(
            lambda place: place.score(place.helen, place.amara, "teamwork", 3), id="submitted"
        ),
        pytest.param(withdrawn, id="withdrawn"),
    ],
)
def test_a_competency_with_assessments_stays(place: Ward, use: Callable[[Ward], object]) -> None:
    """A withdrawn one is still read, with the words of its competency."""
    use(place)
    with pytest.raises(FormInvalid) as caught:
        choose(place, chosen({"documentation": 100}))
    assert caught.value.faults == {"weight-teamwork": "in-use"}
    assert weights(place) == THREE
    choose(place, chosen({"documentation": 100, "teamwork": 0}))
    assert weights(place) == {"documentation": 100, "teamwork": 0}


def test_another_courses_activity_is_unknown(place: Ward) -> None:
    other = ward(place.rounds)
    with pytest.raises(UnknownThing), place.rounds.work() as unit:
        unit.activities.choose(other.lead, place.activity, chosen({"teamwork": 100}))
    for number in (place.activity, 987654321):
        with pytest.raises(UnknownThing), place.rounds.reading() as unit:
            unit.activities.view(other.lead.course, number)


def test_only_a_course_lead_sets_up(place: Ward) -> None:
    for actor in (place.helen, place.amara, place.observer):
        with pytest.raises(NotAllowed), place.rounds.work() as unit:
            unit.activities.choose(actor, place.activity, chosen({"teamwork": 100}))


def test_a_fresh_link_is_not_ready(place: Ward) -> None:
    with place.rounds.work() as unit:
        fresh = activity(unit.session, unit.session.get_one(Course, place.lead.course)).id
    with place.rounds.reading() as unit:
        found = unit.activities.view(place.lead.course, fresh)
        assert (found.ready, found.chosen, found.standard) == (False, (), Standard())
        with pytest.raises(ActivityNotReady):
            unit.activities.ready(place.lead.course, fresh)
        offered = [competency.id for competency in unit.activities.offered()]
    assert offered[:3] == list(THREE)


def test_a_change_is_audited_and_recomputes(
    place: Ward, jobs: list[tuple[str, str]], catalogue: Catalogue
) -> None:
    stricter = replace(EASY, min_assessments=4)
    choose(place, Choice({"teamwork": 100}, stricter, GradeMapping.POINTS, SendWhen.WHEN_ENOUGH))
    with place.rounds.reading() as unit:
        first, entry = unit.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "activity-set-up").order_by(AuditEntry.id)
        )
    assert (entry.actor_id, entry.course_id) == (place.lead.person, place.lead.course)
    assert (entry.about, entry.about_id) == ("activity", str(place.activity))
    assert first.detail["before"]["weights"] == {}
    assert entry.detail["before"] == first.detail["after"]
    assert entry.detail["before"]["weights"] == THREE
    assert entry.detail["after"] == {
        "weights": {"teamwork": 100},
        "versions": {"teamwork": catalogue.competency("teamwork").version},
        "standard": dump_standard(stricter),
        "mapping": "points",
        "send_when": "when-enough",
        "competency_columns": False,
        "live_view": False,
        "terms": {"design": "standard", "chart": "strips", "sign_off": False, "months": None},
    }
    kind, about = jobs[-1]
    assert (kind, about.partition(":")[0]) == ("results", str(place.activity))


@pytest.mark.parametrize(
    "standard",
    [
        Standard(),
        Standard(1, 1, 1, 4, 1, 1, Fraction(1, 3), False),
        Standard(max_share=Fraction(1)),
    ],
)
def test_a_standard_survives_being_stored(standard: Standard) -> None:
    assert load_standard(dump_standard(standard)) == standard


def test_an_empty_document_is_the_recommended_standard() -> None:
    assert load_standard({}) == Standard()
