"""The moodle flavour's tokens, line items, scores and roster, as Moodle 4.5 was seen to do them."""

import time
from typing import Any

import pytest
import requests

from tests.unit.sandbox.conftest import (
    AGS,
    CLAIM,
    LINE_ITEM,
    LINE_ITEM_TYPE,
    LINE_ITEMS_TYPE,
    NRPS,
    RESULT,
    RESULTS_TYPE,
    ROSTER,
    ROSTER_TYPE,
    SCORE,
    SCORE_TYPE,
    Lms,
    beside,
    stamp,
)

# -- 2.7, tokens -----------------------------------------------------------------------------------


def test_a_token_is_32_hex_digits_in_json_called_html(moodle: Lms) -> None:
    answer = moodle.ask_token(SCORE)
    assert answer.headers["Content-Type"].startswith("text/html")
    body = answer.json()
    assert len(body["access_token"]) == 32
    assert int(body["access_token"], 16)
    assert body["expires_in"] == 3600
    assert moodle.ask_token(SCORE).json()["access_token"] != body["access_token"]


@pytest.mark.parametrize(
    "bend",
    [{"aud": "rubbish"}, {"aud": None}, {"jti": None}, {"iss": None}, {"iat": None, "exp": None}],
)
def test_little_of_the_assertion_is_looked_at(moodle: Lms, bend: dict[str, Any]) -> None:
    assert moodle.ask_token(SCORE, moodle.assertion(**bend)).ok


def test_an_assertion_may_come_again(moodle: Lms) -> None:
    assertion = moodle.assertion()
    assert moodle.ask_token(SCORE, assertion).ok
    assert moodle.ask_token(SCORE, assertion).ok


@pytest.mark.parametrize("bend", [{"iat": 30}, {"exp": -10}])
def test_there_is_no_leeway(moodle: Lms, bend: dict[str, int]) -> None:
    moved = {name: int(time.time()) + seconds for name, seconds in bend.items()}
    answer = moodle.ask_token(SCORE, moodle.assertion(**moved))
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert answer.headers["Content-Type"].startswith("text/html")


def test_unknown_scopes_are_dropped_without_a_word(moodle: Lms) -> None:
    assert moodle.ask_token(f"{SCORE} made-up").json()["scope"] == SCORE
    assert moodle.ask_token("made-up").json()["error"] == "invalid_scope"


def test_blocked_keys_are_an_html_page_with_404(moodle: Lms) -> None:
    moodle.control("switches", keys_blocked=True)
    answer = moodle.ask_token(SCORE)
    assert answer.status_code == 404
    assert answer.text.startswith("<!doctype html>")


@pytest.mark.parametrize("scope", [RESULT, ROSTER])
def test_a_missing_scope_is_401(moodle: Lms, scope: str) -> None:
    answer = moodle.call("POST", beside(moodle.column(), "scores"), scope, SCORE_TYPE, json={})
    assert (answer.status_code, answer.text) == (401, "[]")
    assert requests.post(beside(moodle.column(), "scores"), timeout=5).status_code == 401


# -- 2.8, line items -------------------------------------------------------------------------------


def columns_address(moodle: Lms) -> str:
    return str(moodle.claims("ingrid")[AGS]["lineitems"])


def make(moodle: Lms, media: str = LINE_ITEM_TYPE, **body: Any) -> requests.Response:
    wanted = {"scoreMaximum": 10, "label": "Made by the tool"} | body
    return moodle.call("POST", columns_address(moodle), LINE_ITEM, media, json=wanted)


def test_scores_go_into_the_path_not_after_the_query(moodle: Lms) -> None:
    wrong = moodle.column() + "/scores"
    assert moodle.call("POST", wrong, SCORE, SCORE_TYPE, json={}).status_code >= 400


@pytest.mark.parametrize(
    ("media", "status"),
    [("application/json", 400), (f"{LINE_ITEM_TYPE}; charset=utf-8", 201)],
)
def test_a_new_column_wants_the_one_media_type(moodle: Lms, media: str, status: int) -> None:
    answer = make(moodle, media)
    assert answer.status_code == status
    assert status == 201 or answer.reason == "No handler found"


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", f"{LINE_ITEMS_TYPE}, application/json"]
)
def test_a_list_wants_the_one_media_type(moodle: Lms, accept: str) -> None:
    assert moodle.call("GET", columns_address(moodle), LINE_ITEM, accept).status_code == 400
    assert moodle.call("GET", columns_address(moodle), LINE_ITEM, LINE_ITEMS_TYPE).ok


def test_a_limit_brings_a_link_that_no_parser_takes(moodle: Lms) -> None:
    address = columns_address(moodle)
    some = moodle.call("GET", address, LINE_ITEM, LINE_ITEMS_TYPE, params={"limit": "1"})
    assert len(some.json()) == 1
    assert "&amp;" in some.headers["Link"]
    assert "next" not in some.links
    everything = moodle.call("GET", address, LINE_ITEM, LINE_ITEMS_TYPE)
    assert len(everything.json()) == 3
    assert "Link" not in everything.headers


def test_results_with_a_limit_break(moodle: Lms) -> None:
    moodle.score()
    address = beside(moodle.column(), "results")
    broken = moodle.call("GET", address, RESULT, RESULTS_TYPE, params={"limit": "5"})
    assert broken.status_code == 404
    assert broken.headers["Content-Type"].startswith("text/html")
    (row,) = moodle.call("GET", address, RESULT, RESULTS_TYPE).json()
    assert (row["resultScore"], row["userId"]) == (80, "11")
    assert row["timestamp"].endswith("+00:00")
    assert "/lineitem/results/" in row["id"]
    assert row["id"].endswith("?type_id=1")


def test_the_same_resource_may_have_two_columns(moodle: Lms) -> None:
    assert make(moodle, resourceId="r").json()["id"] != make(moodle, resourceId="r").json()["id"]


def test_a_column_of_nothing_is_taken_one_without_a_label_is_not(moodle: Lms) -> None:
    assert make(moodle, scoreMaximum=0).status_code == 201
    refused = make(moodle, label="")
    assert (refused.status_code, refused.text) == (400, "[]")


def test_a_submission_review_is_kept_only_by_put(moodle: Lms) -> None:
    review = {"submissionReview": {"reviewableStatus": ["None"]}}
    made = make(moodle, **review, gradesReleased=True, tag="gone").json()
    assert not {"submissionReview", "gradesReleased"} & made.keys()
    body = {"scoreMaximum": 10, "label": "Again"} | review
    changed = moodle.call("PUT", made["id"], LINE_ITEM, LINE_ITEM_TYPE, json=body).json()
    assert changed["submissionReview"] == review["submissionReview"]
    assert "tag" not in changed


def test_another_maximum_rescales_the_grades(moodle: Lms) -> None:
    moodle.score()
    body = {"scoreMaximum": 50, "label": "Clinical competencies"}
    moodle.call("PUT", moodle.column(), LINE_ITEM, LINE_ITEM_TYPE, json=body)
    assert moodle.cell("amara")["score"] == 40


def test_a_second_column_of_a_link_takes_its_lineitem_away(moodle: Lms) -> None:
    claims = moodle.claims("ingrid")
    link = claims[CLAIM + "resource_link"]["id"]
    body = {"label": "Teamwork", "scoreMaximum": 4, "resourceLinkId": link}
    made = moodle.call("POST", claims[AGS]["lineitems"], LINE_ITEM, LINE_ITEM_TYPE, json=body)
    assert "lineitem" not in moodle.claims("ingrid")[AGS]
    assert moodle.call("DELETE", made.json()["id"], LINE_ITEM).status_code == 204
    assert moodle.claims("ingrid")[AGS]["lineitem"] == claims[AGS]["lineitem"]


def test_even_a_links_own_column_can_be_deleted(moodle: Lms) -> None:
    assert moodle.call("DELETE", moodle.column(), LINE_ITEM).status_code == 204
    assert "lineitem" not in moodle.claims("amara")[AGS]


def test_a_foreign_link_is_403(moodle: Lms) -> None:
    assert make(moodle, resourceLinkId="999").status_code == 403


# -- 2.8, scores -----------------------------------------------------------------------------------


def test_a_score_is_200_and_empty(moodle: Lms) -> None:
    answer = moodle.score()
    assert (answer.status_code, answer.content) == (200, b"")


def test_within_the_same_second_is_409(moodle: Lms) -> None:
    second = stamp()[:19]
    assert moodle.score(timestamp=f"{second}.100+00:00").ok
    assert moodle.score(timestamp=f"{second}.900+00:00").status_code == 409
    assert moodle.score(timestamp=stamp(-60)).status_code == 409
    assert moodle.score(timestamp=stamp(2)).ok


def test_a_time_ahead_blocks_until_then(moodle: Lms) -> None:
    assert moodle.score(timestamp=stamp(600)).ok
    assert moodle.score().status_code == 409


@pytest.mark.parametrize(("given", "maximum", "shown"), [(0.5, 1, 10), (30, 20, 20), (-5, 20, 0)])
def test_scores_are_rescaled_and_clamped(
    moodle: Lms, given: float, maximum: int, shown: int
) -> None:
    assert moodle.score(activity="week-four", scoreGiven=given, scoreMaximum=maximum).ok
    assert moodle.cell("amara", "week-four")["score"] == shown


@pytest.mark.parametrize("person", ["helen", "ingrid", "alma"])
def test_whoever_has_no_gradebook_role_is_400(moodle: Lms, person: str) -> None:
    answer = moodle.score(person)
    assert answer.status_code == 400
    assert '"userId"' in answer.reason
    assert answer.text == "[]"


def test_a_suspended_student_is_scored_a_removed_one_is_not(moodle: Lms) -> None:
    moodle.control("enrolment", course="internship", person="amara", state="suspended")
    assert moodle.score().ok
    moodle.control("enrolment", course="internship", person="tomasz", state="removed")
    assert moodle.score("tomasz").status_code == 400


@pytest.mark.parametrize("progress", ["Pending", "PendingManual", "NotReady", "Failed"])
def test_anything_but_fully_graded_wipes_the_grade_and_keeps_the_comment(
    moodle: Lms, progress: str
) -> None:
    moodle.score(timestamp=stamp(-60), comment="Kept")
    assert moodle.score(gradingProgress=progress).status_code == 200
    cell = moodle.cell("amara")
    assert cell["score"] is None
    assert [comment["text"] for comment in cell["comments"]] == ["Kept"]


def test_graded_without_a_score_clears_it(moodle: Lms) -> None:
    moodle.score(timestamp=stamp(-60))
    assert moodle.score(scoreGiven=None, scoreMaximum=None, comment="Withdrawn").ok
    cell = moodle.cell("amara")
    assert cell["score"] is None
    assert cell["comments"][0]["text"] == "Withdrawn"


def test_a_score_without_comment_erases_the_comment(moodle: Lms) -> None:
    moodle.score(timestamp=stamp(-60), comment="Gone next time")
    moodle.score()
    assert moodle.cell("amara")["comments"] == []


def test_an_override_of_a_links_column_stays(moodle: Lms) -> None:
    moodle.score(timestamp=stamp(-60))
    moodle.control("grade", activity="competencies", person="amara", override=55)
    assert moodle.score(scoreGiven=90).status_code == 200
    assert moodle.cell("amara")["score"] == 55
    (row,) = moodle.call("GET", beside(moodle.column(), "results"), RESULT, RESULTS_TYPE).json()
    assert row["resultScore"] == 55


def test_an_override_taken_back_shows_the_tools_grade_and_loses_its_feedback(moodle: Lms) -> None:
    moodle.score(comment="From the tool")
    moodle.control("grade", activity="competencies", person="amara", override=55)
    assert moodle.cell("amara")["comments"]
    moodle.control("grade", activity="competencies", person="amara", override=None)
    cell = moodle.cell("amara")
    assert (cell["score"], cell["comments"]) == (80, [])


def test_an_override_of_a_column_of_the_tools_own_is_overwritten(moodle: Lms) -> None:
    made = make(moodle).json()
    number = made["id"].split("/lineitems/")[1].partition("/")[0]
    moodle.control("grade", column=number, person="amara", override=3)
    score = {
        "userId": "11",
        "timestamp": stamp(),
        "activityProgress": "anything",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 9,
        "scoreMaximum": 10,
    }
    address = beside(made["id"], "scores")
    assert moodle.call("POST", address, SCORE, SCORE_TYPE, json=score).ok
    state = requests.get(f"{moodle.home}/control/state.json", timeout=5).json()["moodle"]
    column = next(column for column in state["columns"] if column["id"] == number)
    assert column["grades"]["amara"]["score"] == 9


def test_a_locked_grade_is_500(moodle: Lms) -> None:
    moodle.control("grade", activity="competencies", person="amara", locked=True)
    assert moodle.score().status_code == 500
    moodle.control("grade", activity="competencies", person="amara", locked=False)
    assert moodle.score().ok


@pytest.mark.parametrize("name", ["userId", "timestamp", "activityProgress", "gradingProgress"])
def test_a_score_wants_its_fields(moodle: Lms, name: str) -> None:
    assert moodle.score(**{name: None}).status_code == 400


def test_unknown_columns_and_wrong_methods(moodle: Lms) -> None:
    gone = beside(moodle.column().replace("/lineitems/", "/lineitems/9"), "scores")
    assert moodle.call("POST", gone, SCORE, SCORE_TYPE, json={}).status_code == 404
    assert moodle.call("GET", beside(moodle.column(), "scores"), SCORE).status_code == 405


# -- 2.9, the roster -------------------------------------------------------------------------------


def roster(moodle: Lms, accept: str = ROSTER_TYPE, **query: str) -> requests.Response:
    address = moodle.claims("ingrid")[NRPS]["context_memberships_url"]
    return moodle.call("GET", address, ROSTER, accept, params=query)


def test_the_roster_has_short_roles_and_calls_supervisors_learners(moodle: Lms) -> None:
    members = {member["user_id"]: member for member in roster(moodle).json()["members"]}
    assert members[moodle.sub("ingrid")]["roles"] == ["Instructor"]
    assert members[moodle.sub("helen")]["roles"] == ["Learner"]
    assert members[moodle.sub("amara")]["roles"] == ["Learner"]
    assert moodle.sub("alma") not in members
    assert members[moodle.sub("amara")]["ext_user_username"] == "amara"
    assert "picture" not in members[moodle.sub("amara")]


def test_the_whole_course_comes_at_once(moodle: Lms) -> None:
    answer = roster(moodle)
    assert len(answer.json()["members"]) == 19
    assert "Link" not in answer.headers


def test_an_unknown_role_is_everybody(moodle: Lms) -> None:
    assert len(roster(moodle, role="Instructor").json()["members"]) == 2
    assert len(roster(moodle, role="Mentor").json()["members"]) == 19


def test_the_next_page_forgets_the_role(moodle: Lms) -> None:
    first = roster(moodle, role="Instructor", limit="1")
    assert len(first.json()["members"]) == 1
    assert "role=" not in first.links["next"]["url"]


@pytest.mark.parametrize(("accept", "status"), [("application/json", 400), ("*/*", 200)])
def test_the_roster_takes_its_type_or_any(moodle: Lms, accept: str, status: int) -> None:
    assert roster(moodle, accept).status_code == status


@pytest.mark.parametrize("state", ["suspended", "removed"])
def test_whoever_is_not_active_vanishes(moodle: Lms, state: str) -> None:
    moodle.control("enrolment", course="internship", person="amara", state=state)
    ids = {member["user_id"] for member in roster(moodle).json()["members"]}
    assert moodle.sub("amara") not in ids


def test_rlid_adds_a_message(moodle: Lms) -> None:
    assert "message" in roster(moodle, rlid="1").json()["members"][0]
