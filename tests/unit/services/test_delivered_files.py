"""Delivering certificates: what waits for a file, and what became of one the LMS fetches."""

from contextlib import AbstractContextManager
from dataclasses import replace
from threading import Event, Thread

import pytest
from sqlalchemy import update

from lti_tool.domain.passback import State
from lti_tool.models.certificate import Certificate
from tests.faults.databases import read_only
from tests.gradebook import Gradebook, Reply
from tests.owing import Clock, Debtor
from tests.unit.services.conftest import end_of, send


class Killed(Exception):
    """The process died."""


class NeverCame(AbstractContextManager[None]):
    """A turn in which a process dies that waits for it."""

    def __enter__(self) -> None:
        raise Killed

    def __exit__(self, *_: object) -> None:
        """It was never entered."""


def test_a_certificate_cut_off_in_the_middle_waits_for_a_person(
    in_canvas: Debtor, gradebook: Gradebook
) -> None:
    id = in_canvas.owe_certificate(in_canvas.certificate())
    with in_canvas.rounds.work() as unit:
        assert unit.deliveries.take(in_canvas.job(id)) is not None
    send(in_canvas, id)
    assert end_of(in_canvas, id) == (State.UNCERTAIN, None, "interrupted")
    assert gradebook.posts == []


def test_a_certificate_that_waits_for_its_turn_was_not_begun(
    in_canvas: Debtor, gradebook: Gradebook
) -> None:
    id = in_canvas.owe_certificate(in_canvas.certificate())
    with pytest.raises(Killed):
        send(in_canvas, id, turn=NeverCame())
    assert end_of(in_canvas, id) == (State.WAITING, None, None)
    send(in_canvas, id)
    assert end_of(in_canvas, id)[0] == State.SENT
    assert len(gradebook.posts) == 1


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
    reply = replace(gradebook.takes_file("pending"), go=go)
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
    with read_only(in_canvas.rounds, after=2) as met:  # once the message is taken, in its turn
        sending.start()
        assert met.wait(timeout=20)
    sending.join()
    assert end_of(in_canvas, id) == (State.WAITING, None, "database-away")
    clock.move(seconds=1)
    send(in_canvas, id)
    assert end_of(in_canvas, id)[0] == State.SENT
    assert len(gradebook.posts) == 1


def test_no_grade_waits_for_a_certificate_without_a_file(in_canvas: Debtor, clock: Clock) -> None:
    in_canvas.owe_certificate(in_canvas.certificate(rendered=False))
    clock.move(seconds=1)
    id = in_canvas.owe("70")
    assert id is not None
    with in_canvas.rounds.reading() as unit:
        assert unit.deliveries.owed(10) == [in_canvas.job(id)]
    send(in_canvas, id)
    assert end_of(in_canvas, id)[0] == State.SENT


def test_a_certificate_waits_for_its_file(in_canvas: Debtor, gradebook: Gradebook) -> None:
    certificate = in_canvas.certificate(rendered=False)
    id = in_canvas.owe_certificate(certificate)
    send(in_canvas, id)
    assert gradebook.posts == []
    with in_canvas.rounds.reading() as unit:
        assert unit.deliveries.owed(10) == []
        assert unit.renderings.due(10) == [certificate]
    with in_canvas.rounds.work() as unit:
        unit.session.get_one(Certificate, certificate).sha256 = "00"
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
