"""Columns found or made by jobs: once, also by two at a time; and what is never deleted."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from itertools import count
from threading import Barrier, Lock
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.domain.column import CLAIM_LASTS
from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Actor, Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.lms.columns import WRITE, LineItems
from lti_tool.lms.grades import RESULTS, SCOPE
from lti_tool.lms.http import Http
from lti_tool.lms.tokens import Tokens
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.passback import Passback
from lti_tool.services.activities import Choice, choice_of
from lti_tool.services.column_jobs import find_columns, remove_columns
from lti_tool.services.columns import REST
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import EASY, Ward
from tests.owing import Clock
from tests.platform_stub import PlatformStub, Reply
from tests.stack import until
from tests.unit.lms.conftest import GRANTED, register

WEIGHTS = {"teamwork": 60, "documentation": 40, "patient-communication": 0}
FURTHER = ("teamwork", "documentation")
"""The competencies that count: one for feedback has no grade, and no column."""


@dataclass
class School:
    """A course of an LMS whose columns are in a list of this test's."""

    rounds: Rounds
    clock: Clock
    stub: PlatformStub
    ward: Ward
    columns: list[dict[str, Any]]
    jobs: list[tuple[str, str]]

    def choose(self, *, columns: bool, weights: dict[str, int] | None = None) -> None:
        self.clock.move(seconds=1)
        with self.rounds.work() as unit:
            view = unit.activities.view(self.ward.lead.course, self.ward.activity)
            choice = replace(choice_of(view), competency_columns=columns)
            choice = replace(choice, weights=weights or choice.weights)
            unit.activities.choose(self.ward.lead, self.ward.activity, choice)

    def work(self, kind: str = "column-search") -> None:
        """Do the newest job of a kind."""
        about = [about for one, about in self.jobs if one == kind][-1]
        http = Http(self.rounds.settings)
        items = LineItems(http, Tokens(self.rounds, http))
        {"column-search": find_columns, "column-removal": remove_columns}[kind](
            self.rounds, items, about
        )

    def again(self) -> None:
        """Press *Try again*."""
        self.clock.move(seconds=1)
        with self.rounds.work() as unit:
            unit.columns.search(self.ward.lead, self.ward.activity)

    def rows(self) -> dict[str, GradeColumn]:
        with self.rounds.reading() as unit:
            rows = unit.session.scalars(select(GradeColumn)).all()
            return {row.competency_id: row for row in rows}

    def key(self) -> str:
        with self.rounds.reading() as unit:
            return unit.session.get_one(Activity, self.ward.activity).key

    def states(self, competency: str) -> list[str]:
        with self.rounds.reading() as unit:
            of_it = select(Passback.state).join(Passback.column)
            rows = of_it.where(GradeColumn.competency_id == competency).order_by(Passback.stamp)
            return list(unit.session.scalars(rows))

    def let(self, *scopes: str) -> None:
        """What the course's launches grant from now on."""
        with self.rounds.work() as unit:
            activity = unit.session.get_one(Activity, self.ward.activity)
            activity.course.scopes = list(scopes)


@pytest.fixture
def stub() -> Iterator[PlatformStub]:
    with PlatformStub() as server:
        server.answers("/token", Reply(GRANTED))
        yield server


@pytest.fixture
def school(rounds: Rounds, stub: PlatformStub, jobs: list[tuple[str, str]]) -> School:
    clock = Clock()
    rounds = replace(rounds, clock=clock)
    columns: list[dict[str, Any]] = []
    serve(stub, columns)
    platform = register(rounds, stub, "client-1", "moodle")
    with rounds.work() as unit:
        course = factories.course(unit.session, platform)
        course.lineitems_url = stub.url("/items?type_id=3")
        course.scopes = [SCOPE, RESULTS, WRITE]
        activity = factories.activity(unit.session, course, "Week four").id
        lead = factories.member(unit.session, course, "Dr Ingrid Solheim", Role.COURSE_LEAD)
        helen = factories.member(unit.session, course, "Dr Helen Brandt", Role.SUPERVISOR)
        amara = factories.member(unit.session, course, "Amara Okafor", Role.INTERN)
        choice = Choice(WEIGHTS, EASY, GradeMapping.TABLE, SendWhen.AS_SCORED)
        unit.activities.choose(lead, activity, choice)
    ward = Ward(rounds, activity, lead, helen, helen, amara, amara, Actor(0, 0, Role.NONE))
    return School(rounds, clock, stub, ward, columns, jobs)


def serve(stub: PlatformStub, columns: list[dict[str, Any]], gate: Barrier | None = None) -> None:
    """Let the stub keep columns: list them all, whatever the filter, and add what is posted."""
    numbers, lock = count(1), Lock()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = stub.asked[-1]
        if handler.command == "GET":
            found: Any = list(columns)
            if gate is not None:
                gate.wait(60)
        else:
            with lock:
                found = asked.document | {"id": stub.url(f"/items/{next(numbers)}?type_id=3")}
                columns.append(found)
        reply(handler, found)

    stub.answers("/items", Reply(raw=answer))


def reply(handler: BaseHTTPRequestHandler, found: Any) -> None:
    body = Reply(found).content
    head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    handler.wfile.write(head + body)


# -- Found or made ---------------------------------------------------------------------------------


def test_each_competency_that_counts_gets_a_column_that_counts_as_ours(school: School) -> None:
    school.choose(columns=True)
    school.work()
    key = school.key()
    assert [one["label"] for one in school.columns] == [
        "Week four: Teamwork",
        "Week four: Documentation",
    ]
    assert [one["resourceId"] for one in school.columns] == [f"{key}:{id}" for id in FURTHER]
    assert not any("resourceLinkId" in one for one in school.columns)
    rows = school.rows()
    assert set(rows) == {"", *FURTHER}
    assert all(rows[id].ours and rows[id].lineitem_url and not rows[id].maker for id in FURTHER)
    assert not rows[""].ours


def test_saving_again_makes_nothing_again(school: School) -> None:
    for _ in range(2):
        school.choose(columns=True)
        school.work()
    assert len(school.columns) == 2
    assert len([one for one in school.jobs if one[0] == "column-search"]) == 1


def test_one_whose_making_was_not_answered_is_found(school: School) -> None:
    school.choose(columns=True)
    key = school.key()
    lost = {
        "id": school.stub.url("/items/77"),
        "scoreMaximum": 100,
        "resourceId": f"{key}:teamwork",
    }
    school.columns.append(lost)
    school.work()
    row = school.rows()["teamwork"]
    assert (row.lineitem_url, row.ours) == (lost["id"], True)
    assert len(school.columns) == 2, "only the other one was made"


def test_one_that_came_with_a_copied_course_is_used_and_never_deleted(school: School) -> None:
    with school.rounds.work() as unit:
        here = unit.session.get_one(Activity, school.ward.activity)
        origin = factories.activity(unit.session, here.course, "Week four, last year")
        here.copied_from_id, key = origin.id, origin.key
    school.choose(columns=True)
    copied = {
        "id": school.stub.url("/items/78"),
        "scoreMaximum": 50,
        "resourceId": f"{key}:teamwork",
    }
    school.columns.append(copied)
    school.work()
    row = school.rows()["teamwork"]
    assert (row.lineitem_url, row.ours, row.maximum) == (copied["id"], False, 50)
    school.choose(columns=False)
    with school.rounds.work() as unit:
        unit.columns.remove(school.ward.lead, school.ward.activity)
    school.work("column-removal")
    assert [asked.path for asked in school.stub.asked if asked.method == "DELETE"] == [
        "/items/1?type_id=3"
    ]


def test_a_copy_in_the_same_course_leaves_the_origin_its_column(school: School) -> None:
    with school.rounds.work() as unit:
        here = unit.session.get_one(Activity, school.ward.activity)
        origin = factories.activity(unit.session, here.course, "Week three")
        here.copied_from_id = origin.id
        used, name = school.stub.url("/items/78"), f"{origin.key}:teamwork"
        of_origin = GradeColumn(activity_id=origin.id, competency_id="teamwork", ours=True)
        of_origin.lineitem_url = used
        unit.session.add(of_origin)
    school.columns.append({"id": used, "scoreMaximum": 50, "resourceId": name})
    school.choose(columns=True)
    school.work()
    assert len(school.columns) == 3
    with school.rounds.reading() as unit:
        mine = select(GradeColumn).filter_by(
            activity_id=school.ward.activity, competency_id="teamwork"
        )
        row = unit.session.scalars(mine).one()
        assert (row.lineitem_url != used, row.ours) == (True, True)


def test_two_workers_at_once_make_one(school: School) -> None:
    """Both would find nothing and then make it: the second never gets to ask."""
    gate = Barrier(2)
    serve(school.stub, school.columns, gate)
    school.choose(columns=True)
    [about] = [about for kind, about in school.jobs if kind == "column-search"]
    http = Http(school.rounds.settings, read_seconds=60)
    items = LineItems(http, Tokens(school.rounds, http))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(find_columns, school.rounds, items, about)
        until(lambda: school.stub.asked_for("/items"))
        later = replace(school.rounds, clock=lambda: school.clock.now.replace(microsecond=5))
        with later.work() as unit:
            unit.columns.search(school.ward.lead, school.ward.activity)
        find_columns(later, items, f"{school.ward.activity}:20261122T120001000005")
        gate.wait(60)
        first.result(60)
    assert len(school.columns) == 2
    assert len([one for one in school.jobs if one[0] == "column-search"]) == 1


def test_a_job_whose_process_died_begins_anew(school: School) -> None:
    school.choose(columns=True)
    [about] = [about for kind, about in school.jobs if kind == "column-search"]
    with school.rounds.work() as unit:
        assert unit.columns.claim_search(about)
    school.work()
    assert len(school.columns) == 2


def test_a_claim_that_nobody_kept_ends(school: School) -> None:
    school.choose(columns=True)
    school.again()
    assert len([one for one in school.jobs if one[0] == "column-search"]) == 1
    school.clock.move(minutes=4)
    school.again()
    school.work()
    assert len(school.columns) == 2


# -- What is owed to them --------------------------------------------------------------------------


def test_grades_wait_for_their_column_and_go_once_it_is_there(school: School) -> None:
    school.choose(columns=True)
    school.ward.score(school.ward.helen, school.ward.amara, "teamwork", 3)
    assert school.states("teamwork") == ["waiting"]
    with school.rounds.work() as unit:
        [row] = unit.session.scalars(
            select(Passback).join(Passback.column).where(GradeColumn.competency_id == "teamwork")
        )
        row.last_code, generation = "column-unknown", row.generation
        assert row.message["score"] == "80"
        assert row.message["comment"].splitlines()[1] == "Provisional: Teamwork 1 of 2."
    school.work()
    assert ("passback", f"{row.id}:{generation + 1}") in school.jobs


def test_an_assessment_of_one_is_no_news_to_the_other(school: School) -> None:
    school.choose(columns=True)
    school.ward.score(school.ward.helen, school.ward.amara, "teamwork", 3)
    before = school.states("teamwork")
    school.clock.move(seconds=5)
    school.ward.score(school.ward.helen, school.ward.amara, "documentation", 2)
    assert school.states("teamwork") == before


def test_switched_off_nothing_more_is_said(school: School) -> None:
    school.choose(columns=True)
    school.ward.score(school.ward.helen, school.ward.amara, "teamwork", 3)
    school.choose(columns=False)
    assert school.states("teamwork") == ["superseded"]
    school.clock.move(seconds=5)
    school.ward.score(school.ward.helen, school.ward.amara, "teamwork", 4)
    assert school.states("teamwork") == ["superseded"]
    with school.rounds.reading() as unit:
        newest = unit.passbacks.newest(school.ward.activity, school.ward.amara.person)
    assert [one.competency_id for one in newest] == [""]


def test_deleted_ones_are_made_anew_and_told_all_anew(school: School) -> None:
    school.choose(columns=True)
    school.work()
    school.ward.score(school.ward.helen, school.ward.amara, "teamwork", 3)
    school.choose(columns=False)
    school.stub.answers("/items/1", Reply(status=204))
    school.stub.answers("/items/2", Reply(status=404))
    with school.rounds.work() as unit:
        unit.columns.remove(school.ward.lead, school.ward.activity)
    school.work("column-removal")
    assert set(school.rows()) == {""}
    school.columns.clear()
    school.choose(columns=True)
    school.work()
    with school.rounds.work() as unit:
        unit.results.recompute(school.ward.activity, school.ward.amara.person)
    assert school.states("teamwork") == ["waiting"]


def test_one_that_a_teacher_deleted_is_made_again_and_told_all_anew(school: School) -> None:
    school.choose(columns=True)
    school.work()
    school.ward.score(school.ward.helen, school.ward.amara, "teamwork", 3)
    with school.rounds.work() as unit:
        row = unit.session.scalars(
            select(GradeColumn).where(GradeColumn.competency_id == "teamwork")
        ).one()
        row.problem, before = "column-gone", row.lineitem_url
    school.columns.clear()
    school.again()
    school.work()
    row = school.rows()["teamwork"]
    assert (row.problem, row.lineitem_url != before) == (None, True)
    assert school.states("teamwork") == []
    assert school.jobs[-1][0] == "results"


def test_each_that_is_made_again_has_its_own_grades_told_anew(school: School) -> None:
    """The job of the first may be over before the second is there: one name would be taken."""
    school.choose(columns=True)
    school.work()
    school.ward.score(school.ward.helen, school.ward.amara, "teamwork", 3)
    with school.rounds.work() as unit:
        further = select(GradeColumn).where(GradeColumn.competency_id.in_(FURTHER))
        for row in unit.session.scalars(further):
            row.problem = "column-gone"
    school.columns.clear()
    school.again()
    before = len(school.jobs)
    school.work()
    results = [about for kind, about in school.jobs[before:] if kind == "results"]
    assert len(set(results)) == 2


# -- While the LMS takes its time ------------------------------------------------------------------


def slowly(school: School, method: str, path: str, meanwhile: Callable[[], None]) -> None:
    """Have something happen while the LMS thinks about the first such request."""
    happened: list[bool] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked, found = school.stub.asked[-1], list[Any](school.columns)
        if handler.command == method and not happened:
            happened.append(True)
            meanwhile()
        if handler.command == "POST":
            made = asked.document | {"id": school.stub.url(f"/items/{len(school.columns)}")}
            school.columns.append(made)
            reply(handler, made)
        else:
            reply(handler, found)

    school.stub.answers(path, Reply(raw=answer))


def test_a_job_that_was_overtaken_makes_no_second_column(school: School) -> None:
    """Its claim is over when the LMS has listed its columns at last, and another job is through."""

    def overtake() -> None:
        school.clock.now += CLAIM_LASTS
        school.again()
        school.work()

    school.choose(columns=True)
    slowly(school, "GET", "/items", overtake)
    school.work()
    assert [one["label"] for one in school.columns] == [
        "Week four: Teamwork",
        "Week four: Documentation",
    ]


def test_a_slow_job_keeps_what_it_is_at_to_itself(school: School) -> None:
    """Each column is claimed anew before it is made, however long the one before took."""
    searches: list[int] = []

    def again() -> None:
        school.again()
        searches.append([kind for kind, _ in school.jobs].count("column-search"))

    def hours() -> None:
        school.clock.now += CLAIM_LASTS * 2
        slowly(school, "POST", "/items", again)

    school.choose(columns=True)
    slowly(school, "GET", "/items", hours)
    school.work()
    rows = school.rows()
    assert searches == [2], "the other column was free to be looked for, and the job let it be"
    assert (rows["teamwork"].lineitem_url is not None, len(school.columns)) == (True, 1)
    school.work()
    assert len(school.columns) == 2


def switched_off(school: School) -> None:
    """Two columns are made and told a grade, and switched off and wanted gone."""
    school.choose(columns=True)
    school.work()
    school.choose(columns=False)
    school.clock.move(seconds=1)
    with school.rounds.work() as unit:
        unit.columns.remove(school.ward.lead, school.ward.activity)


def test_one_that_is_in_use_again_is_not_deleted(school: School) -> None:
    switched_off(school)
    school.choose(columns=True)
    school.work("column-removal")
    assert [one.method for one in school.stub.asked if one.method == "DELETE"] == []
    assert all(school.rows()[id].maker is None for id in FURTHER)


def test_one_that_got_a_grade_since_is_not_deleted(school: School) -> None:
    switched_off(school)
    school.choose(columns=True)
    school.clock.move(seconds=1)
    school.ward.score(school.ward.helen, school.ward.amara, "teamwork", 3)
    school.choose(columns=False)
    school.stub.answers("/items/2", Reply(status=204))
    school.work("column-removal")
    assert [one.path for one in school.stub.asked if one.method == "DELETE"] == [
        "/items/2?type_id=3"
    ]
    assert set(school.rows()) == {"", "teamwork"}


def test_one_switched_on_while_it_is_deleted_is_made_again(school: School) -> None:
    switched_off(school)

    def switch_on(handler: BaseHTTPRequestHandler) -> None:
        school.choose(columns=True)
        reply(handler, "")

    school.stub.answers("/items/1", Reply(raw=switch_on))
    school.stub.answers("/items/2", Reply(status=204))
    school.work("column-removal")
    assert [one.path for one in school.stub.asked if one.method == "DELETE"] == [
        "/items/1?type_id=3"
    ]
    school.columns.clear()
    school.work()
    assert [one["label"] for one in school.columns] == ["Week four: Teamwork"]
    assert school.rows()["teamwork"].lineitem_url == school.columns[0]["id"]


# -- What jobs left behind -------------------------------------------------------------------------


def release(school: School) -> None:
    with school.rounds.work() as unit:
        for job, columns in unit.columns.doubtful().items():
            unit.columns.release(job, columns)


def test_what_a_job_that_died_was_to_look_for_is_looked_for_again(school: School) -> None:
    school.choose(columns=True)
    release(school)
    assert [kind for kind, _ in school.jobs].count("column-search") == 1
    school.clock.now += REST + timedelta(seconds=1)
    release(school)
    assert [kind for kind, _ in school.jobs].count("column-search") == 2
    school.work()
    assert len(school.columns) == 2
    school.clock.now += REST + timedelta(seconds=1)
    release(school)
    assert [kind for kind, _ in school.jobs].count("column-search") == 2


def test_the_claim_of_a_job_that_goes_on_is_not_taken(school: School) -> None:
    school.choose(columns=True)
    with school.rounds.reading() as unit:
        id = unit.session.scalars(
            select(GradeColumn.id).where(GradeColumn.competency_id == "teamwork")
        ).one()
    with school.rounds.work() as unit:
        unit.columns.release("another:job", [id])
    assert school.rows()["teamwork"].maker is not None


# -- What cannot be done ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply([], 500), "platform-answer-wrong"),
        (Reply("<h1>Sign in"), "platform-answer-wrong"),
        (Reply("[]", 401), "scope-missing"),
        (Reply(raw=lambda handler: None), "platform-unreachable"),
    ],
)
def test_why_is_kept_and_the_next_try_may_do(school: School, reply: Reply, code: str) -> None:
    school.choose(columns=True)
    school.stub.answers("/items", reply)
    school.work()
    rows = school.rows()
    assert [rows[id].problem for id in FURTHER] == [code, code]
    serve(school.stub, school.columns)
    school.again()
    school.work()
    rows = school.rows()
    assert all(rows[id].lineitem_url and rows[id].problem is None for id in FURTHER)


def test_what_the_lms_refuses_to_make_is_told(school: School) -> None:
    school.choose(columns=True)
    school.stub.answers("/items", Reply([]), Reply("[]", 422), Reply("[]", 422))
    school.work()
    assert school.rows()["teamwork"].problem == "column-refused"


def test_without_the_scope_nothing_is_asked(school: School) -> None:
    school.let(SCOPE)
    school.choose(columns=True)
    school.work()
    assert school.rows()["teamwork"].problem == "scope-missing"
    assert school.stub.asked_for("/items") == []
    with school.rounds.reading() as unit:
        assert unit.columns.offer(school.ward.lead).problem == "scope-missing"


def test_what_cannot_be_deleted_stays_with_its_reason(school: School) -> None:
    school.choose(columns=True)
    school.work()
    school.choose(columns=False)
    school.stub.answers("/items/1", Reply("[]", 403))
    school.stub.answers("/items/2", Reply(status=204))
    with school.rounds.work() as unit:
        unit.columns.remove(school.ward.lead, school.ward.activity)
    school.work("column-removal")
    rows = school.rows()
    assert set(rows) == {"", "teamwork"}
    assert rows["teamwork"].problem == "column-refused"


def test_those_in_use_are_not_deleted(school: School) -> None:
    school.choose(columns=True)
    school.work()
    with school.rounds.work() as unit:
        unit.columns.remove(school.ward.lead, school.ward.activity)
    assert "column-removal" not in {kind for kind, _ in school.jobs}


def test_one_of_a_competency_that_no_longer_counts_is_cleared_and_may_be_deleted(
    school: School,
) -> None:
    school.choose(columns=True)
    school.work()
    school.ward.score(school.ward.helen, school.ward.amara, "documentation", 3)
    school.choose(columns=True, weights={"teamwork": 100, "documentation": 0})
    with school.rounds.work() as unit:
        unit.results.recompute(school.ward.activity, school.ward.amara.person)
        [told] = [
            one
            for one in unit.session.scalars(
                select(Passback)
                .join(Passback.column)
                .where(GradeColumn.competency_id == "documentation", Passback.state == "waiting")
            )
        ]
        assert told.message["score"] is None
        unit.columns.remove(school.ward.lead, school.ward.activity)
    school.stub.answers("/items/2", Reply(status=204))
    school.work("column-removal")
    assert set(school.rows()) == {"", "teamwork"}


# -- The link's own --------------------------------------------------------------------------------


def lose_own(school: School) -> str:
    """As where no launch ever told the link's own column; the link's id."""
    with school.rounds.work() as unit:
        for row in unit.session.scalars(select(GradeColumn)):
            row.lineitem_url = None
        return unit.session.get_one(Activity, school.ward.activity).resource_link_id or ""


def test_a_links_own_column_is_found_where_launches_tell_none(school: School) -> None:
    link = lose_own(school)
    own = {"id": school.stub.url("/items/5"), "scoreMaximum": 20, "resourceLinkId": link}
    other = {"id": school.stub.url("/items/6"), "scoreMaximum": 20, "resourceLinkId": "x"}
    school.columns.extend([other, own])
    school.again()
    school.work()
    row = school.rows()[""]
    assert (row.lineitem_url, row.ours, row.maximum) == (own["id"], False, 20)
    assert school.stub.asked_for("/items")[0].path == f"/items?type_id=3&resource_link_id={link}"


def test_of_several_the_one_that_carries_our_key_is_the_links_own(school: School) -> None:
    link, key = lose_own(school), school.key()
    for number, name in ((5, "x"), (6, key)):
        url = school.stub.url(f"/items/{number}")
        told = {"id": url, "scoreMaximum": 20, "resourceLinkId": link, "resourceId": name}
        school.columns.append(told)
    school.again()
    school.work()
    assert school.rows()[""].lineitem_url == school.stub.url("/items/6")


def test_which_of_several_it_is_may_be_unclear(school: School) -> None:
    link = lose_own(school)
    for number in (5, 6):
        url = school.stub.url(f"/items/{number}")
        school.columns.append({"id": url, "scoreMaximum": 20, "resourceLinkId": link})
    school.again()
    school.work()
    assert school.rows()[""].problem == "column-unclear"


@pytest.mark.parametrize(
    ("product", "problem"),
    [("moodle", "column-missing"), ("canvas", "column-missing"), ("other", None)],
)
def test_a_links_own_column_is_made_only_where_that_breaks_nothing(
    school: School, product: str, problem: str | None
) -> None:
    link = lose_own(school)
    with school.rounds.work() as unit:
        activity = unit.session.get_one(Activity, school.ward.activity)
        activity.course.deployment.platform.product = product
    school.again()
    school.work()
    row = school.rows()[""]
    assert (row.problem, row.ours) == (problem, problem is None)
    assert [one["resourceLinkId"] for one in school.columns] == ([] if problem else [link])
