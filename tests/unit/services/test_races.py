"""Two at the same moment, on PostgreSQL: what one does in the middle of what the other does.

SQLite lets one writer in at a time, so there is no middle to come into.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from lti_tool.app import create_app
from lti_tool.domain.assessment import State
from lti_tool.domain.column import claim
from lti_tool.domain.errors import AlreadySubmitted, FlagSettled, NoSuchCompetency
from lti_tool.domain.passback import SendWhen
from lti_tool.domain.passback import State as SendState
from lti_tool.domain.people import INSTRUCTOR, LEARNER, Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.lms.columns import FoundColumn
from lti_tool.lms.products.base import Answered, AnswerKind
from lti_tool.lms.roster import Member, Roster
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.models.assessment import Assessment, Flag
from lti_tool.models.audit import AuditEntry
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.person import Membership, Person
from lti_tool.services.activities import Choice
from lti_tool.services.errands import Job
from lti_tool.services.passback import COLUMN_UNKNOWN
from lti_tool.services.unit import Rounds
from tests.choices import FORM, add, ask, launch_of, returned, token_of
from tests.factories import EASY, Ward, ward
from tests.owing import debtor
from tests.stand_in import StandIn

HELEN = Member("a6d5c443-1f51-4783-ba1a-7686ffe3b54a", (INSTRUCTOR,), "Dr Helen Brandt")
"""Whom the stand-in launches, unless told otherwise."""
NEWCOMER = Member("u-nils", (LEARNER,), "Nils Aas")
RENAMED = {"id": "course-1", "label": "INT1", "title": "Internship block 2, spring"}

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


@pytest.fixture
def place(rounds: Rounds) -> Ward:
    return ward(rounds)


@contextmanager
def meanwhile(rounds: Rounds, words: str, act: Callable[[], object]) -> Iterator[None]:
    """In this block, once the first statement that begins with these words is done, someone acts.

    They have a transaction of their own and are done before the block's next statement.
    """
    acted = False

    def come_in(*arguments: Any) -> None:
        nonlocal acted
        if not acted and arguments[2].startswith(words):
            acted = True
            act()

    event.listen(rounds.engine, "after_cursor_execute", come_in)
    try:
        yield
    finally:
        event.remove(rounds.engine, "after_cursor_execute", come_in)
    assert acted, f"no statement began with {words}"


def test_a_launch_does_not_undo_a_role_given_by_hand(
    rounds: Rounds, lms: StandIn, client: FlaskClient
) -> None:
    lms.launch(client)

    def give() -> None:
        with rounds.work() as unit:
            row = unit.session.scalars(select(Membership)).one()
            row.by_hand = row.role = Role.SUPERVISOR

    with meanwhile(rounds, "SELECT platform.id, deployment.id", give):
        lms.launch(client, roles=[LEARNER])
    with rounds.reading() as unit:
        found = unit.session.scalars(select(Membership)).one()
        assert (found.launch_roles, found.role) == ([LEARNER], Role.SUPERVISOR)


def test_a_draft_that_another_tab_submits_is_not_discarded(place: Ward) -> None:
    number = place.draft(place.helen, place.amara, "teamwork")
    content = place.content("teamwork", 3)

    def submit() -> None:
        with place.rounds.work() as unit:
            unit.assessments.submit(place.helen, number, 1, content)

    with (
        meanwhile(place.rounds, "SELECT assessment.id", submit),
        pytest.raises(AlreadySubmitted),
        place.rounds.work() as unit,
    ):
        unit.assessments.discard(place.helen, number)
    with place.rounds.reading() as unit:
        assert unit.session.get_one(Assessment, number).state == State.SUBMITTED


def test_a_flag_is_settled_once_and_with_the_intern_it_is_about(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3, concern=True, concern_text="Ill.")
    with place.rounds.reading() as unit:
        [flag] = unit.flags.open(place.lead, place.activity)

    def move() -> None:
        with place.rounds.work() as unit:
            unit.assessments.move(place.helen, number, 2, place.jonas.person, "Not Amara.")

    def resolve() -> None:
        with place.rounds.work() as unit:
            unit.flags.resolve(place.lead, flag.id, "Seen to.")

    for other in (move, resolve):
        with meanwhile(place.rounds, "SELECT flag.id", other), pytest.raises(FlagSettled):
            resolve()
    with place.rounds.reading() as unit:
        assert unit.session.get_one(Flag, flag.id).resolved_at is not None
        told = select(AuditEntry).where(AuditEntry.action == "flag-resolved")
        assert len(unit.session.scalars(told).all()) == 1
        assert unit.flags.counts(place.activity) == {}


def test_nobody_begins_to_score_what_is_just_being_left_out(place: Ward) -> None:
    choice = Choice({"documentation": 100}, EASY, GradeMapping.TABLE, SendWhen.AS_SCORED)
    with ThreadPoolExecutor(1) as pool:
        begun = []

        def begin() -> None:
            begun.append(pool.submit(place.draft, place.helen, place.amara, "teamwork"))
            wait(begun, timeout=0.5)

        with (
            meanwhile(place.rounds, "SELECT DISTINCT assessment.competency_id", begin),
            place.rounds.work() as unit,
        ):
            unit.activities.choose(place.lead, place.activity, choice)
        with pytest.raises(NoSuchCompetency):
            begun[0].result()


def test_a_retry_and_a_new_score_get_stamps_of_their_own(rounds: Rounds) -> None:
    place = ward(rounds, product="moodle")
    place.score(place.helen, place.amara, "teamwork", 2)
    draft = place.draft(place.ruth, place.amara, "teamwork")
    content = place.content("teamwork", 4)
    with rounds.work() as unit:
        refused = unit.session.scalars(select(Passback)).one()
        refused.state = SendState.REFUSED

    def submit() -> None:
        with rounds.work() as unit:
            unit.assessments.submit(place.ruth, draft, 1, content)

    with ThreadPoolExecutor(1) as pool:
        submitted = []

        def begin() -> None:
            submitted.append(pool.submit(submit))
            wait(submitted, timeout=0.5)

        with meanwhile(rounds, "SELECT max(passback.stamp)", begin), rounds.work() as unit:
            unit.retrying.retry(place.lead, refused.id)
        submitted[0].result()
    with rounds.reading() as unit:
        stamps = unit.session.scalars(select(Passback.stamp)).all()
        assert len(set(stamps)) == len(stamps) == 2


# -- Two first launches of one link ----------------------------------------------------------------


def test_two_first_launches_at_once_bind_once(lms: StandIn, rounds: Rounds) -> None:
    app = create_app(rounds)
    first, second = app.test_client(), app.test_client()
    item = returned(add(ask(lms, first)), first).items[0]
    asked = lms.login(second)
    token = lms.sign(lms.claims(asked, **launch_of(item, "link-9")))

    def launch() -> None:
        assert lms.post(second, asked, token).status_code == 303

    with meanwhile(rounds, "SELECT activity.id", launch):
        assert lms.launch(first, **launch_of(item, "link-9")).status_code == 303
    with rounds.reading() as unit:
        assert unit.session.scalars(select(Activity.resource_link_id)).all() == ["link-9"]


def test_two_first_launches_of_a_copied_link_at_once_copy_once(
    lms: StandIn, rounds: Rounds
) -> None:
    app = create_app(rounds)
    first, second = app.test_client(), app.test_client()
    item = returned(add(ask(lms, first)), first).items[0]
    lms.launch(first, **launch_of(item, "link-9"))
    asked = lms.login(second)
    token = lms.sign(lms.claims(asked, **launch_of(item, "link-10")))

    def launch() -> None:
        assert lms.post(second, asked, token).status_code == 303

    with meanwhile(rounds, "UPDATE activity", launch):
        assert lms.launch(first, **launch_of(item, "link-10")).status_code == 303
    with rounds.reading() as unit:
        rows = unit.session.scalars(select(Activity).order_by(Activity.id)).all()
        assert [row.resource_link_id for row in rows] == ["link-9", "link-10"]
        assert [len(row.competencies) for row in rows] == [2, 2]


def test_two_links_that_are_given_one_new_choice_at_once_both_lead_somewhere(
    lms: StandIn, rounds: Rounds
) -> None:
    app = create_app(rounds)
    first, second = app.test_client(), app.test_client()
    items = [returned(add(ask(lms, first)), first).items[0] for _ in range(3)]
    for item, link in zip(items, ("link-9", "link-10"), strict=False):
        lms.launch(first, **launch_of(item, link))
    asked = lms.login(second)
    token = lms.sign(lms.claims(asked, **launch_of(items[2], "link-10")))

    def launch() -> None:
        assert lms.post(second, asked, token).status_code == 303

    with meanwhile(rounds, "SELECT EXISTS", launch):
        assert lms.launch(first, **launch_of(items[2], "link-9")).status_code == 303
    with rounds.reading() as unit:
        links = unit.session.scalars(select(Activity.resource_link_id).order_by(Activity.id)).all()
        assert links == ["link-9", None, "link-10"]


def test_two_answers_to_one_request_at_once_make_one(lms: StandIn, rounds: Rounds) -> None:
    client = create_app(rounds).test_client()
    chooser = ask(lms, client)
    token = token_of(chooser.get("deep-link"))
    with ThreadPoolExecutor(4) as pool:
        answers = [
            pool.submit(chooser.post, "deep-link", {**FORM, "csrf": token}) for _ in range(8)
        ]
        statuses = sorted(answer.result().status_code for answer in answers)
    assert statuses == [200, *[409] * 7]
    with rounds.reading() as unit:
        assert len(unit.session.scalars(select(Activity)).all()) == 1


# -- Rows are written in one order -----------------------------------------------------------------


@pytest.mark.parametrize(
    "moment", ["UPDATE person", "SELECT membership", "INSERT INTO membership", "UPDATE course"]
)
def test_a_launch_in_the_middle_of_a_roster_is_kept_like_the_roster(
    rounds: Rounds, lms: StandIn, moment: str
) -> None:
    client = create_app(rounds).test_client()
    lms.launch(client)
    course = course_of(rounds)
    asked = lms.login(client)
    token = lms.sign(lms.claims(asked, name="Helen Meyer", roles=[LEARNER], context=RENAMED))
    with besides(lambda: lms.post(client, asked, token)) as begin:
        with meanwhile(rounds, moment, begin.act), rounds.work() as unit:
            unit.rosters.store(course, Roster((HELEN, NEWCOMER), 0))
        assert begin.result().status_code == 303
    assert sorted(names(rounds)) == ["Helen Meyer", "Nils Aas"]


@pytest.mark.parametrize("moment", ["INSERT INTO person", "INSERT INTO membership"])
def test_a_roster_in_the_middle_of_a_first_launch_is_kept_like_the_launch(
    rounds: Rounds, lms: StandIn, moment: str
) -> None:
    client = create_app(rounds).test_client()
    lms.launch(client)
    course = course_of(rounds)

    def store() -> None:
        with rounds.work() as unit:
            unit.rosters.store(course, Roster((NEWCOMER, HELEN), 0))

    with besides(store) as begin:
        with meanwhile(rounds, moment, begin.act):
            answer = lms.launch(client, sub=NEWCOMER.subject, name="Nils Aas", context=RENAMED)
        begin.result()
    assert answer.status_code == 303
    assert sorted(names(rounds)) == ["Dr Helen Brandt", "Nils Aas"]


def test_a_submit_does_not_wait_for_the_column_that_is_just_found(rounds: Rounds) -> None:
    place = ward(rounds)
    place.score(place.helen, place.amara, "teamwork", 2)
    draft = place.draft(place.ruth, place.amara, "teamwork")
    content = place.content("teamwork", 4)
    with rounds.work() as unit:
        column = unit.session.scalars(select(GradeColumn)).one()
        column.maker = search = claim(place.activity, unit.now)
        column.lineitem_url, id = None, column.id
        unit.session.scalars(select(Passback)).one().last_code = COLUMN_UNKNOWN

    def submit() -> None:
        with rounds.work() as unit:
            unit.assessments.submit(place.ruth, draft, 1, content)

    with besides(submit) as begin:
        with meanwhile(rounds, "SELECT grade_column", begin.act), rounds.work() as unit:
            found = FoundColumn("https://lms.example.edu/items/2", Decimal(100))
            unit.columns.found(search, id, found, ours=False)
        begin.result()
    with rounds.reading() as unit:
        states = unit.session.scalars(select(Passback.state).order_by(Passback.stamp)).all()
        assert states == [SendState.SUPERSEDED, SendState.WAITING]


def test_a_column_that_is_replaced_while_the_lms_says_it_is_gone(rounds: Rounds) -> None:
    place = ward(rounds)
    place.score(place.helen, place.amara, "teamwork", 2)
    with rounds.work() as unit:
        message = unit.session.scalars(select(Passback)).one()
        message.state, message.column.competency_id = SendState.SENDING, "teamwork"
        sending, id = Job(message.id, message.generation), message.column_id
        message.column.maker = search = claim(place.activity, unit.now)

    def settle() -> None:
        with rounds.work() as unit:
            unit.deliveries.settle(sending, Answered(AnswerKind.REFUSED, "column-gone", 404))

    with besides(settle) as begin:
        with meanwhile(rounds, "SELECT grade_column", begin.act), rounds.work() as unit:
            found = FoundColumn("https://lms.example.edu/items/2", Decimal(100))
            unit.columns.found(search, id, found, ours=False)
        begin.result()
    with rounds.reading() as unit:
        assert unit.session.scalars(select(GradeColumn)).one().problem is None


def test_a_message_does_not_fall_asleep_while_its_column_is_found(rounds: Rounds) -> None:
    place = ward(rounds)
    place.score(place.helen, place.amara, "teamwork", 2)
    with rounds.work() as unit:
        message = unit.session.scalars(select(Passback)).one()
        message.column.maker = search = claim(place.activity, unit.now)
        message.column.lineitem_url = None
        waiting, id = Job(message.id, message.generation), message.column_id

    def find() -> None:
        with rounds.work() as unit:
            found = FoundColumn("https://lms.example.edu/items/2", Decimal(100))
            unit.columns.found(search, id, found, ours=False)

    with meanwhile(rounds, "SELECT NOT (EXISTS", find), rounds.work() as unit:
        assert unit.deliveries.take(waiting) is None
    with rounds.reading() as unit:
        assert unit.session.scalars(select(Passback.last_code)).one() is None
        assert unit.deliveries.owed(10) == [waiting]


class Beside:
    """Something that is begun in the middle of a transaction, and may have to wait for its end."""

    def __init__(self, pool: ThreadPoolExecutor, act: Callable[[], Any]) -> None:
        self._pool, self._act = pool, act

    def act(self) -> None:
        self._begun = self._pool.submit(self._act)
        wait([self._begun], timeout=0.5)

    def result(self) -> Any:
        return self._begun.result()


@contextmanager
def besides(act: Callable[[], Any]) -> Iterator[Beside]:
    with ThreadPoolExecutor(1) as pool:
        yield Beside(pool, act)


def course_of(rounds: Rounds) -> int:
    with rounds.reading() as unit:
        return unit.session.scalars(select(Course.id)).one()


def names(rounds: Rounds) -> list[str]:
    with rounds.reading() as unit:
        return list(unit.session.scalars(select(Person.name)))


def test_a_message_whose_job_takes_it_just_now_is_not_handed_over_again(rounds: Rounds) -> None:
    owing = debtor(rounds, "http://127.0.0.1:1")
    certificate = owing.certificate(rendered=False)
    unmade = owing.job(owing.owe_certificate(certificate))
    score = owing.job(owing.owe("95") or 0)
    with rounds.work() as unit:
        unit.session.get_one(Certificate, certificate).problem = "certificate-facts-faulty"

    def end() -> None:
        with rounds.work() as unit:
            assert unit.deliveries.take(unmade) is None

    with ThreadPoolExecutor(1) as threads:
        with rounds.work() as unit:
            assert unit.deliveries.take(score) is not None
            ending = threads.submit(end)
            wait([ending], timeout=1)
        ending.result()
    assert owing.states() == [SendState.REFUSED, SendState.SENDING]
    assert owing.job(score.id) == score
