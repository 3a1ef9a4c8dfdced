"""What people decide about messages: sent again, one or all; hurried; looked for no longer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from lti_tool.domain.errors import NotAllowed, PassbackSettled, UnknownThing
from lti_tool.domain.passback import State
from lti_tool.domain.people import Actor, Role
from lti_tool.models.activity import Activity
from lti_tool.models.audit import AuditEntry
from lti_tool.models.grade_service import GradeService
from lti_tool.models.passback import Passback
from lti_tool.services.retrying import Retrying
from lti_tool.services.retrying_all import BATCH, retry_all, retry_all_of_any_course
from lti_tool.services.unit import Rounds
from tests import factories
from tests.owing import Clock, Debtor, debtor

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def owing(rounds: Rounds, clock: Clock) -> Debtor:
    return debtor(replace(rounds, clock=clock), NOWHERE)


def put(owing: Debtor, id: int | None, **facts: Any) -> int:
    """A message with these facts; its number."""
    with owing.rounds.work() as unit:
        unit.session.execute(update(Passback).where(Passback.id == id).values(**facts))
    return id or 0


def another(owing: Debtor) -> Debtor:
    """The same column, and one more intern of the course."""
    with owing.rounds.work() as unit:
        course = unit.session.get_one(Activity, owing.activity).course
        intern = factories.member(unit.session, course, "Jonas Lindqvist", Role.INTERN)
    return replace(owing, intern=intern.person)


def refused(owing: Debtor, code: str = "locked") -> int:
    """A message about one more intern that the gradebook refused."""
    return put(owing, another(owing).owe("70"), state=State.REFUSED, last_code=code)


def acts(owing: Debtor) -> list[tuple[str, str, dict[str, Any]]]:
    """The audit trail: what was done, about which message or platform, with what detail."""
    with owing.rounds.reading() as unit:
        rows = unit.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(row.action, row.about_id, row.detail) for row in rows]


# One ----------------------------------------------------------------------------------------------


def test_a_retry_is_a_new_sending_with_a_stamp_after_all_others(
    owing: Debtor, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    id = owing.owe("70") or 0
    put(owing, id, state=State.REFUSED, last_code="unpublished")
    before = owing.row(id)
    clock.move(hours=1)
    with owing.rounds.work() as unit:
        unit.retrying.retry(owing.lead, id)
    after = owing.row(id)
    assert after.stamp > before.stamp
    assert (after.state, after.last_code, after.attempts) == (State.WAITING, None, 0)
    assert jobs[-1] == ("passback", f"{id}:2")


def test_a_certificate_that_is_retried_takes_the_number_told_since(
    owing: Debtor, clock: Clock
) -> None:
    id = owing.owe_certificate(owing.certificate(), "90")
    put(owing, id, state=State.UNCERTAIN)
    clock.move(hours=1)
    put(owing, owing.owe("95"), state=State.SENT)
    with owing.rounds.work() as unit:
        unit.retrying.retry(owing.lead, id)
    assert owing.row(id).message["score"] == "95"
    assert owing.row(id).stamp == max(row.stamp for row in owing.rows())


@pytest.mark.parametrize("state", [State.WAITING, State.SENDING, State.SENT, State.SUPERSEDED])
def test_what_is_on_its_way_or_done_cannot_be_retried(owing: Debtor, state: State) -> None:
    id = owing.owe("70") or 0
    put(owing, id, state=state)
    with pytest.raises(PassbackSettled), owing.rounds.work() as unit:
        unit.retrying.retry(owing.lead, id)


def test_old_news_cannot_be_retried(owing: Debtor) -> None:
    id = owing.owe("70") or 0
    put(owing, id, state=State.REFUSED)
    owing.owe("80")
    with pytest.raises(PassbackSettled), owing.rounds.work() as unit:
        unit.retrying.retry(owing.lead, id)


@pytest.mark.parametrize("told", ["80", None])
def test_a_refused_number_that_no_longer_holds_cannot_be_sent_again(
    owing: Debtor, told: str | None
) -> None:
    """The assessment behind it was withdrawn, and the gradebook has what holds without it."""
    if told:
        put(owing, owing.owe(told), state=State.SENT)
    refused = owing.owe("90") or 0
    put(owing, refused, state=State.REFUSED, last_code="unpublished")
    assert owing.owe(told) is None
    with owing.rounds.reading() as unit:
        assert unit.passbacks.stuck(owing.activity) == []
    with pytest.raises(PassbackSettled), owing.rounds.work() as unit:
        unit.retrying.retry(owing.lead, refused)


def test_a_certificate_that_is_retried_takes_no_number_that_no_longer_holds(
    owing: Debtor, clock: Clock
) -> None:
    """Its number arrived and its file did not; a higher number was refused and taken back."""
    id = owing.owe_certificate(owing.certificate(), "90")
    put(owing, id, state=State.REFUSED, last_code="file-not-fetched", sent_at=clock.now)
    put(owing, owing.owe("95"), state=State.REFUSED, last_code="locked")
    assert owing.owe("90") is None
    clock.move(hours=1)
    with owing.rounds.work() as unit:
        unit.retrying.retry(owing.lead, id)
    assert owing.row(id).message["score"] == "90"


# All ----------------------------------------------------------------------------------------------


def test_all_that_were_refused_go_again_together_and_only_once(
    owing: Debtor, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    first, second = refused(owing), refused(owing, "not-a-student")
    clock.move(minutes=1)
    jobs.clear()
    assert retry_all(owing.rounds, owing.lead, owing.activity) == 2
    assert [owing.row(id).state for id in (first, second)] == [State.WAITING] * 2
    assert jobs == [("passback", f"{first}:2"), ("passback", f"{second}:2")]
    assert [act for act, *_ in acts(owing)] == ["passback-retried"] * 2
    assert retry_all(owing.rounds, owing.lead, owing.activity) == 0
    assert len(jobs) == 2


def test_more_than_one_transaction_holds_are_all_sent_again(owing: Debtor) -> None:
    ids = [refused(owing) for _ in range(BATCH + 1)]
    assert retry_all(owing.rounds, owing.lead, owing.activity) == len(ids)
    assert {owing.row(id).state for id in ids} == {State.WAITING}


def test_what_needs_a_word_of_its_own_does_not_go_along(owing: Debtor, clock: Clock) -> None:
    """It would take somebody's grade away, or bring a certificate twice."""
    changed = refused(owing, "changed-in-gradebook")
    awaited = put(
        owing,
        owing.owe_certificate(owing.certificate()),
        state=State.REFUSED,
        last_code="file-awaited",
    )
    clock.move(seconds=1)
    lost = another(owing)
    unsure = put(owing, lost.owe_certificate(lost.certificate()), state=State.UNCERTAIN)
    assert retry_all(owing.rounds, owing.lead, owing.activity) == 0
    assert retry_all_of_any_course(owing.rounds) == 0
    with owing.rounds.work() as unit:
        assert unit.retrying.retry_each(owing.lead, [changed, awaited, unsure]) == 0
    states = [owing.row(id).state for id in (changed, awaited, unsure)]
    assert states == [State.REFUSED, State.REFUSED, State.UNCERTAIN]


def test_all_of_an_activity_are_not_those_of_another(owing: Debtor, rounds: Rounds) -> None:
    elsewhere = debtor(owing.rounds, NOWHERE)
    theirs = refused(elsewhere)
    assert retry_all(owing.rounds, owing.lead, owing.activity) == 0
    assert retry_all(owing.rounds, owing.lead, elsewhere.activity) == 0
    with pytest.raises(NotAllowed):
        retry_all(owing.rounds, replace(owing.lead, role=Role.SUPERVISOR), owing.activity)
    assert owing.row(theirs).state == State.REFUSED


# Waiting, and looking for a file ------------------------------------------------------------------


def test_a_message_that_waits_for_its_next_try_can_be_tried_now(
    owing: Debtor, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    id = put(owing, owing.owe("70"), attempts=3, due_at=clock.now + timedelta(hours=4))
    for _ in range(2):
        with owing.rounds.work() as unit:
            unit.retrying.hurry(owing.lead, id)
    assert owing.row(id).due_at == clock.now
    assert jobs[1:] == [("passback", f"{id}:2")], "the second click finds it under way"
    assert acts(owing) == [("passback-hurried", str(id), {})]


def test_nothing_goes_before_its_stamp_however_much_it_is_hurried(
    owing: Debtor, clock: Clock
) -> None:
    owing.owe("70")
    clock.move(minutes=-5)
    id = owing.owe("80") or 0
    put(owing, id, due_at=clock.now + timedelta(hours=4))
    with owing.rounds.work() as unit:
        unit.retrying.hurry(owing.lead, id)
    assert owing.row(id).due_at == owing.row(id).stamp > clock.now


def awaited(owing: Debtor, clock: Clock) -> int:
    """A certificate that the LMS took, whose file it has not fetched."""
    return put(
        owing,
        owing.owe_certificate(owing.certificate()),
        state=State.FETCHING,
        last_code="file-awaited",
        sent_at=clock.now,
        due_at=clock.now + timedelta(hours=4),
        progress_url="http://127.0.0.1:1/progress",
    )


def test_a_file_can_be_looked_for_now(
    owing: Debtor, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    id = awaited(owing, clock)
    with owing.rounds.work() as unit:
        unit.retrying.hurry(owing.lead, id)
    assert (owing.row(id).state, owing.row(id).due_at) == (State.FETCHING, clock.now)
    assert jobs[-1] == ("passback", f"{id}:2")


@pytest.mark.parametrize("there", [True, False])
def test_a_file_that_nobody_fetches_becomes_a_course_leads_to_decide(
    owing: Debtor, clock: Clock, there: bool
) -> None:
    id = awaited(owing, clock)
    took = clock.now
    clock.move(days=1)
    with owing.rounds.work() as unit:
        unit.retrying.stop_looking(owing.lead, id)
    with owing.rounds.reading() as unit:
        assert [one.id for one in unit.passbacks.stuck(owing.activity)] == [id]
    with owing.rounds.work() as unit:
        act = unit.retrying.confirm if there else unit.retrying.retry
        act(owing.lead, id)
    row = owing.row(id)
    assert (row.state, row.last_code) == (State.SENT if there else State.WAITING, None)
    assert row.sent_at == took, "when the LMS took it, whatever became of its file"
    done = "passback-confirmed" if there else "passback-retried"
    assert [act for act, *_ in acts(owing)] == ["passback-given-up", done]


Act = Callable[[Retrying, Actor, int], object]
ACTS: dict[str, tuple[Act, State]] = {
    "retry": (Retrying.retry, State.REFUSED),
    "hurry": (Retrying.hurry, State.WAITING),
    "stop": (Retrying.stop_looking, State.FETCHING),
    "confirm": (Retrying.confirm, State.UNCERTAIN),
}
"""What a course lead may do about a message, and where that must be."""


@pytest.mark.parametrize("name", ACTS)
def test_only_a_lead_of_the_course_may_do_it(owing: Debtor, name: str) -> None:
    act, state = ACTS[name]
    id = put(owing, owing.owe("70"), state=state)
    with pytest.raises(NotAllowed), owing.rounds.work() as unit:
        act(unit.retrying, replace(owing.lead, role=Role.SUPERVISOR), id)
    with pytest.raises(UnknownThing), owing.rounds.work() as unit:
        act(unit.retrying, replace(owing.lead, course=owing.lead.course + 1), id)
    with owing.rounds.work() as unit:
        act(unit.retrying, owing.lead, id)


@pytest.mark.parametrize("name", ["hurry", "stop", "confirm"])
@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.SUPERSEDED])
def test_what_is_under_way_or_done_is_left_alone(owing: Debtor, name: str, state: State) -> None:
    id = put(owing, owing.owe("70"), state=state)
    with pytest.raises(PassbackSettled), owing.rounds.work() as unit:
        ACTS[name][0](unit.retrying, owing.lead, id)
    assert owing.row(id).state == state


# An LMS that is left alone ------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["keys-blocked", "throttled"])
def test_an_lms_is_tried_again_at_a_word_unless_it_asked_for_a_rest(
    owing: Debtor, clock: Clock, code: str
) -> None:
    with owing.rounds.work() as unit:
        platform = unit.session.get_one(Activity, owing.activity).course.deployment.platform_id
        until = clock.now + timedelta(hours=1)
        row = GradeService(platform_id=platform, code=code, failures=4, paused_until=until)
        unit.session.add(row)
    with owing.rounds.work() as unit:
        unit.retrying.resume(owing.lead)
        assert unit.retrying.resume_platform(platform) is False, "nothing is left to resume"
    with owing.rounds.reading() as unit:
        paused = unit.grade_services.of(platform).paused_until is not None
    assert paused is (code == "throttled")
    assert len(acts(owing)) == (not paused)
    with pytest.raises(NotAllowed), owing.rounds.work() as unit:
        unit.retrying.resume(replace(owing.lead, role=Role.SUPERVISOR))


# Operators ----------------------------------------------------------------------------------------


def test_an_operator_sends_all_of_those_named_again_or_none(owing: Debtor) -> None:
    first, second = refused(owing), refused(owing)
    sent = put(owing, another(owing).owe("70"), state=State.SENT)
    for wrong, error in ((sent, PassbackSettled), (10**6, UnknownThing)):
        with pytest.raises(error), owing.rounds.work() as unit:
            unit.retrying.retry_of_any_course([first, wrong])
    assert owing.row(first).state == State.REFUSED
    with owing.rounds.work() as unit:
        unit.retrying.retry_of_any_course([first, second, first])
    assert [owing.row(id).state for id in (first, second)] == [State.WAITING] * 2
    told = {"by": "operator"}
    assert acts(owing) == [("passback-retried", str(id), told) for id in (first, second)]


def test_an_operator_takes_nobodys_grade_away(owing: Debtor) -> None:
    id = refused(owing, "changed-in-gradebook")
    with pytest.raises(NotAllowed), owing.rounds.work() as unit:
        unit.retrying.retry_of_any_course([id])


def test_an_operator_sends_all_of_one_platform_again(owing: Debtor) -> None:
    elsewhere = debtor(owing.rounds, NOWHERE)
    mine, theirs = refused(owing), refused(elsewhere)
    platform = owing.row(theirs).platform_id
    assert retry_all_of_any_course(owing.rounds, platform) == 1
    states = owing.row(mine).state, owing.row(theirs).state
    assert states == (State.REFUSED, State.WAITING)
    assert retry_all_of_any_course(owing.rounds) == 1
