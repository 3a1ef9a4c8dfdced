"""Delivering: what goes over the wire, what an answer leads to, what a death leaves behind."""

from datetime import timedelta

from lti_tool.domain.passback import State
from lti_tool.lms.products.base import Answered, AnswerKind
from lti_tool.models.course import Course
from lti_tool.services.passback_lists import Stage, counts
from tests.gradebook import Gradebook, Reply
from tests.owing import Clock, Debtor, owe_all
from tests.unit.services.conftest import end_of, send


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


def test_a_score_that_fails_once_a_newer_is_owed_leaves_it_its_comment(
    in_canvas: Debtor, gradebook: Gradebook, clock: Clock
) -> None:
    first = in_canvas.owe("80", "Standard met.") or 0
    job = in_canvas.job(first)
    with in_canvas.rounds.work() as unit:
        assert unit.deliveries.take(job)
    clock.move(seconds=1)
    second = in_canvas.owe("90")
    with in_canvas.rounds.work() as unit:
        unit.deliveries.settle(job, Answered(AnswerKind.TRY_AGAIN, "platform-down", 503))
    send(in_canvas, second)
    assert in_canvas.states() == [State.SUPERSEDED, State.SENT]
    [post] = gradebook.posts
    assert (post["scoreGiven"], post["comment"]) == (90, "Standard met.")


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


def test_what_one_lms_is_slow_to_take_hides_nothing_that_another_lacks(
    owing: Debtor, in_canvas: Debtor, clock: Clock
) -> None:
    slow = owe_all(owing.and_others(4))
    clock.move(minutes=1)
    lost = in_canvas.owe("80") or 0
    with owing.rounds.reading() as unit:
        found = [job.id for job in unit.deliveries.owed(3)]
    assert found == [slow[0], lost, slow[1]]
