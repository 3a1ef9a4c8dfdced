"""Grades that somebody changed in the gradebook: never overwritten unasked, and read back."""

from decimal import Decimal

import pytest

from lti_tool.domain.errors import PassbackSettled
from lti_tool.domain.passback import Cell, State
from lti_tool.lms.grades import SCOPE, Grades
from lti_tool.lms.http import Http
from lti_tool.lms.tokens import Tokens
from lti_tool.models.activity import GradeColumn
from lti_tool.models.course import Course
from lti_tool.services.passback_views import Delivery
from lti_tool.services.reading_back import read_back
from tests.gradebook import Gradebook, Reply
from tests.owing import Clock, Debtor
from tests.unit.services.conftest import end_of, send


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
