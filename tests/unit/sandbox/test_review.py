"""Submission review: whom it is about, where it leads, and who may open it."""

from typing import Any

import pytest
import requests

from tests.lms_walker import LmsWalker
from tests.unit.sandbox.conftest import (
    AGS,
    CLAIM,
    LINE_ITEM,
    LINE_ITEM_TYPE,
    Lms,
    claims_of,
)


def review(lms: Lms, person: str, about: str, activity: str = "competencies") -> dict[str, Any]:
    answer = LmsWalker(lms.home).review(lms.key, person, about, activity)
    assert answer.status_code == 200
    claims = claims_of(answer)
    assert claims[CLAIM + "message_type"] == "LtiSubmissionReviewRequest"
    return claims


def declare(lms: Lms, **wanted: Any) -> None:
    """Put `submissionReview` on the activity's own line item."""
    body = {"label": "Clinical competencies", "scoreMaximum": 100, "submissionReview": wanted}
    answer = lms.call("PUT", lms.column(), LINE_ITEM, LINE_ITEM_TYPE, json=body)
    assert answer.status_code == 200


def status(lms: Lms, person: str, about: str) -> int:
    page = LmsWalker(lms.home).work_page(lms.key, "review", person, about, "competencies")
    return requests.get(page, timeout=5).status_code


# -- Moodle ----------------------------------------------------------------------------------------


def test_moodle_names_the_student_by_id_alone(moodle: Lms) -> None:
    claims = review(moodle, "ingrid", "amara")
    assert claims[CLAIM + "for_user"] == {"user_id": "11"}
    assert claims["sub"] == "3"
    assert claims[CLAIM + "target_link_uri"] == f"{moodle.tool.origin}/lti/launch"


def test_moodle_leads_where_the_line_item_says(moodle: Lms) -> None:
    address = f"{moodle.tool.origin}/lti/launch?review=1"
    declare(moodle, url=address, custom={"view": "review"})
    claims = review(moodle, "ingrid", "amara")
    assert claims[CLAIM + "target_link_uri"] == address
    assert claims[CLAIM + "custom"]["view"] == "review"
    assert claims[CLAIM + "custom"]["ward_round"] == "Acute medicine"


def test_a_second_line_item_of_the_link_and_moodle_knows_no_review_address(moodle: Lms) -> None:
    declare(moodle, url=f"{moodle.tool.origin}/lti/launch?review=1")
    claims = moodle.claims("ingrid")
    link = claims[CLAIM + "resource_link"]["id"]
    body = {"label": "More", "scoreMaximum": 10, "resourceLinkId": link}
    made = moodle.call("POST", claims[AGS]["lineitems"], LINE_ITEM, LINE_ITEM_TYPE, json=body)
    assert made.status_code == 201
    claims = review(moodle, "ingrid", "amara")
    assert "lineitem" not in claims[AGS]
    assert claims[CLAIM + "target_link_uri"] == f"{moodle.tool.origin}/lti/launch"


def test_any_student_of_moodle_can_ask_for_anothers(moodle: Lms) -> None:
    claims = review(moodle, "tomasz", "amara")
    assert (claims["sub"], claims[CLAIM + "for_user"]) == ("12", {"user_id": "11"})
    assert claims[CLAIM + "roles"] == ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]


def test_an_ordinary_launch_is_about_nobody(moodle: Lms) -> None:
    review(moodle, "ingrid", "amara")
    claims = moodle.claims("ingrid")
    assert claims[CLAIM + "message_type"] == "LtiResourceLinkRequest"
    assert CLAIM + "for_user" not in claims


def test_moodles_gradebook_has_the_link(moodle: Lms) -> None:
    moodle.score("amara")
    page = requests.get(moodle.platform.address("grades", course=12), timeout=5).text
    assert "/mod/lti/grade.php?id=101&amp;userid=11&amp;as=ingrid" in page
    assert "Grade analysis" in page


# -- the standard ----------------------------------------------------------------------------------


def test_the_standard_names_the_student_with_what_privacy_lets_out(plain: Lms) -> None:
    address = f"{plain.tool.origin}/lti/launch?review=1"
    declare(plain, url=address, custom={"view": "review"})
    claims = review(plain, "ingrid", "amara")
    about = claims[CLAIM + "for_user"]
    assert about["user_id"] == plain.sub("amara")
    assert about["name"] == "Amara Okafor"
    assert about["roles"] == ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]
    assert claims[CLAIM + "target_link_uri"] == address
    assert claims[CLAIM + "custom"]["view"] == "review"
    assert claims[AGS]["lineitem"] == plain.column()
    plain.control("switches", privacy="anonymous")
    assert "name" not in review(plain, "ingrid", "amara")[CLAIM + "for_user"]


def test_the_standard_offers_it_only_where_the_line_item_asks(plain: Lms) -> None:
    assert status(plain, "ingrid", "amara") == 404
    declare(plain)
    assert status(plain, "ingrid", "amara") == 200


def test_by_the_standard_students_see_their_own(plain: Lms) -> None:
    declare(plain)
    assert status(plain, "amara", "amara") == 200
    assert status(plain, "tomasz", "amara") == 403


# -- Canvas ----------------------------------------------------------------------------------------


def test_canvas_has_no_review(canvas: Lms) -> None:
    declare(canvas, url=f"{canvas.tool.origin}/lti/launch?review=1")
    with pytest.raises(KeyError):
        LmsWalker(canvas.home).review("canvas", "ingrid", "amara")


def test_the_state_says_whom_a_launch_was_about(moodle: Lms) -> None:
    review(moodle, "ingrid", "amara")
    state = requests.get(f"{moodle.home}/control/state.json", timeout=5).json()["moodle"]
    last = state["launches"][-1]
    assert (last["message"], last["about"]) == ("LtiSubmissionReviewRequest", "amara")
