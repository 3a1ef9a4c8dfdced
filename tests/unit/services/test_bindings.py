"""Bindings: a link finds its activity by its key, in copies too, and never by a key alone."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from lti_tool.domain.errors import ActivityNotReady
from lti_tool.domain.people import Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.assessment import Assessment
from lti_tool.models.audit import AuditEntry
from lti_tool.models.course import Course, CourseCopy
from lti_tool.models.platform import Platform
from lti_tool.services.unit import Rounds
from tests import factories
from tests.choices import add, ask, claim, launch_of, returned
from tests.stand_in import StandIn

GRADES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
HOST = "https://lms.example.edu"
NEXT_YEAR = {"id": "course-2", "label": "INT1", "title": "Internship block 2, next year"}
THE_YEAR_AFTER = {"id": "course-3", "label": "INT1", "title": "Internship block 2, in two years"}

Item = dict[str, Any]
Launched = Callable[..., None]


@pytest.fixture
def item(lms: StandIn, client: FlaskClient) -> Item:
    """A link that a course lead chose in course-1, which the LMS has made nothing of yet."""
    return returned(add(ask(lms, client)), client).items[0]


@pytest.fixture
def launched(lms: StandIn, client: FlaskClient, item: Item) -> Launched:
    """Launches a link of that item."""

    def launch(link: str = "link-9", **changes: Any) -> None:
        assert lms.launch(client, **{**launch_of(item, link), **changes}).status_code == 303

    return launch


def activities(rounds: Rounds) -> list[Activity]:
    with rounds.reading() as unit:
        return list(unit.session.scalars(select(Activity).order_by(Activity.id)))


def settings(rounds: Rounds, number: int) -> tuple[Any, ...]:
    """What a course lead chose for an activity."""
    with rounds.reading() as unit:
        view = unit.activities.view(unit.session.get_one(Activity, number).course_id, number)
        return view.chosen, view.standard, view.mapping, view.send_when


def history(*contexts: str, **more: str) -> dict[str, Any]:
    return {claim("custom"): {"context_history": ",".join(contexts), **more}}


def custom(item: Item, *contexts: str) -> dict[str, Any]:
    """The custom parameters of a link of that item, in a course that has this history."""
    return history(*contexts, **item["custom"])


def test_the_first_launch_binds_the_link_to_what_was_chosen(
    rounds: Rounds, launched: Launched, jobs: list[tuple[str, str]]
) -> None:
    jobs.clear()
    column = {"scope": [], "lineitem": f"{HOST}/items/4/lineitem"}
    launched(**{GRADES: column}, resource_link={"id": "link-9", "title": "Renamed"})
    (only,) = activities(rounds)
    assert (only.resource_link_id, only.title) == ("link-9", "Renamed")
    assert only.ready_at is not None
    with rounds.reading() as unit:
        (own,) = unit.session.scalars(select(GradeColumn))
        assert (own.competency_id, own.lineitem_url) == ("", f"{HOST}/items/4/lineitem")
    assert "results" in [kind for kind, _ in jobs]
    assert only.recompute_owed_at is not None
    launched()
    assert len(activities(rounds)) == 1


def test_a_link_may_carry_its_key_in_its_address_alone(
    lms: StandIn, client: FlaskClient, rounds: Rounds, item: Item
) -> None:
    asked = lms.login(client, target_link_uri=item["url"])
    changes = {**launch_of(item, "link-9"), claim("custom"): {}, "target_link_uri": item["url"]}
    assert lms.post(client, asked, lms.sign(lms.claims(asked, **changes))).status_code == 303
    (only,) = activities(rounds)
    assert only.resource_link_id == "link-9"


def test_the_launch_of_a_known_link_costs_no_statement_more(
    lms: StandIn, client: FlaskClient, rounds: Rounds, item: Item
) -> None:
    def statements(link: str, carried: Item) -> list[str]:
        """Those of the second launch of a link."""
        column = {GRADES: {"scope": [], "lineitem": f"{HOST}/items/{link}"}}
        lms.launch(client, **launch_of(carried, link), **column)
        asked = lms.login(client)
        token = lms.sign(lms.claims(asked, **launch_of(carried, link), **column))
        told: list[str] = []

        def note(*arguments: Any) -> None:
            told.append(arguments[2].split()[0])

        event.listen(rounds.engine, "before_cursor_execute", note)
        assert lms.post(client, asked, token).status_code == 303
        event.remove(rounds.engine, "before_cursor_execute", note)
        return told

    without_key = statements("link-8", {**item, "custom": {}})
    assert statements("link-9", item) == without_key
    assert statements("link-10", item) == without_key, "nor that of a copy"


def test_another_link_with_the_same_key_gets_the_same_settings_and_no_assessments(
    rounds: Rounds, launched: Launched
) -> None:
    launched("link-9")
    launched("link-10", resource_link={"id": "link-10"})
    first, second = activities(rounds)
    assert (second.resource_link_id, second.copied_from_id) == ("link-10", first.id)
    assert second.title == "Ward skills", "the link has no title of its own"
    assert second.key != first.key
    assert settings(rounds, second.id) == settings(rounds, first.id)
    with rounds.reading() as unit:
        columns = unit.session.scalars(select(GradeColumn.activity_id)).all()
        assert sorted(columns) == [first.id, second.id]
        entry = unit.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "activity-copied")
        ).one()
        assert (entry.about_id, entry.actor_id) == (str(second.id), None)


def test_in_a_copied_course_the_link_finds_its_settings(
    rounds: Rounds, item: Item, launched: Launched
) -> None:
    launched()
    launched("link-20", context=NEXT_YEAR, **custom(item, "course-0", "course-1"))
    first, copy = activities(rounds)
    assert (copy.resource_link_id, copy.copied_from_id) == ("link-20", first.id)
    assert copy.course_id != first.course_id
    assert settings(rounds, copy.id) == settings(rounds, first.id)


def test_a_notice_of_the_copy_is_as_good_as_the_history(
    rounds: Rounds, item: Item, launched: Launched
) -> None:
    launched()
    with rounds.work() as unit:
        deployment = unit.session.scalars(select(Course.deployment_id)).one()
        unit.session.add(
            CourseCopy(
                deployment_id=deployment,
                context_id="course-2",
                origin_id="course-1",
                told_at=unit.now,
            )
        )
    launched("link-20", context=NEXT_YEAR)
    first, copy = activities(rounds)
    assert copy.copied_from_id == first.id
    launched("link-30", context=THE_YEAR_AFTER)
    assert activities(rounds)[-1].ready_at is None, "nobody told of that one"


def test_a_copy_of_a_copy_takes_what_the_nearest_course_had(
    rounds: Rounds, item: Item, launched: Launched
) -> None:
    launched()
    launched("link-20", context=NEXT_YEAR, **custom(item, "course-1"))
    first, second = activities(rounds)
    with rounds.work() as unit:
        unit.session.get_one(Activity, second.id).mapping = GradeMapping.RANGE
    launched("link-30", context=THE_YEAR_AFTER, **custom(item, "course-2", "course-1"))
    third = activities(rounds)[-1]
    assert (third.mapping, third.copied_from_id) == (GradeMapping.RANGE, first.id)


@pytest.mark.parametrize("told", [[], ["course-7", "truncated"], ["timed out"]])
def test_a_key_of_another_course_is_not_believed(
    told: list[str], rounds: Rounds, item: Item, launched: Launched
) -> None:
    launched()
    untitled = {"resource_link": {"id": "link-20"}}
    launched("link-20", context=NEXT_YEAR, **custom(item, *told), **untitled)
    fresh = activities(rounds)[-1]
    assert (fresh.resource_link_id, fresh.ready_at, fresh.copied_from_id) == ("link-20", None, None)
    assert fresh.title == "", "not even its title is told"


def test_a_key_of_another_lms_is_not_believed(
    rounds: Rounds, item: Item, launched: Launched
) -> None:
    launched()
    with rounds.work() as unit:
        platform = factories.platform(unit.session, "canvas")
        course = unit.session.scalars(select(Course)).one()
        course.deployment.platform_id = platform.id
    launched("link-20", **custom(item, "course-1"), resource_link={"id": "link-20"})
    fresh = activities(rounds)[-1]
    assert (fresh.ready_at, fresh.title) == (None, "")


@pytest.mark.parametrize("key", ["", "0" * 16, "x" * 16, "' OR 1=1 --", "a" * 5000, "\u0661" * 16])
def test_a_key_that_nobody_gave_out_is_a_fresh_link(
    key: str, rounds: Rounds, launched: Launched
) -> None:
    launched("link-20", **{claim("custom"): {"rounds_activity": key}})
    assert [row.resource_link_id for row in activities(rounds)] == [None, "link-20"]


def test_a_link_that_was_chosen_for_anew_opens_the_new_choice(
    lms: StandIn, client: FlaskClient, rounds: Rounds, item: Item, launched: Launched
) -> None:
    """A teacher edits the activity in the LMS, and chooses once more."""
    launched()
    anew = returned(add(ask(lms, client), mapping="range"), client).items[0]
    lms.launch(client, **launch_of(anew, "link-9"))
    old, new = activities(rounds)
    assert (old.resource_link_id, new.resource_link_id) == (None, "link-9")
    assert new.mapping == "range"


def test_an_activity_with_assessments_keeps_its_link(
    lms: StandIn, client: FlaskClient, rounds: Rounds, item: Item, launched: Launched
) -> None:
    launched()
    (old,) = activities(rounds)
    with rounds.work() as unit:
        course = unit.session.get_one(Course, old.course_id)
        helen = factories.member(unit.session, course, "Dr Helen Brandt", Role.SUPERVISOR)
        amara = factories.member(unit.session, course, "Amara Okafor", Role.INTERN)
        unit.assessments.start(helen, old.id, amara.person, "teamwork")
        assert unit.session.scalars(select(Assessment)).one()
    anew = returned(add(ask(lms, client)), client).items[0]
    lms.launch(client, **launch_of(anew, "link-9"))
    assert [row.resource_link_id for row in activities(rounds)] == ["link-9", None]


def test_whoever_still_has_the_old_activity_open_cannot_score_it(
    lms: StandIn, client: FlaskClient, rounds: Rounds, item: Item, launched: Launched
) -> None:
    launched()
    (old,) = activities(rounds)
    with rounds.work() as unit:
        course = unit.session.get_one(Course, old.course_id)
        helen = factories.member(unit.session, course, "Dr Helen Brandt", Role.SUPERVISOR)
        amara = factories.member(unit.session, course, "Amara Okafor", Role.INTERN)
    lms.launch(client, **launch_of(returned(add(ask(lms, client)), client).items[0], "link-9"))
    with pytest.raises(ActivityNotReady), rounds.work() as unit:
        unit.assessments.start(helen, old.id, amara.person, "teamwork")


def test_a_menu_opens_the_one_activity_and_else_the_course(
    lms: StandIn, client: FlaskClient, rounds: Rounds, launched: Launched
) -> None:
    with rounds.work() as unit:
        unit.session.execute(update(Platform).values(product="canvas"))
    menu = {"resource_link": {"id": "course-1"}}

    def opened() -> str:
        launch = lms.launch(client, **menu).location
        return client.get(launch).location or launch

    assert opened().endswith("/activities"), "what is chosen but not in the course does not count"
    launched("link-9")
    assert not opened().endswith("/activities")
    launched("link-10")
    assert opened().endswith("/activities")
    assert len(activities(rounds)) == 2, "a menu is no link"
