"""What each way to fail leads to: for its message, and for the LMS."""

import json
from datetime import timedelta

import pytest

from lti_tool.domain.passback import State
from lti_tool.services.grade_services import Condition
from tests.faults.lms import Fault, FaultyLms
from tests.owing import Debtor, debtor, owe_all
from tests.unit.services.grade_services.conftest import Engine, condition, end_of, owe

THROTTLED = Fault(403, "403 Forbidden (Rate Limit Exceeded)")
A_YEAR = {"Retry-After": "31536000"}
IN_A_MINUTE = {
    "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
    "Retry-After": "Sun, 22 Nov 2026 12:01:00 GMT",
}


@pytest.mark.parametrize(
    ("product", "fault", "code", "paused"),
    [
        ("other", Fault(500), "platform-down", None),
        ("other", Fault(500, half=True), "platform-down", None),
        ("other", Fault(503), "platform-down", None),
        ("other", Fault(503, headers={"Retry-After": "120"}), "platform-down", 120),
        ("other", Fault(502, "<h1>Bad gateway"), "platform-down", None),
        ("other", Fault(429), "throttled", 10),
        ("other", Fault(429, headers={"Retry-After": "120"}), "throttled", 120),
        ("other", Fault(429, headers=IN_A_MINUTE), "throttled", 60),
        ("other", Fault(429, headers=A_YEAR), "throttled", 86_400),
        ("other", Fault(429, headers={"Retry-After": "-5"}), "throttled", 10),
        ("other", Fault(429, headers={"Retry-After": "soon"}), "throttled", 10),
        ("canvas", THROTTLED, "throttled", 10),
        ("other", Fault(401), "token-refused", 10),
        ("moodle", Fault(401, '{"status": 401}'), "token-refused", 10),
        ("other", Fault(200, "<h1>Sign in"), "platform-answer-wrong", None),
        ("other", Fault(404, "<h1>Not here"), "platform-answer-wrong", None),
        ("other", Fault(302, headers={"Location": "/login"}), "platform-answer-wrong", None),
        ("other", Fault(silent=True), "platform-unreachable", None),
        ("other", Fault(drops=True), "platform-unreachable", None),
        ("other", Fault(drops=True, takes=True), "platform-unreachable", None),
        ("moodle", Fault(500), "platform-down", None),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_lms_is_waited_for_and_goes_by_itself(
    engine: Engine,
    lms: FaultyLms,
    product: str,
    fault: Fault,
    code: str,
    paused: int | None,
) -> None:
    owing = debtor(engine.rounds, lms.origin, product)
    id = owe(owing)
    lms.fault = fault
    (engine.with_little_patience() if fault.silent else engine).turn()
    assert end_of(owing, id) == (State.WAITING, code)
    known = condition(owing)
    assert (known.code, known.failures) == (code, 1)
    if paused is None:
        assert known.paused_until is None, "one answer is not yet the whole LMS's"
    else:
        wait = known.paused_until - engine.clock.now if known.paused_until else timedelta()
        assert timedelta(seconds=paused / 2) <= wait <= timedelta(seconds=paused)
    lms.recover()
    engine.clock.move(days=1)
    engine.turn()
    assert end_of(owing, id) == (State.SENT, None)
    assert condition(owing) == Condition(ok_at=engine.clock.now, failed_at=known.failed_at)
    assert len({call.stamp for call in lms.calls}) == 1, "the same message each time"


SKEW = Fault(400, '{"error": "invalid_client", "error_description": "JWT iat in the future"}')


@pytest.mark.parametrize(
    ("fault", "code", "paused"),
    [
        (Fault(503), "platform-answer-wrong", False),
        (Fault(500, "<h1>Error"), "platform-answer-wrong", False),
        (Fault(429), "platform-answer-wrong", False),
        (Fault(200, '{"half'), "platform-answer-wrong", False),
        (Fault(silent=True), "platform-unreachable", False),
        (Fault(drops=True), "platform-unreachable", False),
        (Fault(404, "<h1>Coding error"), "keys-blocked", True),
        (Fault(400, '{"error": "invalid_scope"}'), "scope-missing", True),
        (Fault(400, '{"error": "invalid_client"}'), "token-refused", True),
        (SKEW, "token-refused", True),
    ],
)
def test_a_token_service_that_fails_refuses_no_message(
    engine: Engine, lms: FaultyLms, owing: Debtor, fault: Fault, code: str, paused: bool
) -> None:
    ids = owe_all(owing.and_others(5))
    lms.of_tokens = fault
    (engine.with_little_patience() if fault.silent else engine).turn()
    assert {end_of(owing, id)[0] for id in ids} == {State.WAITING}
    assert end_of(owing, ids[0]) == (State.WAITING, code)
    known = condition(owing)
    assert known.paused_until is not None
    assert lms.calls == []
    assert lms.tokens == (1 if paused else 3), "shut out is shut out; away is away thrice in a row"
    lms.recover()
    engine.go_on(minutes=10)
    assert {end_of(owing, id) for id in ids} == {(State.SENT, None)}
    assert len(lms.taken) == len(ids)


@pytest.mark.parametrize(
    ("product", "fault", "code"),
    [
        ("other", Fault(404), "column-gone"),
        ("other", Fault(422), "score-refused"),
        ("other", Fault(403), "not-authorised"),
        ("moodle", Fault(400, "[]"), "not-a-student"),
        ("moodle", Fault(403, "[]"), "column-gone"),
        ("canvas", Fault(412), "column-gone"),
        (
            "canvas",
            Fault(401, "Access Token not linked to a Tool associated with this Context"),
            "tool-removed",
        ),
    ],
)
def test_what_is_wrong_with_a_message_tells_that_the_lms_works(
    engine: Engine, lms: FaultyLms, product: str, fault: Fault, code: str
) -> None:
    owing = debtor(engine.rounds, lms.origin, product)
    lms.fault = Fault(503)
    id = owe(owing)
    engine.turn()
    assert condition(owing).failures == 1
    lms.fault = fault
    engine.go_on(minutes=1)
    assert end_of(owing, id) == (State.REFUSED, code)
    assert condition(owing).failures == 0


@pytest.mark.parametrize("fault", [Fault(409), Fault(409, takes=True)])
def test_a_stamp_called_old_is_compared_or_replaced(
    engine: Engine, lms: FaultyLms, owing: Debtor, fault: Fault
) -> None:
    id = owe(owing)
    lms.fault = fault
    engine.turn()
    lms.fault = None
    engine.go_on(minutes=1)
    assert end_of(owing, id)[0] == State.SENT
    assert len(lms.calls) == (1 if fault.takes else 2)
    assert list(lms.shown().values()) == [80]


def test_a_canvas_that_holds_an_older_clocks_stamp_gets_a_newer_one(
    engine: Engine, lms: FaultyLms
) -> None:
    """canvas-lms answers 400 to a stamp before that of our last accepted post; a restored backup
    may have forgotten it."""
    owing = debtor(engine.rounds, lms.origin, "canvas")
    id = owe(owing)
    lms.fault = Fault(400, "Provided timestamp of 2 before last updated timestamp of 3")
    engine.turn()
    assert end_of(owing, id) == (State.WAITING, "older-stamp")
    lms.fault = None
    engine.go_on(minutes=1)
    first, second = lms.calls
    assert first.stamp < second.stamp
    assert end_of(owing, id) == (State.SENT, None)


def test_stamps_that_are_always_too_old_come_to_an_end(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    id = owe(owing)
    lms.fault = Fault(409)
    engine.go_on(hours=1)
    assert end_of(owing, id) == (State.REFUSED, "older-stamp")
    assert len(lms.calls) == 5


# -- Tokens ----------------------------------------------------------------------------------------


def test_an_lms_that_takes_no_token_is_asked_for_few(
    engine: Engine, lms: FaultyLms, owing: Debtor
) -> None:
    for one in owing.and_others(49):
        owe(one)
    lms.fault = Fault(401)
    engine.turn()
    assert (lms.tokens, len(lms.calls)) == (2, 2), "one new token, and no further message"


# -- Files -----------------------------------------------------------------------------------------


def test_nobody_waits_for_word_of_a_file_longer_than_it_is_offered(
    engine: Engine, lms: FaultyLms
) -> None:
    owing = debtor(engine.rounds, lms.origin, "canvas")
    items = [{"type": "file", "progress": f"{lms.origin}/fetched/1"}]
    body = {"https://canvas.instructure.com/lti/submission": {"content_items": items}}
    lms.fault = Fault(200, json.dumps(body), takes=True)
    id = owing.owe_certificate(owing.certificate())
    lms.of_results = Fault(500)
    engine.turn()
    assert end_of(owing, id)[0] == State.FETCHING
    for _ in range(6):
        engine.clock.move(days=1)
        engine.turn()
    assert end_of(owing, id) == (State.FETCHING, "platform-down")
    engine.clock.move(days=1)
    engine.turn()
    assert end_of(owing, id) == (State.SENT, "fetch-unconfirmed")
