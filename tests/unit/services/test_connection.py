"""The test of a connection: each step, what an LMS may answer to it, and what follows from it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lti_tool.domain.errors import NotAllowed, TooMany, UnknownThing
from lti_tool.domain.people import Role
from lti_tool.lms import signing
from lti_tool.lms.columns import READ
from lti_tool.lms.grades import RESULTS, SCOPE
from lti_tool.models.activity import Activity
from lti_tool.models.grade_service import GradeService
from lti_tool.services.connection import Step, try_connection
from lti_tool.services.limits import CONNECTION_TESTS
from lti_tool.services.unit import Rounds
from tests.owing import Debtor, debtor
from tests.platform_stub import PlatformStub, Reply

COLUMN = {"id": "http://127.0.0.1/items/1", "scoreMaximum": 100, "label": "Teamwork"}
PAGE = Reply("<html>We are being updated</html>", 500)


@pytest.fixture
def lms() -> Iterator[PlatformStub]:
    """An LMS in which everything works."""
    with PlatformStub() as stub:
        stub.answers("/token", {"access_token": "t", "expires_in": 3600})
        stub.answers("/items/1", COLUMN | {"id": stub.url("/items/1")})
        stub.answers("/items/1/results", [])
        yield stub


@pytest.fixture
def owing(rounds: Rounds, lms: PlatformStub) -> Debtor:
    """A course that is granted everything, and a grade that waits."""
    with rounds.work() as unit:
        signing.ensure_key(unit.session, rounds.settings, unit.now)
    owing = debtor(rounds, lms.url(""))
    let(owing, SCOPE, RESULTS, READ[0])
    owing.owe("80")
    return owing


def let(owing: Debtor, *scopes: str) -> None:
    with owing.rounds.work() as unit:
        unit.session.get_one(Activity, owing.activity).course.scopes = list(scopes)


def steps(owing: Debtor) -> dict[Step, str]:
    """What was tried, and the code of what did not work; "" for what did."""
    checks = try_connection(owing.rounds, owing.lead, owing.activity)
    return {check.step: check.error.code if check.error else "" for check in checks}


def platform_of(owing: Debtor) -> int:
    return owing.rows()[0].platform_id


def test_what_works_is_told_step_by_step(owing: Debtor, lms: PlatformStub) -> None:
    assert steps(owing) == {Step.TOKEN: "", Step.COLUMN: "", Step.RESULTS: ""}
    asked = lms.asked_for("/items/1/results")[0].path
    subject = owing.rows()[0].message["user"]
    assert f"user_id={subject}" in asked, "one result, not those of everybody"
    assert steps(owing)[Step.TOKEN] == ""
    assert len([one for one in lms.asked_for("/token") if SCOPE in one.form["scope"]]) == 2


@pytest.mark.parametrize(
    ("path", "reply", "told"),
    [
        ("/token", Reply({"error": "invalid_client"}, 401), {Step.TOKEN: "token-refused"}),
        ("/token", Reply({"error": "invalid_scope"}, 400), {Step.TOKEN: "scope-missing"}),
        ("/token", PAGE, {Step.TOKEN: "platform-answer-wrong"}),
        ("/token", Reply("<html>", 200), {Step.TOKEN: "keys-blocked"}),
        ("/items/1", Reply(status=404), {Step.TOKEN: "", Step.COLUMN: "column-gone"}),
        ("/items/1", PAGE, {Step.TOKEN: "", Step.COLUMN: "platform-answer-wrong"}),
        (
            "/items/1/results",
            Reply(status=401),
            {Step.TOKEN: "", Step.COLUMN: "", Step.RESULTS: "scope-missing"},
        ),
    ],
)
def test_it_ends_with_the_first_step_that_fails(
    owing: Debtor, lms: PlatformStub, path: str, reply: Reply, told: dict[Step, str]
) -> None:
    lms.answers(path, reply)
    assert steps(owing) == told


def test_an_lms_that_does_not_answer_is_told(owing: Debtor, lms: PlatformStub) -> None:
    lms.answers("/token", Reply(raw=lambda handler: handler.connection.close()))
    assert steps(owing) == {Step.TOKEN: "platform-unreachable"}


def test_what_the_course_does_not_grant_is_not_asked_for(owing: Debtor, lms: PlatformStub) -> None:
    let(owing, SCOPE)
    assert steps(owing) == {Step.TOKEN: ""}
    let(owing, RESULTS)
    lms.asked.clear()
    assert steps(owing) == {Step.TOKEN: "scope-missing"}
    assert lms.asked == []


def test_a_column_that_nobody_told_is_told(owing: Debtor) -> None:
    with owing.rounds.work() as unit:
        unit.session.get_one(Activity, owing.activity).columns[0].lineitem_url = None
    assert steps(owing) == {Step.TOKEN: "", Step.COLUMN: "column-missing"}


@pytest.mark.parametrize("broken", ["/token", "/items/1", "/items/1/results", None])
def test_what_goes_well_ends_a_pause(owing: Debtor, lms: PlatformStub, broken: str | None) -> None:
    """Results are no part of sending."""
    with owing.rounds.work() as unit:
        until = unit.now + timedelta(hours=1)
        row = GradeService(platform_id=platform_of(owing), code="keys-blocked", paused_until=until)
        row.failures = 3
        unit.session.add(row)
    if broken:
        lms.answers(broken, Reply(status=500))
    steps(owing)
    with owing.rounds.reading() as unit:
        paused = unit.grade_services.of(platform_of(owing)).paused_until is not None
    assert paused is (broken in ("/token", "/items/1"))


def test_nobody_makes_the_lms_answer_again_and_again(owing: Debtor, lms: PlatformStub) -> None:
    for _ in range(CONNECTION_TESTS):
        steps(owing)
    lms.asked.clear()
    with pytest.raises(TooMany):
        steps(owing)
    assert lms.asked == []


def test_only_a_lead_of_the_course_may_try(owing: Debtor, lms: PlatformStub) -> None:
    supervisor = replace(owing.lead, role=Role.SUPERVISOR)
    with pytest.raises(NotAllowed):
        try_connection(owing.rounds, supervisor, owing.activity)
    stranger = replace(owing.lead, course=owing.lead.course + 1)
    with pytest.raises(UnknownThing):
        try_connection(owing.rounds, stranger, owing.activity)
    assert lms.asked == []
