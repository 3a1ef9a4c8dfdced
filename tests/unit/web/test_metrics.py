"""/metrics: for whoever brings the token, from rows alone, and about nobody."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update

from lti_tool.app import create_app
from lti_tool.lms.grades import Grades
from lti_tool.lms.http import Http
from lti_tool.lms.tokens import Tokens
from lti_tool.models.certificate import Certificate
from lti_tool.models.grade_service import GradeService
from lti_tool.models.passback import Passback
from lti_tool.models.tally import Tally
from lti_tool.services.delivery import deliver
from lti_tool.services.tallies import Event, Gathered
from lti_tool.services.unit import Rounds
from lti_tool.settings import SettingsError, load_settings
from tests.gradebook import Reply, serving
from tests.owing import Clock, Debtor, debtor
from tests.stand_in import TOP_LEVEL, StandIn

TOKEN = "sixteen-or-more-characters"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

Read = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return environment | {"ROUNDS_METRICS_TOKEN": TOKEN}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def owing(rounds: Rounds, clock: Clock) -> Debtor:
    return debtor(replace(rounds, clock=clock), "http://127.0.0.1:1")


def figures(client: FlaskClient) -> Read:
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def one(read: Read, name: str, **labels: str) -> float | None:
    return read.get((name, frozenset(labels.items())))


def test_it_needs_the_token(client: FlaskClient) -> None:
    good = client.get("/metrics", headers=BEARER)
    assert good.status_code == 200
    assert good.content_type == "text/plain; version=0.0.4; charset=utf-8"
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer t\u00f6ken"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
    ):
        refused = client.get("/metrics", headers=headers)
        assert (refused.status_code, refused.text) == (401, "metrics-token-wrong\n"), headers
        assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_without_the_setting_there_is_no_such_page(rounds: Rounds) -> None:
    plain = replace(rounds, settings=replace(rounds.settings, metrics_token=""))
    client = create_app(plain).test_client()
    for headers in ({}, BEARER, {"Authorization": "Bearer"}):
        there, nowhere = client.get("/metrics", headers=headers), client.get("/metricz")
        assert there.status_code == nowhere.status_code == 404


def test_a_token_that_is_too_short_stops_the_start(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="shorter than 16"):
        load_settings(environment | {"ROUNDS_METRICS_TOKEN": "fifteen-letters"})


def test_a_fault_of_counting_is_not_the_fault_of_the_page(
    rounds: Rounds, client: FlaskClient
) -> None:
    with rounds.work() as unit:
        unit.session.execute(text("DROP TABLE tally"))
    page = client.post("/lti/launch", data={"state": "x"})
    assert page.status_code == 400
    assert "launch-malformed" in page.text


def test_an_installation_that_did_nothing_yet_owes_nothing(client: FlaskClient) -> None:
    assert figures(client) == {
        ("rounds_certificates", frozenset({("state", "waiting")})): 0,
        ("rounds_certificates", frozenset({("state", "failed")})): 0,
        ("rounds_deliverers", frozenset()): 0,
    }


def test_what_is_owed_by_state_and_reason_with_the_age_of_the_oldest(
    owing: Debtor, clock: Clock
) -> None:
    client = create_app(owing.rounds).test_client()
    first = owing.owe("10")
    with owing.rounds.work() as unit:
        refused = update(Passback).where(Passback.id == first)
        unit.session.execute(refused.values(state="refused", last_code="not-enrolled"))
    clock.move(minutes=10)
    refused_alone = figures(client)
    labels = {"platform": "1", "state": "refused", "code": "not-enrolled"}
    assert one(refused_alone, "rounds_messages", **labels) == 1
    assert one(refused_alone, "rounds_messages_oldest_seconds", **labels) == 600
    owing.owe("20")
    clock.move(seconds=90)
    read = figures(client)
    assert one(read, "rounds_messages", **labels) is None, "newer news replaced it"
    labels = {"platform": "1", "state": "waiting", "code": "ok"}
    assert one(read, "rounds_messages", **labels) == 1
    assert one(read, "rounds_messages_oldest_seconds", **labels) == 90


def test_an_lms_that_takes_nothing_is_told_with_its_last_success(
    owing: Debtor, clock: Clock
) -> None:
    client = create_app(owing.rounds).test_client()
    with owing.rounds.work() as unit:
        row = GradeService(platform_id=1, ok_at=clock.now, code="keys-blocked", failures=4)
        unit.session.add(row)
    clock.move(minutes=20)
    read = figures(client)
    assert one(read, "rounds_gradebook_failures", platform="1", code="keys-blocked") == 4
    assert one(read, "rounds_gradebook_silence_seconds", platform="1") == 1200
    with owing.rounds.work() as unit:
        unit.session.execute(update(GradeService).values(ok_at=None, code=None, failures=0))
    read = figures(client)
    assert one(read, "rounds_gradebook_failures", platform="1", code="ok") == 0
    assert one(read, "rounds_gradebook_silence_seconds", platform="1") is None


def test_certificates_to_be_made_and_those_that_cannot_be(owing: Debtor) -> None:
    client = create_app(owing.rounds).test_client()
    owing.certificate(rendered=False)
    assert one(figures(client), "rounds_certificates", state="waiting") == 1
    with owing.rounds.work() as unit:
        unit.session.execute(update(Certificate).values(problem="render-failed"))
    read = figures(client)
    assert one(read, "rounds_certificates", state="waiting") == 0
    assert one(read, "rounds_certificates", state="failed") == 1


def test_deliverers_that_live_and_how_long_all_were_silent(owing: Debtor, clock: Clock) -> None:
    client = create_app(owing.rounds).test_client()
    with owing.rounds.work() as unit:
        unit.deliverers.enter("machine", 1)
    clock.move(seconds=7)
    read = figures(client)
    assert one(read, "rounds_deliverers") == 1
    assert one(read, "rounds_deliverer_silence_seconds") == 7
    clock.now += timedelta(seconds=owing.rounds.settings.engine_silence_seconds)
    assert one(figures(client), "rounds_deliverers") == 0
    with owing.rounds.work() as unit:
        unit.deliverers.leave("machine-0", 1)
    assert one(figures(client), "rounds_deliverer_silence_seconds") is None


def test_logins_and_launches_are_counted_by_outcome(lms: StandIn, client: FlaskClient) -> None:
    assert lms.launch(client).status_code == 303
    assert lms.launch(client).status_code == 303
    assert client.get("/lti/login", headers=TOP_LEVEL).status_code == 400
    assert client.post("/lti/launch", data={"state": "x"}).status_code == 400
    read = figures(client)
    good = {"platform": str(lms.platform.id), "outcome": "accepted", "code": "ok"}
    assert one(read, "rounds_login_seconds_count", **good) == 2
    assert one(read, "rounds_launch_seconds_count", **good) == 2
    spent = one(read, "rounds_launch_seconds_sum", **good)
    assert spent is not None
    assert spent > 0
    bad = {"platform": "0", "outcome": "refused"}
    assert one(read, "rounds_login_seconds_count", **bad, code="login-malformed") == 1
    assert one(read, "rounds_launch_seconds_count", **bad, code="launch-malformed") == 1


def test_answers_of_the_lms_are_counted_by_kind_and_code(rounds: Rounds, clock: Clock) -> None:
    with serving() as gradebook:
        owing = debtor(replace(rounds, clock=clock), gradebook.origin)
        id = owing.owe("10")
        assert id is not None
        http = Http(rounds.settings)
        grades = Grades(http, Tokens(owing.rounds, http))
        gradebook.answer_next(Reply(503, keep=False))
        deliver(owing.rounds, grades, owing.job(id))
        clock.move(hours=1)
        deliver(owing.rounds, grades, owing.job(id))
    read = figures(create_app(owing.rounds).test_client())
    found = {
        (labels["outcome"], labels["code"]): value
        for (name, pairs), value in read.items()
        if name == "rounds_delivery_seconds_count" and (labels := dict(pairs))
    }
    assert found == {("try-again", "platform-down"): 1, ("sent", "sent"): 1}


def test_a_count_is_the_sum_of_its_slots_and_none_is_kept_of_what_was_rolled_back(
    rounds: Rounds,
) -> None:
    for _ in range(40):
        with rounds.work() as unit:
            unit.tallies.count(Event.DELIVERY, 3, "sent", None, 0.25)
    with suppress(ZeroDivisionError), rounds.work() as unit:
        unit.tallies.count(Event.DELIVERY, 3, "sent", None, 0.25)
        raise ZeroDivisionError
    with rounds.reading() as unit:
        [count] = unit.tallies.all()
        slots = unit.session.query(Tally).count()
    assert (count.platform, count.outcome, count.code, count.times) == (3, "sent", "ok", 40)
    assert count.seconds == 10
    assert slots > 1


def test_it_names_nobody(lms: StandIn, client: FlaskClient) -> None:
    lms.launch(client)
    told = client.get("/metrics", headers=BEARER).text
    for word in ("http", "@", lms.platform.issuer):
        assert word not in told


def test_good_launches_are_gathered_and_written_together() -> None:
    now = [100.0]
    gathered = Gathered(5, clock=lambda: now[0])
    gathered.add(Event.LOGIN, 3, "accepted", 0.125)
    gathered.add(Event.LAUNCH, 3, "accepted", 0.5)
    gathered.add(Event.LAUNCH, 3, "accepted", 0.25)
    assert gathered.due() == []
    now[0] += 5
    launches, logins = gathered.due()  # in one order, whichever came first
    assert (launches.times, launches.seconds) == (2, 0.75)
    assert (logins.event, logins.times) == (Event.LOGIN, 1)
    now[0] += 5
    assert gathered.due() == []
