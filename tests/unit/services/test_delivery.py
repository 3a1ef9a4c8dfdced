"""Delivering: what goes over the wire, what an answer leads to, what a death leaves behind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Event, Thread

import pytest
from sqlalchemy import update

from lti_tool.domain.errors import PassbackSettled
from lti_tool.domain.passback import Cell, State
from lti_tool.lms.grades import SCOPE, Grades
from lti_tool.lms.http import Http
from lti_tool.lms.products.base import Answered, AnswerKind
from lti_tool.lms.tokens import Tokens
from lti_tool.models.activity import GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.services.delivery import deliver
from lti_tool.services.passback_lists import Stage, counts
from lti_tool.services.passback_views import Delivery
from lti_tool.services.reading_back import read_back
from lti_tool.services.unit import Rounds
from tests.faults.databases import read_only
from tests.gradebook import Gradebook, Reply, serving
from tests.owing import Clock, Debtor, debtor


@pytest.fixture
def gradebook() -> Iterator[Gradebook]:
    with serving() as gradebook:
        yield gradebook


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def owing(rounds: Rounds, clock: Clock, gradebook: Gradebook) -> Debtor:
    return debtor(replace(rounds, clock=clock), gradebook.origin)


@pytest.fixture
def in_canvas(rounds: Rounds, clock: Clock, gradebook: Gradebook) -> Debtor:
    return debtor(replace(rounds, clock=clock), gradebook.origin, "canvas")


@pytest.fixture
def in_moodle(rounds: Rounds, clock: Clock, gradebook: Gradebook) -> Debtor:
    return debtor(replace(rounds, clock=clock), gradebook.origin, "moodle")


def send(owing: Debtor, id: int | None) -> None:
    """Do the row's present job, as the engine would."""
    assert id is not None
    http = Http(owing.rounds.settings)
    deliver(owing.rounds, Grades(http, Tokens(owing.rounds, http)), owing.job(id))


def end_of(owing: Debtor, id: int | None) -> tuple[str, int | None, str | None]:
    row = owing.row(id or 0)
    return row.state, row.last_status, row.last_code


def test_a_score_arrives_with_its_stamp(owing: Debtor, gradebook: Gradebook) -> None:
    id = owing.owe("80.2", "Scored by A. Silva")
    send(owing, id)
    assert end_of(owing, id) == (State.SENT, 200, None)
    [post] = gradebook.posts
    assert (post["scoreGiven"], post["scoreMaximum"]) == (80.2, 100)
    assert post["timestamp"] == "2026-11-22T12:00:00.000Z"
    assert post["comment"] == "Scored by A. Silva"


def test_what_waits_and_what_was_taken_is_counted(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    def waiting_and_sent() -> tuple[int, int]:
        with owing.rounds.reading() as unit:
            found = counts(unit.session, owing.activity)
        return found[Stage.WAITING], found[Stage.SENT]

    send(owing, owing.owe("80"))
    clock.move(seconds=1)
    owing.owe("85")
    second = owing.owe("90")
    assert waiting_and_sent() == (1, 1), "one was superseded"
    clock.move(seconds=1)
    gradebook.answer_next(Reply(404, keep=False))
    send(owing, second)
    assert waiting_and_sent() == (0, 1)


def test_a_job_that_runs_twice_sends_once(owing: Debtor, gradebook: Gradebook) -> None:
    id = owing.owe("80")
    send(owing, id)
    send(owing, id)
    assert gradebook.scores() == [80]


def test_no_more_number_clears_the_cell(owing: Debtor, gradebook: Gradebook, clock: Clock) -> None:
    send(owing, owing.owe("80"))
    clock.move(seconds=1)
    send(owing, owing.owe(None, "No assessment counts at present."))
    assert gradebook.scores() == [80, None]


def test_a_failure_is_tried_again_with_the_same_stamp(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    gradebook.answer_next(Reply(503, headers={"Retry-After": "120"}))
    id = owing.owe("80")
    send(owing, id)
    assert end_of(owing, id)[0] == State.WAITING
    assert owing.row(id or 0).due_at >= clock.now + timedelta(seconds=120)
    send(owing, id)  # too early
    assert len(gradebook.posts) == 1
    clock.move(minutes=3)
    send(owing, id)
    assert end_of(owing, id) == (State.SENT, 200, None)
    first, second = gradebook.posts
    assert first == second


def test_a_refusal_waits_for_a_person_and_holds_nothing_up(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    gradebook.answer_next(Reply(404, keep=False))
    refused = owing.owe("80")
    send(owing, refused)
    assert end_of(owing, refused) == (State.REFUSED, 404, "column-gone")
    clock.move(seconds=10)
    send(owing, owing.owe("90"))
    assert gradebook.scores() == [90]


def test_an_older_message_goes_first(owing: Debtor, gradebook: Gradebook, clock: Clock) -> None:
    certificate = owing.owe_certificate(owing.certificate(), "90")
    score = owing.owe("95")
    send(owing, score)
    assert gradebook.scores() == []
    send(owing, certificate)
    assert owing.row(score or 0).generation == 2, "handed over once its turn came"
    clock.move(seconds=1)
    send(owing, score)
    assert gradebook.scores() == [90, 95]


def test_a_score_that_failed_gives_way_to_a_newer_one(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    gradebook.answer_next(Reply(500, keep=False))
    first = owing.owe("80")
    send(owing, first)
    clock.move(seconds=1)
    second = owing.owe("90")
    send(owing, second)
    assert owing.states() == [State.SUPERSEDED, State.SENT]
    assert gradebook.scores() == [90]


def test_a_message_ahead_of_the_clock_waits(
    in_moodle: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    send(in_moodle, in_moodle.owe("80", "c"))
    second = in_moodle.owe("81", "c")
    send(in_moodle, second)
    assert gradebook.scores() == [80]
    clock.move(seconds=1)
    send(in_moodle, second)
    assert gradebook.scores() == [80, 81]
    assert [post["timestamp"][17:] for post in gradebook.posts] == ["00.000Z", "01.000Z"]


def test_an_old_stamp_whose_number_shows_had_arrived(
    in_moodle: Debtor, gradebook: Gradebook
) -> None:
    gradebook.answer_next(Reply(409))
    id = in_moodle.owe("80.2", "c")
    send(in_moodle, id)
    assert end_of(in_moodle, id)[0] == State.SENT


def test_an_old_stamp_whose_number_does_not_show_is_replaced_by_a_newer(
    in_moodle: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    gradebook.answer_next(Reply(409, keep=False))
    id = in_moodle.owe("80", "c")
    before = in_moodle.row(id or 0).stamp
    send(in_moodle, id)
    assert in_moodle.row(id or 0).stamp > before
    clock.move(seconds=5)
    send(in_moodle, id)
    assert end_of(in_moodle, id)[0] == State.SENT


def test_an_old_stamp_gives_way_to_a_score_that_was_owed_meanwhile(
    in_moodle: Debtor, clock: Clock
) -> None:
    first = in_moodle.owe("80", "c") or 0
    job = in_moodle.job(first)
    with in_moodle.rounds.work() as unit:
        assert unit.deliveries.take(job)
    clock.move(seconds=1)
    second = in_moodle.owe("90", "c") or 0
    with in_moodle.rounds.work() as unit:
        unit.deliveries.settle(job, Answered(AnswerKind.TRY_AGAIN, "older-stamp", 409))
    assert in_moodle.row(first).state == State.SUPERSEDED
    assert in_moodle.row(second).state == State.WAITING
    assert [row.id for row in in_moodle.rows()] == [first, second], "no stamp after the newer one"


def test_a_score_cut_off_in_the_middle_is_said_again_and_is_the_same(
    owing: Debtor, gradebook: Gradebook
) -> None:
    id = owing.owe("80")
    with owing.rounds.work() as unit:
        assert unit.deliveries.take(owing.job(id or 0)) is not None
    send(owing, id)
    assert end_of(owing, id)[0] == State.SENT
    assert gradebook.scores() == [80]


def test_a_certificate_cut_off_in_the_middle_waits_for_a_person(
    in_canvas: Debtor, gradebook: Gradebook
) -> None:
    id = in_canvas.owe_certificate(in_canvas.certificate())
    with in_canvas.rounds.work() as unit:
        assert unit.deliveries.take(in_canvas.job(id)) is not None
    send(in_canvas, id)
    assert end_of(in_canvas, id) == (State.UNCERTAIN, None, "interrupted")
    assert gradebook.posts == []


def test_a_certificate_whose_answer_is_lost_waits_for_a_person(
    in_canvas: Debtor, gradebook: Gradebook
) -> None:
    gradebook.answer_next(Reply(hang_up=True))
    id = in_canvas.owe_certificate(in_canvas.certificate())
    send(in_canvas, id)
    assert end_of(in_canvas, id)[0] == State.UNCERTAIN
    assert len(gradebook.posts) == 1


def test_an_answer_is_kept_for_a_database_that_is_away_when_it_comes(
    in_canvas: Debtor, gradebook: Gradebook
) -> None:
    go = Event()
    reply = replace(gradebook.takes_file("completed"), go=go)
    gradebook.answer_next(reply)
    id = in_canvas.owe_certificate(in_canvas.certificate())
    sending = Thread(target=send, args=(in_canvas, id))
    sending.start()
    assert reply.reached.wait(timeout=20)
    with read_only(in_canvas.rounds) as met:
        go.set()
        assert met.wait(timeout=20)
    sending.join()
    assert end_of(in_canvas, id)[0] == State.FETCHING
    assert len(gradebook.posts) == 1


def test_a_certificate_for_which_no_token_could_be_kept_was_never_said(
    in_canvas: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    id = in_canvas.owe_certificate(in_canvas.certificate())
    sending = Thread(target=send, args=(in_canvas, id))
    with read_only(in_canvas.rounds, after=1) as met:  # once the message is taken
        sending.start()
        assert met.wait(timeout=20)
    sending.join()
    assert end_of(in_canvas, id) == (State.WAITING, None, "database-away")
    clock.move(seconds=1)
    send(in_canvas, id)
    assert end_of(in_canvas, id)[0] == State.SENT
    assert len(gradebook.posts) == 1


def test_a_certificate_waits_for_its_file(
    in_canvas: Debtor, gradebook: Gradebook, jobs: list[tuple[str, str]]
) -> None:
    certificate = in_canvas.certificate(rendered=False)
    id = in_canvas.owe_certificate(certificate)
    send(in_canvas, id)
    assert gradebook.posts == []
    with in_canvas.rounds.reading() as unit:
        assert unit.deliveries.owed(10) == []
        assert unit.deliveries.unrendered(10) == [certificate]
    with in_canvas.rounds.work() as unit:
        unit.session.get_one(Certificate, certificate).sha256 = "00"
        unit.session.flush()
        unit.deliveries.rendered(certificate)
    assert jobs[-1] == ("passback", str(in_canvas.job(id)))
    send(in_canvas, id)
    assert end_of(in_canvas, id)[0] == State.SENT


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"state": "revoked"}, (State.SUPERSEDED, None, None)),
        (
            {"problem": "certificate-render-failed"},
            (State.REFUSED, None, "certificate-render-failed"),
        ),
    ],
)
def test_a_certificate_that_cannot_come_holds_nothing_up(
    in_canvas: Debtor, values: dict[str, str], expected: tuple[str, None, str | None]
) -> None:
    certificate = in_canvas.certificate(rendered=False)
    id = in_canvas.owe_certificate(certificate)
    with in_canvas.rounds.work() as unit:
        unit.session.execute(
            update(Certificate).where(Certificate.id == certificate).values(**values)
        )
    with in_canvas.rounds.reading() as unit:
        assert unit.deliveries.owed(10) == [in_canvas.job(id)]
    send(in_canvas, id)
    assert end_of(in_canvas, id) == expected


def certified(owing: Debtor, gradebook: Gradebook, *states: str) -> int:
    """A certificate's message that was taken, whose file is then fetched in these states."""
    gradebook.answer_next(gradebook.takes_file(*states))
    id = owing.owe_certificate(owing.certificate())
    send(owing, id)
    assert end_of(owing, id) == (State.FETCHING, 200, "file-awaited")
    return id


def test_a_certificate_is_sent_once_its_file_is_fetched(
    in_canvas: Debtor, gradebook: Gradebook, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    id = certified(in_canvas, gradebook, "queued", "running", "completed")
    taken = in_canvas.row(id).sent_at
    assert jobs[-1] == ("passback", str(in_canvas.job(id))), "the first look is at once"
    send(in_canvas, id)
    assert end_of(in_canvas, id) == (State.FETCHING, 200, "file-awaited")
    send(in_canvas, id)
    assert gradebook.looks == 1, "the next look waits"
    for _ in range(2):
        clock.move(minutes=1)
        send(in_canvas, id)
    assert end_of(in_canvas, id) == (State.SENT, 200, None)
    assert in_canvas.row(id).sent_at == taken
    assert (len(gradebook.posts), gradebook.looks) == (1, 3)


def test_a_file_that_could_not_be_fetched_waits_for_a_person(
    in_canvas: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    id = certified(in_canvas, gradebook, "failed")
    send(in_canvas, id)
    assert end_of(in_canvas, id) == (State.REFUSED, 200, "file-not-fetched")
    with in_canvas.rounds.reading() as unit:
        [stuck] = unit.passbacks.stuck(in_canvas.activity)
    assert (stuck.taken, stuck.retriable) == (True, True)
    clock.move(seconds=10)
    assert in_canvas.owe("90") is None, "the gradebook took the number"
    with in_canvas.rounds.work() as unit:
        unit.retrying.retry(in_canvas.lead, id)
    gradebook.answer_next(gradebook.takes_file("completed"))
    send(in_canvas, id)
    send(in_canvas, id)
    assert end_of(in_canvas, id) == (State.SENT, 200, None)
    first, second = gradebook.posts
    assert first["submission"] == second["submission"], "the same attempt"
    assert first["timestamp"] < second["timestamp"]


def test_a_fetch_that_stands_still_is_given_up(
    in_canvas: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    id = certified(in_canvas, gradebook, "queued")
    while in_canvas.row(id).state == State.FETCHING:
        clock.move(days=1)
        send(in_canvas, id)
    assert end_of(in_canvas, id) == (State.REFUSED, 200, "file-awaited")
    assert (len(gradebook.posts), gradebook.looks) == (1, 14)


def test_a_file_holds_no_score_back(
    in_canvas: Debtor, gradebook: Gradebook, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    gradebook.answer_next(gradebook.takes_file("queued", "completed"))
    id = in_canvas.owe_certificate(in_canvas.certificate())
    score = in_canvas.owe("95") or 0
    jobs.clear()
    send(in_canvas, id)
    assert sorted(jobs) == sorted(("passback", str(in_canvas.job(one))) for one in (id, score))
    clock.move(seconds=1)
    send(in_canvas, score)
    assert gradebook.scores() == [90, 95]
    for _ in range(2):
        clock.move(minutes=1)
        send(in_canvas, id)
    assert in_canvas.states() == [State.SENT, State.SENT]


def test_a_look_that_was_cut_off_is_taken_again_and_says_nothing_twice(
    in_canvas: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    id = certified(in_canvas, gradebook, "completed")
    with in_canvas.rounds.work() as unit:
        assert unit.deliveries.take(in_canvas.job(id)) is not None
    clock.move(days=1)
    with in_canvas.rounds.reading() as unit:
        assert unit.deliveries.owed(10) == [in_canvas.job(id)]
    with in_canvas.rounds.work() as unit:
        unit.deliveries.put_back(in_canvas.job(id))
    assert in_canvas.row(id).state == State.FETCHING
    send(in_canvas, id)
    assert end_of(in_canvas, id) == (State.SENT, 200, None)
    assert len(gradebook.posts) == 1


def test_nobody_waits_for_the_file_of_a_certificate_that_was_revoked(
    in_canvas: Debtor, gradebook: Gradebook
) -> None:
    id = certified(in_canvas, gradebook, "failed")
    with in_canvas.rounds.work() as unit:
        unit.session.execute(update(Certificate).values(state="revoked"))
    send(in_canvas, id)
    assert in_canvas.row(id).state == State.SUPERSEDED
    assert gradebook.looks == 0


def test_a_fetch_that_nobody_confirms_is_told_as_such(
    in_canvas: Debtor, gradebook: Gradebook
) -> None:
    gradebook.answer_next(Reply(body="{}"))
    id = in_canvas.owe_certificate(in_canvas.certificate())
    send(in_canvas, id)
    assert end_of(in_canvas, id) == (State.SENT, 200, "fetch-unconfirmed")


def test_without_the_grade_service_a_score_waits_for_a_launch(
    owing: Debtor, gradebook: Gradebook
) -> None:
    with owing.rounds.work() as unit:
        unit.session.get_one(Course, owing.lead.course).scopes = []
    id = owing.owe("80")
    send(owing, id)
    assert end_of(owing, id) == (State.WAITING, None, "scope-missing")
    assert gradebook.posts == []


def test_what_the_engine_lost_is_found_and_put_back(
    owing: Debtor, jobs: list[tuple[str, str]], clock: Clock
) -> None:
    id = owing.owe("80") or 0
    lost = owing.job(id)
    jobs.clear()
    clock.move(seconds=1)
    with owing.rounds.reading() as unit:
        assert unit.deliveries.owed(10) == [lost]
    with owing.rounds.work() as unit:
        unit.deliveries.put_back(lost)
        unit.deliveries.put_back(lost)
    assert jobs == [("passback", f"{id}:2")]


def test_only_the_first_of_a_sequence_is_owed_now(owing: Debtor) -> None:
    first = owing.owe_certificate(owing.certificate())
    owing.owe("95")
    with owing.rounds.reading() as unit:
        assert unit.deliveries.owed(10) == [owing.job(first)]


# -- What somebody changed in the gradebook --------------------------------------------------------


def typed(gradebook: Gradebook, number: float | None) -> None:
    """A teacher types a number over the one that was sent last."""
    gradebook.posts[-1] = gradebook.posts[-1] | {"scoreGiven": number, "scoreMaximum": 100}


def test_a_first_score_costs_no_look_and_a_later_one_costs_one(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    send(owing, owing.owe("80"))
    assert gradebook.readings == 0
    clock.move(seconds=1)
    send(owing, owing.owe("90"))
    assert (gradebook.scores(), gradebook.readings) == ([80, 90], 1)


@pytest.mark.parametrize("number", [75, None])
def test_a_grade_that_somebody_changed_waits_for_the_course_lead(
    owing: Debtor, gradebook: Gradebook, clock: Clock, number: int | None
) -> None:
    send(owing, owing.owe("80"))
    typed(gradebook, number)
    clock.move(seconds=1)
    id = owing.owe("90")
    send(owing, id)
    assert end_of(owing, id) == (State.REFUSED, None, "changed-in-gradebook")
    with owing.rounds.reading() as unit:
        [stuck] = unit.passbacks.stuck(owing.activity)
    assert stuck.changed
    assert stuck.shown == Cell(number and Decimal(number), Decimal(100))
    clock.move(seconds=1)
    with owing.rounds.work() as unit:
        unit.retrying.retry(owing.lead, id or 0)
    send(owing, id)
    assert end_of(owing, id) == (State.SENT, 200, None)
    assert gradebook.scores()[-1] == 90


def test_a_refused_change_makes_no_number_ours(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    """The teacher typed 90; Rounds owed 90, was refused for another change, and now owes 95."""
    send(owing, owing.owe("80"))
    typed(gradebook, 75)
    clock.move(seconds=1)
    send(owing, owing.owe("90"))
    typed(gradebook, 90)
    clock.move(seconds=1)
    id = owing.owe("95")
    send(owing, id)
    assert end_of(owing, id)[2] == "changed-in-gradebook"


def test_what_may_have_arrived_without_an_answer_is_no_change(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    send(owing, owing.owe("80"))
    clock.move(seconds=1)
    gradebook.answer_next(Reply(hang_up=True))
    lost = owing.owe("90")
    send(owing, lost)
    assert gradebook.scores() == [80, 90]
    clock.move(minutes=1)
    newer = owing.owe("95")
    send(owing, newer)
    assert owing.states() == [State.SENT, State.SUPERSEDED, State.SENT]


def test_the_same_message_that_arrived_without_an_answer_is_no_change(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    send(owing, owing.owe("80"))
    clock.move(seconds=1)
    gradebook.answer_next(Reply(hang_up=True))
    id = owing.owe("90")
    send(owing, id)
    clock.move(minutes=1)
    send(owing, id)
    assert end_of(owing, id)[0] == State.SENT


def test_a_cell_that_cannot_be_read_is_written_in_the_end(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    send(owing, owing.owe("80"))
    gradebook.unreadable = True
    clock.move(seconds=1)
    id = owing.owe("90")
    for _ in range(2):
        send(owing, id)
        assert end_of(owing, id)[0] == State.WAITING
        clock.move(hours=1)
    send(owing, id)
    assert end_of(owing, id)[0] == State.SENT
    assert gradebook.scores() == [80, 90]


def test_where_results_may_not_be_read_nothing_is_looked_at(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    with owing.rounds.work() as unit:
        unit.session.get_one(Course, owing.lead.course).scopes = [SCOPE]
    send(owing, owing.owe("80"))
    typed(gradebook, 75)
    clock.move(seconds=1)
    send(owing, owing.owe("90"))
    assert (gradebook.scores(), gradebook.readings) == ([75, 90], 0)


def test_where_the_lms_guards_what_was_typed_nothing_is_looked_at(
    in_moodle: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    send(in_moodle, in_moodle.owe("80", "c"))
    clock.move(seconds=1)
    send(in_moodle, in_moodle.owe("90", "c"))
    assert gradebook.readings == 0


def test_a_grade_changed_in_a_column_of_ours_is_not_overwritten_there(
    in_moodle: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    with in_moodle.rounds.work() as unit:
        unit.session.get_one(GradeColumn, in_moodle.column).ours = True
    send(in_moodle, in_moodle.owe("80", "c"))
    typed(gradebook, 75)
    clock.move(seconds=1)
    id = in_moodle.owe("90", "c")
    send(in_moodle, id)
    assert end_of(in_moodle, id)[2] == "changed-in-gradebook"


# -- Read back -------------------------------------------------------------------------------------


def check(owing: Debtor, jobs: list[tuple[str, str]]) -> list[Delivery]:
    """Press the button, do the job, and give what is told to be changed."""
    with owing.rounds.work() as unit:
        unit.shown_grades.check(owing.lead, owing.activity)
    kind, about = jobs[-1]
    assert kind == "read-back"
    http = Http(owing.rounds.settings)
    read_back(owing.rounds, Grades(http, Tokens(owing.rounds, http)), about)
    with owing.rounds.reading() as unit:
        return unit.passbacks.changed(owing.activity)


def test_a_change_is_told_once_read_back_and_sent_over_only_at_a_persons_word(
    owing: Debtor, gradebook: Gradebook, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    id = owing.owe("80")
    send(owing, id)
    clock.move(seconds=1)
    assert check(owing, jobs) == []
    typed(gradebook, 75)
    clock.move(seconds=1)
    [changed] = check(owing, jobs)
    assert (changed.shown, changed.replaces) == (Cell(Decimal(75), Decimal(100)), True)
    clock.move(seconds=1)
    with owing.rounds.work() as unit:
        unit.passbacks.insist(owing.lead, changed.id)
    send(owing, owing.rows()[-1].id)
    assert gradebook.scores()[-1] == 80
    with owing.rounds.reading() as unit:
        assert unit.passbacks.changed(owing.activity) == [], "what was read before it is stale"


def test_what_was_read_before_a_number_arrived_is_no_change(
    owing: Debtor, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    send(owing, owing.owe("80"))
    clock.move(seconds=1)
    with owing.rounds.work() as unit:
        unit.shown_grades.check(owing.lead, owing.activity)
    with owing.rounds.reading() as unit:
        asked_at = unit.shown_grades.question(owing.column).asked_at
    clock.move(seconds=1)
    send(owing, owing.owe("90"))
    clock.move(seconds=1)
    before = {owing.intern: Cell(Decimal(80), Decimal(100))}
    with owing.rounds.work() as unit:
        unit.shown_grades.store(jobs[-1][1], owing.column, before, asked_at)
    with owing.rounds.reading() as unit:
        assert unit.passbacks.changed(owing.activity) == []


def test_only_what_was_told_last_can_be_insisted_on(
    owing: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    first = owing.owe("80")
    send(owing, first)
    clock.move(seconds=1)
    second = owing.owe("90")
    for id in (first, second):
        with owing.rounds.work() as unit, pytest.raises(PassbackSettled):
            unit.passbacks.insist(owing.lead, id or 0)


def test_why_a_column_cannot_be_read_is_kept_and_what_was_read_stays(
    owing: Debtor, gradebook: Gradebook, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    send(owing, owing.owe("80"))
    typed(gradebook, 75)
    clock.move(seconds=1)
    assert len(check(owing, jobs)) == 1
    gradebook.unreadable = True
    clock.move(seconds=1)
    assert len(check(owing, jobs)) == 1
    with owing.rounds.reading() as unit:
        row = unit.session.get_one(GradeColumn, owing.column)
        assert (row.problem, row.maker) == ("platform-answer-wrong", None)


def test_a_button_pressed_twice_reads_once(
    owing: Debtor, gradebook: Gradebook, clock: Clock, jobs: list[tuple[str, str]]
) -> None:
    for _ in range(2):
        clock.move(seconds=1)
        with owing.rounds.work() as unit:
            unit.shown_grades.check(owing.lead, owing.activity)
    assert [kind for kind, _ in jobs].count("read-back") == 1
