"""What each product departs in: payloads, meanings of answers, custom parameters."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from lti_tool.domain.passback import File, Kind, Message, View
from lti_tool.lms.http import Answer
from lti_tool.lms.products.base import Answered, AnswerKind, Product
from lti_tool.lms.products.choose import PRODUCTS, choose, guess

STAMP = datetime(2026, 10, 1, 14, 22, 31, 482_000, tzinfo=UTC)
SCORED = datetime(2026, 10, 1, 14, 20, 5, tzinfo=UTC)
SUBMISSION = "https://canvas.instructure.com/lti/submission"


def message(score: str | None = "80.2", **changes: Any) -> Message:
    return Message(
        kind=changes.pop("kind", Kind.SCORE),
        user="u-1",
        score=score,
        maximum="100",
        comment=changes.pop("comment", "Standard met."),
        at=SCORED,
        **changes,
    )


def certificate(score: str | None = "80.2") -> Message:
    file = File("https://rounds.example.org/certificates/t.pdf", "certificate.pdf")
    return message(score, kind=Kind.CERTIFICATE, file=file)


def payload(product: str, said: Message, stamp: datetime = STAMP) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(choose(product).grade(said, stamp).get_value())
    return found


def read(product: str, status: int, body: str = "", **headers: str) -> Answered:
    answer = Answer(
        status, {k.replace("_", "-"): v for k, v in headers.items()}, body.encode(), True, ""
    )
    return choose(product).read_answer(answer)


# -- Which product ---------------------------------------------------------------------------------


def test_products_are_chosen_by_name_and_guessed_by_family() -> None:
    assert PRODUCTS == ("canvas", "moodle", "other")
    assert [choose(name).name for name in PRODUCTS] == list(PRODUCTS)
    assert choose("long gone").name == "other"
    assert [guess(code) for code in ("canvas", "moodle", "sakai", None)] == [
        "canvas",
        "moodle",
        "other",
        "other",
    ]


# -- Scores ----------------------------------------------------------------------------------------


def test_a_score_says_what_the_page_shows() -> None:
    assert payload("other", message()) == {
        "userId": "u-1",
        "timestamp": "2026-10-01T14:22:31.482Z",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 80.2,
        "scoreMaximum": 100,
        "comment": "Standard met.",
    }


@pytest.mark.parametrize(("decimal", "number"), [("80.2", "80.2"), ("100", "100"), ("0", "0")])
def test_numbers_are_written_as_they_read(decimal: str, number: str) -> None:
    written = choose("other").grade(message(decimal), STAMP).get_value()
    assert f'"scoreGiven": {number},' in written


def test_stamps_are_utc_whatever_zone_they_come_in() -> None:
    there = STAMP.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert payload("other", message(), there)["timestamp"] == "2026-10-01T14:22:31.482Z"


@pytest.mark.parametrize("product", PRODUCTS)
def test_no_score_is_sent_as_graded_with_nothing_which_clears(product: str) -> None:
    sent = payload(product, message(None, comment=None))
    assert sent["gradingProgress"] == "FullyGraded"
    assert not {"scoreGiven", "scoreMaximum", "comment"} & sent.keys()


def test_a_score_is_no_attempt_on_canvas() -> None:
    sent = payload("canvas", message())
    assert sent[SUBMISSION] == {"new_submission": False}
    assert "submission" not in sent


def test_a_certificate_on_canvas_carries_the_file_and_keeps_the_grade() -> None:
    sent = payload("canvas", certificate())
    assert sent[SUBMISSION] == {
        "new_submission": True,
        "content_items": [
            {
                "type": "file",
                "url": "https://rounds.example.org/certificates/t.pdf",
                "title": "certificate.pdf",
                "media_type": "application/pdf",
            }
        ],
    }
    assert sent["submission"] == {"submittedAt": "2026-10-01T14:20:05.000Z"}
    assert (sent["scoreGiven"], sent["gradingProgress"]) == (80.2, "FullyGraded")


def test_a_certificate_without_a_score_leaves_canvas_grade_alone() -> None:
    assert payload("canvas", certificate(None))[SUBMISSION]["preserve_score"] is True


def test_repeating_a_certificate_is_the_same_attempt() -> None:
    later = STAMP + timedelta(hours=1)
    first, second = payload("canvas", certificate()), payload("canvas", certificate(), later)
    assert first["submission"] == second["submission"]


@pytest.mark.parametrize("product", ["moodle", "other"])
def test_no_file_goes_where_none_is_taken(product: str) -> None:
    assert payload(product, certificate()) == payload(product, message())


def test_only_what_attaches_a_file_is_harmful_to_repeat() -> None:
    assert not choose("canvas").harmless_to_repeat(certificate())
    assert choose("canvas").harmless_to_repeat(message())
    assert choose("moodle").harmless_to_repeat(certificate())


def viewed() -> Message:
    return message(view=View("https://rounds.example.org/lti/launch?activity=a&intern=i", SCORED))


def test_a_live_view_on_canvas_is_opened_by_a_launch_and_is_one_attempt() -> None:
    sent = payload("canvas", viewed())
    assert sent[SUBMISSION] == {
        "new_submission": True,
        "submission_type": "basic_lti_launch",
        "submission_data": "https://rounds.example.org/lti/launch?activity=a&intern=i",
    }
    assert sent["submission"] == {"submittedAt": "2026-10-01T14:20:05.000Z"}
    assert (
        payload("canvas", viewed(), STAMP + timedelta(days=9))["submission"] == (sent["submission"])
    )
    assert choose("canvas").harmless_to_repeat(viewed())


@pytest.mark.parametrize("product", ["moodle", "other"])
def test_no_view_goes_where_none_is_opened(product: str) -> None:
    assert not choose(product).live_view
    assert payload(product, viewed()) == payload(product, message())


# -- Answers ---------------------------------------------------------------------------------------

CANVAS = '{{"errors": {{"type": "x", "message": "{}"}}}}'.format
MOODLE_401 = '{"status": 401, "reason": "This resource does not support POST requests."}'
UNPUBLISHED = (
    '{"errors":[{"field":"grade","message":"cannot be changed at this time: '
    'This assignment is still unpublished","error_code":null}]}'
)


@pytest.mark.parametrize(
    ("product", "status", "body", "kind", "code"),
    [
        ("other", 200, "", "sent", "sent"),
        ("other", 204, "", "sent", "sent"),
        ("other", 201, '{"resultUrl": "x"}', "sent", "sent"),
        ("other", 200, "<!doctype html><title>Sign in", "try-again", "platform-answer-wrong"),
        ("other", 404, "\n<html>moved", "try-again", "platform-answer-wrong"),
        ("other", 302, "", "try-again", "platform-answer-wrong"),
        ("other", 400, "{}", "refused", "score-refused"),
        ("other", 401, "", "try-again", "token-refused"),
        ("other", 403, "", "refused", "not-authorised"),
        ("other", 404, "", "refused", "column-gone"),
        ("other", 409, "", "uncertain", "older-stamp"),
        ("other", 422, "", "refused", "score-refused"),
        ("other", 429, "", "try-again", "throttled"),
        ("other", 500, "<h1>Error", "try-again", "platform-down"),
        ("other", 503, "", "try-again", "platform-down"),
        ("moodle", 200, "", "sent", "sent"),
        ("moodle", 400, "[]", "refused", "not-a-student"),
        ("moodle", 403, "[]", "refused", "column-gone"),
        ("moodle", 404, "[]", "refused", "column-gone"),
        ("moodle", 409, "[]", "uncertain", "older-stamp"),
        ("moodle", 500, "[]", "try-again", "locked"),
        ("moodle", 500, "<h1>Error", "try-again", "platform-down"),
        ("moodle", 500, "", "try-again", "platform-down"),
        ("moodle", 401, MOODLE_401, "try-again", "token-refused"),
        ("moodle", 503, "<h1>Maintenance", "try-again", "platform-down"),
        (
            "canvas",
            400,
            CANVAS("Provided timestamp of 2 before last updated timestamp of 3"),
            "uncertain",
            "older-stamp",
        ),
        ("canvas", 400, CANVAS("userId is missing"), "refused", "score-refused"),
        ("canvas", 401, CANVAS("Insufficient permissions"), "try-again", "scope-missing"),
        ("canvas", 401, CANVAS("Unknown or inactive Developer Key"), "try-again", "token-refused"),
        (
            "canvas",
            401,
            CANVAS("Access Token not linked to a Tool associated with this Context"),
            "refused",
            "tool-removed",
        ),
        ("canvas", 403, "403 Forbidden (Rate Limit Exceeded)", "try-again", "throttled"),
        ("canvas", 403, CANVAS("no"), "refused", "not-authorised"),
        ("canvas", 404, "", "refused", "column-gone"),
        ("canvas", 412, CANVAS("Tool does not have permission"), "refused", "column-gone"),
        (
            "canvas",
            422,
            CANVAS("User not found in course or is not a student"),
            "refused",
            "not-a-student",
        ),
        ("canvas", 422, UNPUBLISHED, "refused", "unpublished"),
        (
            "canvas",
            422,
            CANVAS("The maximum number of allowed attempts has been reached for this submission"),
            "refused",
            "attempts-used-up",
        ),
        ("canvas", 422, CANVAS("This course has concluded."), "refused", "course-over"),
        ("canvas", 422, CANVAS("cannot be changed at this time"), "refused", "locked"),
        ("canvas", 422, CANVAS("ScoreMaximum"), "refused", "score-refused"),
        ("canvas", 504, CANVAS("file url timed out"), "refused", "file-not-fetched"),
        ("canvas", 504, "", "try-again", "platform-down"),
    ],
)  # fmt: skip
def test_what_answers_mean(product: str, status: int, body: str, kind: str, code: str) -> None:
    found = read(product, status, body)
    assert (found.kind, found.code, found.status) == (kind, code, status)


def test_a_wait_the_lms_asks_for_is_passed_on() -> None:
    assert read("canvas", 503, Retry_After="30").retry_after == 30


def test_a_locked_grade_is_not_tried_for_ever() -> None:
    assert read("moodle", 500, "[]").tries == 10
    for body in ("", "<h1>Error"):
        assert read("moodle", 500, body).tries is None, "not from the grade service"
    assert read("other", 500) == Answered(AnswerKind.TRY_AGAIN, "platform-down", 500)


def answer(status: int, body: str) -> Answer:
    return Answer(status, {}, body.encode(), True, "https://school.example.org/scores")


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ({SUBMISSION: {"content_items": [{"progress": "https://a.example.org/7"}]}}, True),
        ({SUBMISSION: {"content_items": [{"type": "file"}]}}, False),
        ({SUBMISSION: {"content_items": [{"progress": 7}]}}, False),
        ({SUBMISSION: {"content_items": [{"progress": "x" * 2001}]}}, False),
        ({SUBMISSION: {"content_items": []}}, False),
        ({SUBMISSION: []}, False),
        ({"resultUrl": "https://a.example.org/8"}, False),
        ([], False),
    ],
)
def test_canvas_tells_where_a_fetch_can_be_followed(body: object, address: bool) -> None:
    expected = "https://a.example.org/7" if address else None
    assert choose("canvas").progress_url(answer(200, json.dumps(body))) == expected
    assert choose("moodle").progress_url(answer(200, json.dumps(body))) is None


def test_an_answer_that_is_not_json_tells_of_no_fetch() -> None:
    assert choose("canvas").progress_url(answer(200, "thanks")) is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, '{"workflow_state": "completed"}', "sent", "sent"),
        (200, '{"workflow_state": "failed"}', "refused", "file-not-fetched"),
        (200, '{"workflow_state": "queued"}', "try-again", "file-awaited"),
        (200, '{"workflow_state": "running"}', "try-again", "file-awaited"),
        (200, '{"workflow_state": "lost"}', "sent", "fetch-unconfirmed"),
        (200, "null", "sent", "fetch-unconfirmed"),
        (200, "", "sent", "fetch-unconfirmed"),
        (200, "<h1>Sign in", "try-again", "platform-answer-wrong"),
        (401, CANVAS("Insufficient permissions"), "sent", "fetch-unconfirmed"),
        (403, "", "sent", "fetch-unconfirmed"),
        (403, "403 Forbidden (Rate Limit Exceeded)", "try-again", "throttled"),
        (404, "", "sent", "fetch-unconfirmed"),
        (422, "", "sent", "fetch-unconfirmed"),
        (429, "", "try-again", "throttled"),
        (500, "", "try-again", "platform-down"),
    ],
)
def test_what_became_of_a_file(status: int, body: str, kind: str, code: str) -> None:
    found = choose("canvas").read_progress(answer(status, body))
    assert (found.kind, found.code, found.status) == (kind, code, status)


def test_only_a_fetch_that_stands_still_is_given_up() -> None:
    def tries(status: int, body: str) -> int | None:
        return choose("canvas").read_progress(answer(status, body)).tries

    assert tries(200, '{"workflow_state": "queued"}') == 14
    assert tries(503, "") is None


# -- Launches --------------------------------------------------------------------------------------


def test_custom_parameters_without_a_value_are_dropped() -> None:
    custom = {"a": "1", "b": "$Foo.bar", "c": None, "d": ["x"], "e": "", 3: "x"}
    assert Product().clean_custom(custom) == {"a": "1", "e": ""}
    assert Product().clean_custom(None) == Product().clean_custom(["a"]) == {}


@pytest.mark.parametrize(
    ("said", "zone"),
    [("Europe/Vienna", "Europe/Vienna"), ("99", None), ("", None), ("../../etc/passwd", None),
     ("Europe", None), ("Mars/Base", None)],
)  # fmt: skip
def test_only_real_time_zones_count(said: str, zone: str | None) -> None:
    assert choose("moodle").time_zone({"timezone": said}) == zone
    assert choose("moodle").time_zone({}) is None


def test_canvas_names_roles_of_its_own() -> None:
    assert choose("canvas").role_name({"membership_roles": "Clinical Preceptor"}) == (
        "Clinical Preceptor"
    )
    assert choose("canvas").role_name({}) is None
    assert choose("moodle").role_name({"membership_roles": "x"}) is None


@pytest.mark.parametrize(
    ("told", "allowed"),
    [(3, 3), ("3", 3), (-1, 0), ("-1", 0), ("", 0), (True, None), (None, None), ("9" * 9, 0),
     ("$Canvas.assignment.allowedAttempts", None)],
)  # fmt: skip
def test_canvas_tells_how_many_attempts_it_allows(told: object, allowed: int | None) -> None:
    canvas = choose("canvas")
    custom = canvas.clean_custom({"allowed_attempts": told})
    assert canvas.attempts(custom) == allowed
    assert choose("moodle").attempts({"allowed_attempts": "3"}) is None


def test_the_departures_that_others_ask_for() -> None:
    def asked(name: str) -> tuple[bool, ...]:
        product = choose(name)
        return (
            product.roster_confirms_leads,
            product.frame_resize,
            product.whole_second_stamps,
            product.comment_each_time,
            product.certificate_as_file,
        )

    assert asked("canvas") == (False, True, False, False, True)
    assert asked("moodle") == (True, False, True, True, False)
    assert asked("other") == (False, False, False, True, False)


def test_a_school_is_called_by_its_full_name() -> None:
    assert choose("canvas").school("North River University", "") == "North River University"
    assert choose("moodle").school("NRU", "North River University") == "North River University"
    assert choose("moodle").school("NRU", "") == "NRU"
