"""What jobs do once they run."""

from lti_tool.domain.passback import State
from lti_tool.models.certificate import Certificate
from lti_tool.services.unit import Rounds
from tests.gradebook import Gradebook, Reply
from tests.owing import Debtor, debtor
from tests.working import run_until, work


def test_what_is_owed_is_sent_and_then_it_ends(owing: Debtor, gradebook: Gradebook) -> None:
    owing.owe("70")
    owing.owe("80")
    work(owing.rounds, once=True)
    assert gradebook.scores() == [80]
    assert owing.states() == [State.SUPERSEDED, State.SENT]
    work(owing.rounds, once=True)
    assert gradebook.scores() == [80]


def test_a_failed_sending_is_repeated_once_it_is_due(owing: Debtor, gradebook: Gradebook) -> None:
    gradebook.answer_next(Reply(500), Reply(500))
    id = owing.owe("80")
    run_until(owing.rounds, lambda: owing.row(id or 0).state == State.SENT)
    assert [post["timestamp"] for post in gradebook.posts] == [gradebook.posts[0]["timestamp"]] * 3


def test_a_certificate_that_cannot_be_made_is_set_aside(
    owing: Debtor, gradebook: Gradebook
) -> None:
    owing.owe_certificate(owing.certificate(rendered=False))
    owing.owe("95", "c")
    work(owing.rounds, once=True)
    refused, sent = owing.rows()
    assert refused.state == State.REFUSED
    assert sent.state == State.SENT
    assert gradebook.scores() == [95]


def test_a_certificate_that_could_not_be_made_is_tried_again_at_the_next_start(
    owing: Debtor,
) -> None:
    number = owing.certificate(rendered=False)
    with owing.rounds.work() as unit:
        unit.session.get_one(Certificate, number).problem = "certificates-off"
    work(owing.rounds, once=True)
    with owing.rounds.reading() as unit:
        assert unit.session.get_one(Certificate, number).problem == "certificate-facts-faulty"


def test_a_file_is_looked_after_until_it_is_fetched(at_work: Rounds, gradebook: Gradebook) -> None:
    owing = debtor(at_work, gradebook.origin, "canvas")
    gradebook.answer_next(gradebook.takes_file("queued", "running", "completed"))
    id = owing.owe_certificate(owing.certificate())
    run_until(owing.rounds, lambda: owing.row(id).state == State.SENT)
    assert (len(gradebook.posts), gradebook.looks) == (1, 3)
