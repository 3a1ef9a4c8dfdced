"""The canvas flavour takes scores as Canvas does: what counts, what clears, what is refused."""

from typing import Any

import pytest
import requests

from tests.unit.sandbox.conftest import (
    LINE_ITEM,
    RESULT,
    RESULTS_TYPE,
    SCORE,
    SCORE_TYPE,
    SUBMISSION,
    Lms,
    beside,
    stamp,
)


def refused(answer: requests.Response) -> tuple[int, str]:
    """Status and type of a tool-level error."""
    error = answer.json()["errors"]
    assert error["message"]
    return answer.status_code, error["type"]


def result(canvas: Lms) -> dict[str, Any]:
    address = beside(canvas.column(), "results")
    rows: list[dict[str, Any]] = canvas.call("GET", address, RESULT, RESULTS_TYPE).json()
    return rows[0]


# -- what sets a grade and what clears it ----------------------------------------------------------


def test_a_score_is_set_to_the_columns_scale(canvas: Lms) -> None:
    assert canvas.score(activity="week-four", scoreGiven=42, scoreMaximum=50).ok
    assert canvas.cell("amara", "week-four")["score"] == 16.8


def test_more_than_the_maximum_is_extra_credit(canvas: Lms) -> None:
    assert canvas.score(scoreGiven=110).ok
    assert canvas.cell("amara")["score"] == 110


@pytest.mark.parametrize(
    "bend",
    [
        {"gradingProgress": "PendingManual", "scoreGiven": None, "scoreMaximum": None},
        {"gradingProgress": "Pending"},
        {"gradingProgress": "NotReady"},
        {"gradingProgress": "Failed"},
        {"scoreGiven": None, "scoreMaximum": None},
    ],
    ids=["no score yet", "pending", "not ready", "failed", "graded without a score"],
)
def test_whatever_is_no_grade_clears_the_grade(canvas: Lms, bend: dict[str, Any]) -> None:
    canvas.score()
    assert canvas.score(**bend).ok
    assert canvas.cell("amara")["score"] is None


def test_a_pending_score_counts_and_asks_for_grading(canvas: Lms) -> None:
    canvas.score(gradingProgress="PendingManual")
    cell = canvas.cell("amara")
    assert (cell["score"], cell["needs_grading"]) == (80, True)


def test_preserve_score_leaves_the_grade_and_parts_the_result(canvas: Lms) -> None:
    canvas.score()
    bend = {"scoreGiven": None, "scoreMaximum": None, "gradingProgress": "Pending"}
    canvas.score(**bend, comment="Half way", **{SUBMISSION: {"preserve_score": True}})
    cell = canvas.cell("amara")
    assert cell["score"] == 80
    assert cell["comments"][0]["text"] == "Half way"
    assert result(canvas)["resultScore"] is None


def test_prioritised_other_grades_stay(canvas: Lms) -> None:
    canvas.score()
    canvas.score(scoreGiven=20, **{SUBMISSION: {"prioritize_non_tool_grade": True}})
    assert canvas.cell("amara")["score"] == 80


def test_a_teachers_grade_moves_the_result_but_not_its_time(canvas: Lms) -> None:
    canvas.score(scoreGiven=8, scoreMaximum=10, timestamp=stamp(-60))
    canvas.control("grade", activity="competencies", person="amara", override=55)
    assert canvas.cell("amara")["score"] == 55
    assert (result(canvas)["resultScore"], result(canvas)["resultMaximum"]) == (5.5, 10)
    assert canvas.score(timestamp=stamp(-30), scoreGiven=90).ok
    assert canvas.cell("amara")["score"] == 90


def test_a_second_column_of_an_assignment_never_shows_in_the_gradebook(canvas: Lms) -> None:
    claims = canvas.claims("ingrid")
    columns = claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]["lineitems"]
    link = claims["https://purl.imsglobal.org/spec/lti/claim/resource_link"]["id"]
    body = {"scoreMaximum": 10, "label": "Beside", "resourceLinkId": link}
    media = "application/vnd.ims.lis.v2.lineitem+json"
    made = canvas.call("POST", columns, LINE_ITEM, media, json=body).json()
    score = {
        "userId": canvas.sub("amara"),
        "timestamp": stamp(),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 5,
        "scoreMaximum": 10,
    }
    assert canvas.call("POST", f"{made['id']}/scores", SCORE, SCORE_TYPE, json=score).ok
    state = requests.get(f"{canvas.home}/control/state.json", timeout=5).json()["canvas"]
    beside_it = next(c for c in state["columns"] if c["label"] == "Beside")
    assert beside_it["grades"]["amara"]["score"] is None


# -- attempts --------------------------------------------------------------------------------------


def test_each_post_is_an_attempt_unless_its_time_is_the_last_ones(canvas: Lms) -> None:
    at = {"submittedAt": stamp(-10)}
    canvas.score(submission=at)
    canvas.score(submission=at)
    assert len(canvas.cell("amara")["attempts"]) == 1
    canvas.score(submission={"submittedAt": stamp(-5)})
    assert len(canvas.cell("amara")["attempts"]) == 2
    canvas.score()
    assert len(canvas.cell("amara")["attempts"]) == 3


@pytest.mark.parametrize(
    "bend", [{"activityProgress": "InProgress"}, {SUBMISSION: {"new_submission": False}}]
)
def test_no_attempt_is_made(canvas: Lms, bend: dict[str, Any]) -> None:
    assert canvas.score(**bend).ok
    cell = canvas.cell("amara")
    assert (cell["score"], cell["attempts"]) == (80, [])


def test_attempts_run_out_even_for_progress(canvas: Lms) -> None:
    at = {"submittedAt": stamp(-10)}
    assert canvas.score(activity="one-try", submission=at).ok
    again = canvas.score(activity="one-try", activityProgress="InProgress")
    assert refused(again) == (422, "unprocessable_entity")
    assert canvas.score(activity="one-try", submission=at).ok
    extension = {SUBMISSION: {"new_submission": False}}
    assert canvas.score(activity="one-try", **extension).ok


def test_lateness_costs_points_and_shows(canvas: Lms) -> None:
    canvas.control("activity", activity="competencies", due=stamp(-3600))
    canvas.control("course", course="internship", late_percent_a_day=10)
    canvas.score(submission={"submittedAt": stamp(-7200)})
    assert canvas.cell("amara")["score"] == 80
    canvas.score(submission={"submittedAt": stamp(-60)})
    cell = canvas.cell("amara")
    assert (cell["score"], cell["attempts"][-1]["late"]) == (70, True)


def test_a_submission_may_be_a_link_into_the_tool(canvas: Lms) -> None:
    address = f"{canvas.tool.origin}/lti/launch?submission=x"
    extension = {"submission_type": "basic_lti_launch", "submission_data": address}
    assert canvas.score(**{SUBMISSION: extension}).ok
    attempt = canvas.cell("amara")["attempts"][0]
    assert (attempt["kind"], attempt["data"]) == ("basic_lti_launch", address)


# -- comments --------------------------------------------------------------------------------------


def test_every_comment_is_added_and_its_author_is_someone(canvas: Lms) -> None:
    for text in ("First", "", "Second", "Second"):
        canvas.score(comment=text)
    comments = canvas.cell("amara")["comments"]
    assert [comment["text"] for comment in comments] == ["First", "Second", "Second"]
    assert {comment["author"] for comment in comments} == {"Someone"}


# -- the answer ------------------------------------------------------------------------------------


def test_the_answer_names_the_result(canvas: Lms) -> None:
    answer = canvas.score(scoreGiven=70, comment="So far").json()
    assert answer[SUBMISSION] == {"content_items": []}
    row = canvas.call("GET", answer["resultUrl"], RESULT).json()
    assert (row["resultScore"], row["resultMaximum"], row["comment"]) == (70, 100, "So far")


# -- refusals --------------------------------------------------------------------------------------


def test_an_earlier_time_is_400_an_equal_one_passes(canvas: Lms) -> None:
    now = stamp(-10)
    assert canvas.score(timestamp=now).ok
    assert canvas.score(timestamp=now, scoreGiven=81).ok
    assert refused(canvas.score(timestamp=stamp(-11))) == (400, "bad_request")


def test_a_time_ahead_is_taken_and_locks_out_the_honest_ones(canvas: Lms) -> None:
    assert canvas.score(timestamp=stamp(600)).ok
    assert canvas.score().status_code == 400


def test_a_submission_ahead_of_the_clock_is_400(canvas: Lms) -> None:
    assert canvas.score(submission={"submittedAt": stamp(30)}).ok
    assert canvas.score(submission={"submittedAt": stamp(120)}).status_code == 400


@pytest.mark.parametrize(
    ("bend", "status"),
    [
        ({"timestamp": "yesterday"}, 400),
        ({"timestamp": None}, 400),
        ({"activityProgress": None}, 400),
        ({"scoreMaximum": None}, 422),
        ({"scoreGiven": -1}, 422),
        ({"scoreMaximum": 0}, 422),
        ({"gradingProgress": "Done"}, 422),
        ({"userId": "0" * 36}, 422),
        ({"userId": 12}, 422),
        ({SUBMISSION: {"submission_type": "online_upload"}}, 422),
        ({SUBMISSION: {"submission_type": "on_paper"}}, 400),
    ],
)
def test_a_bad_score_is_refused(canvas: Lms, bend: dict[str, Any], status: int) -> None:
    assert refused(canvas.score(**bend))[0] == status


@pytest.mark.parametrize("person", ["helen", "graham", "alma"])
def test_only_students_are_scored(canvas: Lms, person: str) -> None:
    assert canvas.score(person).status_code == 422


@pytest.mark.parametrize("person", ["test-student", "femke"])
def test_the_test_student_and_a_student_who_also_teaches_are_scored(
    canvas: Lms, person: str
) -> None:
    assert canvas.score(person).ok


def test_whoever_left_can_still_be_scored(canvas: Lms) -> None:
    canvas.control("enrolment", course="internship", person="amara", state="concluded")
    assert canvas.score().ok


def test_the_numeric_id_is_taken_the_legacy_id_is_not(canvas: Lms) -> None:
    claims = canvas.claims("amara")
    custom = claims["https://purl.imsglobal.org/spec/lti/claim/custom"]
    assert canvas.score(userId=custom["canvas_user_id"]).ok
    legacy = claims["https://purl.imsglobal.org/spec/lti/claim/lti11_legacy_user_id"]
    assert canvas.score(userId=legacy).status_code == 422


def test_an_unpublished_assignment_refuses_until_it_is_published(canvas: Lms) -> None:
    assert refused(canvas.score(activity="draft"))[0] == 422
    canvas.control("activity", activity="draft", published=True)
    assert canvas.score(activity="draft").ok


def test_a_concluded_course_refuses_but_for_an_extended_student(canvas: Lms) -> None:
    column = canvas.column()
    assert column
    canvas.control("course", course="internship", concluded=True)
    canvas.control("enrolment", course="internship", person="tomasz", state="active")
    assert canvas.score("amara").status_code == 422
    assert canvas.score("tomasz").ok


def test_a_scope_that_was_not_asked_for_is_401(canvas: Lms) -> None:
    address = beside(canvas.column(), "scores")
    answer = canvas.call("POST", address, RESULT, SCORE_TYPE, json={})
    assert refused(answer) == (401, "unauthorized")


def test_a_key_switched_off_is_401(canvas: Lms) -> None:
    assert canvas.score().ok
    canvas.control("switches", tool_active=False)
    assert refused(canvas.score())[0] == 401


def test_checks_come_in_canvas_order(canvas: Lms) -> None:
    """401 before 404 before 422 (student) before 400 (parameters) before 422 (published)."""
    address = beside(canvas.column("draft"), "scores")
    bare = requests.post(address.replace("/12/", "/99/"), timeout=5)
    assert bare.status_code == 401
    missing = canvas.call("POST", address.replace("/12/", "/99/"), SCORE, SCORE_TYPE, json={})
    assert missing.status_code == 404
    nobody = canvas.call("POST", address, SCORE, SCORE_TYPE, json={})
    assert nobody.status_code == 422
    assert "student" in nobody.json()["errors"]["message"]
    assert canvas.score(activity="draft", timestamp=None).status_code == 400
    unpublished = canvas.score(activity="draft", timestamp="yesterday")
    assert "published" in unpublished.json()["errors"]["message"]
    early = canvas.score(timestamp="yesterday", scoreGiven=-1)
    assert "timestamp" in early.json()["errors"]["message"]
