"""Scores sent to a stub of a gradebook, and read back."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from lti_tool.domain.errors import ColumnGone, PlatformAnswerWrong
from lti_tool.domain.grade_service import Trouble
from lti_tool.domain.passback import File, Kind, Message
from lti_tool.lms.grades import Grades, ShownResult
from lti_tool.lms.http import Http
from lti_tool.lms.products.base import Answered, AnswerKind
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Platform
from lti_tool.services.unit import Rounds
from tests.platform_stub import PlatformStub, Reply
from tests.unit.lms.conftest import GRANTED, register

STAMP = datetime(2026, 10, 1, 14, 22, 31, 482_000, tzinfo=UTC)
SCORE = Message(Kind.SCORE, "u-1", "80.2", "100", "Standard met.", STAMP)
CERTIFICATE = Message(
    Kind.CERTIFICATE, "u-1", "80.2", "100", None, STAMP, File("https://rounds.test/c", "c.pdf")
)
SCORES, RESULTS = "/columns/9/scores", "/columns/9/results"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database is enough: what is stored here are tokens, and test_tokens.py tries both."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'rounds.db')}"


@pytest.fixture
def grades(http: Http, tokens: Tokens) -> Grades:
    return Grades(http, tokens)


@pytest.fixture
def canvas(rounds: Rounds, stub: PlatformStub) -> Platform:
    return register(rounds, stub, "client-canvas", "canvas")


def send(
    grades: Grades, stub: PlatformStub, platform: Platform, message: Message = SCORE
) -> Answered:
    return grades.send(platform, stub.url("/columns/9?type_id=3"), message, STAMP)


# -- Sending ---------------------------------------------------------------------------------------


def test_a_score_goes_to_the_column_with_its_query_kept(
    grades: Grades, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers(SCORES, Reply(status=204))
    assert send(grades, stub, platform) == Answered(AnswerKind.SENT, "sent", 204)
    [asked] = stub.asked_for(SCORES)
    assert asked.path == "/columns/9/scores?type_id=3"
    assert asked.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert asked.headers["Authorization"] == "Bearer t-1"
    assert asked.document["scoreGiven"] == 80.2
    assert asked.document["timestamp"] == "2026-10-01T14:22:31.482Z"


def test_a_refused_token_is_renewed_once(
    grades: Grades, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/token", GRANTED, GRANTED | {"access_token": "t-2"})
    stub.answers(SCORES, Reply(status=401), Reply(status=200))
    assert send(grades, stub, platform).kind is AnswerKind.SENT
    first, second = stub.asked_for(SCORES)
    assert second.headers["Authorization"] == "Bearer t-2"
    assert first.body == second.body


def test_threads_whose_token_is_refused_at_once_ask_for_one_new_token(
    grades: Grades, stub: PlatformStub, platform: Platform
) -> None:
    def for_the_second(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200 if handler.headers["Authorization"] == "Bearer t-2" else 401)
        handler.send_header("Content-Length", "0")
        handler.send_header("Connection", "close")
        handler.end_headers()

    stub.answers("/token", GRANTED, *(GRANTED | {"access_token": f"t-{n}"} for n in (2, 3, 4)))
    stub.answers(SCORES, Reply(raw=for_the_second))
    with ThreadPoolExecutor(8) as threads:
        found = [threads.submit(send, grades, stub, platform) for _ in range(24)]
    assert {one.result().kind for one in found} == {AnswerKind.SENT}
    assert len(stub.asked_for("/token")) == 2


def test_a_second_refusal_is_one(grades: Grades, stub: PlatformStub, platform: Platform) -> None:
    stub.answers(SCORES, Reply(status=401))
    assert send(grades, stub, platform).code == "token-refused"
    assert len(stub.asked_for(SCORES)) == 2


@pytest.mark.parametrize(
    ("token", "kind", "code"),
    [
        (Reply("<h1>Error", 404), "try-again", "keys-blocked"),
        (Reply({"error": "invalid_scope"}, 400), "try-again", "scope-missing"),
        (Reply({"error": "invalid_client"}, 400), "try-again", "token-refused"),
        (Reply({}, 503), "try-again", "platform-answer-wrong"),
        (Reply(raw=lambda handler: None), "try-again", "platform-unreachable"),
    ],
)
@pytest.mark.parametrize("message", [SCORE, CERTIFICATE])
def test_without_a_token_the_column_is_not_asked(
    grades: Grades,
    stub: PlatformStub,
    canvas: Platform,
    token: Reply,
    kind: str,
    code: str,
    message: Message,
) -> None:
    stub.answers("/token", token)
    answered = send(grades, stub, canvas, message)
    assert (answered.kind, answered.code) == (kind, code)
    assert stub.asked_for(SCORES) == []


def test_an_address_that_may_not_be_called_is_waited_for(
    grades: Grades, platform: Platform
) -> None:
    answered = grades.send(platform, "https://10.0.0.1/columns/9", SCORE, STAMP)
    assert answered == Answered(AnswerKind.TRY_AGAIN, "column-address-refused")
    assert answered.trouble is None, "a column's own, and no other's"


def test_an_address_of_the_token_service_is_in_everybodys_way(
    grades: Grades, stub: PlatformStub, platform: Platform
) -> None:
    platform.auth_token_url = "https://10.0.0.1/token"
    answered = send(grades, stub, platform)
    assert answered == Answered(AnswerKind.TRY_AGAIN, "address-refused")
    assert answered.trouble is Trouble.BARRED


# -- Twice or not ----------------------------------------------------------------------------------

LOST = [
    Reply(raw=lambda handler: None),
    Reply(raw=lambda handler: time.sleep(1.2)),
    Reply(status=500),
    Reply(status=504),
    Reply("<h1>Sign in"),
]
NOT_TAKEN = [Reply(status=503), Reply(status=429), Reply("Rate Limit Exceeded", 403)]


@pytest.mark.parametrize("reply", [*LOST, *NOT_TAKEN])
def test_a_score_is_said_again(
    grades: Grades, stub: PlatformStub, canvas: Platform, reply: Reply
) -> None:
    stub.answers(SCORES, reply)
    assert send(grades, stub, canvas, SCORE).kind is AnswerKind.TRY_AGAIN


@pytest.mark.parametrize("reply", LOST)
def test_a_file_that_may_have_arrived_waits_for_a_person(
    grades: Grades, stub: PlatformStub, canvas: Platform, reply: Reply
) -> None:
    stub.answers(SCORES, reply)
    assert send(grades, stub, canvas, CERTIFICATE).kind is AnswerKind.UNCERTAIN


@pytest.mark.parametrize("reply", NOT_TAKEN)
def test_a_file_that_was_not_looked_at_is_sent_again(
    grades: Grades, stub: PlatformStub, canvas: Platform, reply: Reply
) -> None:
    stub.answers(SCORES, reply)
    assert send(grades, stub, canvas, CERTIFICATE).kind is AnswerKind.TRY_AGAIN


def test_a_done_whose_words_broke_off_is_done(
    grades: Grades, stub: PlatformStub, canvas: Platform
) -> None:
    half = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"resultUrl'
    reply = Reply(raw=lambda handler: (handler.wfile.write(half), None)[1])
    stub.answers(SCORES, reply)
    assert send(grades, stub, canvas, CERTIFICATE).kind is AnswerKind.SENT


# -- A file that is fetched later ------------------------------------------------------------------

FETCH = "/progress/7"


def taken(progress: str) -> Reply:
    items = [{"type": "file", "progress": progress}]
    return Reply({"https://canvas.instructure.com/lti/submission": {"content_items": items}})


def test_a_file_that_is_still_to_be_fetched_is_awaited(
    grades: Grades, stub: PlatformStub, canvas: Platform
) -> None:
    stub.answers(SCORES, taken(stub.url(FETCH)))
    fetching = Answered(AnswerKind.FETCHING, "file-awaited", 200, progress_url=stub.url(FETCH))
    assert send(grades, stub, canvas, CERTIFICATE) == fetching
    assert send(grades, stub, canvas, SCORE) == Answered(AnswerKind.SENT, "sent", 200)


@pytest.mark.parametrize(
    "progress",
    [
        "http://127.0.0.1:1/progress/7",
        "https://elsewhere.example.org/7",
        "/progress/7",
        "http://[7",
    ],
)
def test_no_token_goes_where_an_answer_points_elsewhere(
    grades: Grades, stub: PlatformStub, canvas: Platform, progress: str
) -> None:
    stub.answers(SCORES, taken(progress))
    unconfirmed = Answered(AnswerKind.SENT, "fetch-unconfirmed", 200)
    assert send(grades, stub, canvas, CERTIFICATE) == unconfirmed


def test_a_look_has_a_token_for_nothing_else(
    grades: Grades, stub: PlatformStub, canvas: Platform
) -> None:
    stub.answers("/token", GRANTED, GRANTED | {"access_token": "t-2"})
    address = stub.answers(FETCH, Reply(status=401), {"workflow_state": "completed"})
    assert grades.look(canvas, address) == Answered(AnswerKind.SENT, "sent", 200)
    assert [asked.headers["Authorization"] for asked in stub.asked_for(FETCH)] == [
        "Bearer t-1",
        "Bearer t-2",
    ]
    scope = "https://canvas.instructure.com/lti-ags/progress/scope/show"
    assert {asked.form["scope"] for asked in stub.asked_for("/token")} == {scope}


@pytest.mark.parametrize(
    ("token", "kind", "code"),
    [
        (Reply({"error": "invalid_scope"}, 400), "sent", "fetch-unconfirmed"),
        (Reply({"error": "invalid_client"}, 400), "sent", "fetch-unconfirmed"),
        (Reply({}, 503), "try-again", "platform-answer-wrong"),
        (Reply(raw=lambda handler: None), "try-again", "platform-unreachable"),
    ],
)
def test_without_a_token_for_it_a_fetch_stays_unconfirmed(
    grades: Grades, stub: PlatformStub, canvas: Platform, token: Reply, kind: str, code: str
) -> None:
    stub.answers("/token", token)
    answered = grades.look(canvas, stub.url(FETCH))
    assert (answered.kind, answered.code) == (kind, code)
    assert stub.asked_for(FETCH) == []


# -- Reading back ----------------------------------------------------------------------------------


def result(grades: Grades, stub: PlatformStub, platform: Platform) -> ShownResult | None:
    return grades.result(platform, stub.url("/columns/9?type_id=3"), "u 1")


def test_what_the_gradebook_shows_is_read_back(
    grades: Grades, stub: PlatformStub, platform: Platform
) -> None:
    shown = {"userId": "u 1", "resultScore": 16.04, "resultMaximum": 20, "comment": "Good", "x": 1}
    stub.answers(RESULTS, [{"userId": "u-2", "resultScore": 1}, shown])
    assert result(grades, stub, platform) == ShownResult(Decimal("16.04"), Decimal(20), "Good")
    [asked] = stub.asked_for(RESULTS)
    assert asked.path == "/columns/9/results?type_id=3&user_id=u%201"
    assert asked.headers["Accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"


def test_an_empty_cell_and_no_cell_are_told_apart(
    grades: Grades, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers(RESULTS, [{"userId": "u 1"}], [])
    assert result(grades, stub, platform) == ShownResult(None, None, None)
    assert result(grades, stub, platform) is None


def test_a_whole_column_is_read_page_after_page_before_the_query(
    grades: Grades, stub: PlatformStub, platform: Platform
) -> None:
    more = {"Link": '</columns/9/results/2?type_id=3>; rel="next"'}
    one = {"userId": "u-1", "resultScore": 16, "resultMaximum": 20}
    stub.answers(RESULTS, Reply([one], headers=more))
    stub.answers("/columns/9/results/2", [{"userId": "u-2", "resultMaximum": 20}])
    found = grades.results(platform, stub.url("/columns/9?type_id=3"))
    assert found == {
        "u-1": ShownResult(Decimal(16), Decimal(20), None),
        "u-2": ShownResult(None, Decimal(20), None),
    }
    assert stub.asked_for(RESULTS)[0].path == "/columns/9/results?type_id=3", "and no limit"


def test_a_column_that_is_gone_has_no_results(
    grades: Grades, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers(RESULTS, Reply("<html>", 404))
    with pytest.raises(ColumnGone):
        grades.results(platform, stub.url("/columns/9"))


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"results": []}),
        Reply([1]),
        Reply([{"userId": 3}]),
        Reply([{"userId": "u 1", "resultScore": "NaN"}]),
        Reply([{"userId": "u 1", "resultScore": 1e300}]),
        Reply([{"userId": "u 1", "resultScore": 1, "resultMaximum": [20]}]),
        Reply([], headers={"Link": '<http://[7>; rel="next"'}),
        Reply("<html>", 404),
        Reply([], headers={"Link": '<https://elsewhere.example.org/>; rel="next"'}),
    ],
)
def test_what_is_no_list_of_results_is_refused(
    grades: Grades, stub: PlatformStub, platform: Platform, reply: Reply
) -> None:
    stub.answers(RESULTS, reply)
    with pytest.raises(PlatformAnswerWrong):
        result(grades, stub, platform)
