"""A certificate whose file comes late: its message goes by itself, after what went meanwhile."""

import pytest

from lti_tool.domain.passback import State
from lti_tool.models.passback import Passback
from lti_tool.services.resending import note_missing_file, send_with_file
from lti_tool.services.unit import Rounds
from tests.owing import Debtor, debtor


@pytest.fixture
def owing(rounds: Rounds) -> Debtor:
    return debtor(rounds, "http://127.0.0.1:1", "canvas")


def set_state(owing: Debtor, id: int, state: State, code: str | None = None) -> None:
    with owing.rounds.work() as unit:
        row = unit.session.get_one(Passback, id)
        row.state, row.last_code, row.attempts, row.tries = state, code, 3, 3


def file_made(owing: Debtor, certificate: int) -> None:
    with owing.rounds.work() as unit:
        send_with_file(unit.session, unit.now, owing.rounds.enqueue, certificate)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.WAITING, None),
        (State.WAITING, "certificates-off"),
        (State.REFUSED, "certificate-render-failed"),
    ],
)
def test_it_goes_after_what_went_meanwhile_and_with_its_number(
    owing: Debtor, jobs: list[tuple[str, str]], state: State, code: str | None
) -> None:
    certificate = owing.certificate(rendered=False)
    id = owing.owe_certificate(certificate, score="90")
    set_state(owing, id, state, code)
    later = owing.owe("70")
    assert later is not None
    set_state(owing, later, State.SENT)
    jobs.clear()
    file_made(owing, certificate)
    row = owing.row(id)
    assert (row.state, row.last_code, row.attempts, row.tries) == (State.WAITING, None, 0, 0)
    assert row.stamp > owing.row(later).stamp
    assert row.message["score"] == "70"
    assert [about for _, about, *_ in jobs] == [str(owing.job(id))]


def test_it_keeps_its_number_where_nothing_went_meanwhile(owing: Debtor) -> None:
    certificate = owing.certificate(rendered=False)
    id = owing.owe_certificate(certificate, score="90")
    later = owing.owe("70")
    assert later is not None
    set_state(owing, later, State.SUPERSEDED)
    file_made(owing, certificate)
    assert owing.row(id).message["score"] == "90"


@pytest.mark.parametrize(
    ("state", "code"),
    [(State.REFUSED, "not-a-student"), (State.SENT, None), (State.UNCERTAIN, "interrupted")],
)
def test_what_had_its_answer_is_not_said_again(owing: Debtor, state: State, code: str) -> None:
    certificate = owing.certificate()
    id = owing.owe_certificate(certificate)
    set_state(owing, id, state, code)
    before = owing.row(id)
    file_made(owing, certificate)
    after = owing.row(id)
    assert (after.state, after.stamp, after.generation) == (state, before.stamp, before.generation)


def test_a_message_says_why_its_file_is_not_there(owing: Debtor) -> None:
    certificate = owing.certificate(rendered=False)
    id = owing.owe_certificate(certificate)
    with owing.rounds.work() as unit:
        note_missing_file(unit.session, certificate, "certificates-off")
    assert (owing.row(id).state, owing.row(id).last_code) == (State.WAITING, "certificates-off")
