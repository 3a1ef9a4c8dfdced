"""SpeedGrader: a score's address is opened as the grader, on the student's page as the student."""

from typing import Any

import requests

from tests.lms_walker import LmsWalker
from tests.unit.sandbox.conftest import AGS, CLAIM, SUBMISSION, Lms, claims_of

LIVE = "/lti/launch?activity=0123456789abcdef&about=opaque"


def submit_view(lms: Lms, **bend: Any) -> str:
    """Score by a live view instead of a file; gives its address."""
    address = lms.tool.origin + LIVE
    extension = {"submission_type": "basic_lti_launch", "submission_data": address} | bend
    assert lms.score(**{SUBMISSION: extension}).status_code == 200
    return address


def speedgrader(lms: Lms, person: str = "helen") -> requests.Response:
    return LmsWalker(lms.home).speedgrader("canvas", person, "amara")


def test_the_address_is_stored_with_the_attempt(canvas: Lms) -> None:
    address = submit_view(canvas)
    attempt = canvas.cell("amara")["attempts"][-1]
    assert (attempt["kind"], attempt["data"]) == ("basic_lti_launch", address)


def test_it_is_launched_as_the_grader(canvas: Lms) -> None:
    address = submit_view(canvas)
    claims = claims_of(speedgrader(canvas))
    assert claims["sub"] == canvas.sub("helen")
    assert claims[CLAIM + "target_link_uri"] == address
    assert claims[CLAIM + "message_type"] == "LtiResourceLinkRequest"
    usual = canvas.claims("helen")
    assert claims[CLAIM + "resource_link"]["id"] == usual[CLAIM + "resource_link"]["id"]
    assert claims[AGS]["lineitem"] == usual[AGS]["lineitem"]


def test_the_students_own_page_launches_as_the_student(canvas: Lms) -> None:
    address = submit_view(canvas)
    claims = claims_of(LmsWalker(canvas.home).submission("canvas", "amara", "amara"))
    assert claims["sub"] == canvas.sub("amara")
    assert claims[CLAIM + "target_link_uri"] == address


def test_students_open_neither_speedgrader_nor_anothers_page(canvas: Lms) -> None:
    submit_view(canvas)
    assert speedgrader(canvas, "tomasz").status_code == 403
    walker = LmsWalker(canvas.home)
    assert walker.submission("canvas", "tomasz", "amara").status_code == 403


def test_a_student_can_retrieve_any_address_of_the_tools(canvas: Lms) -> None:
    address = submit_view(canvas)
    walker = LmsWalker(canvas.home)
    page = f"{canvas.home}/courses/12/external_tools/retrieve"
    query = {"url": address, "assignment_id": "101", "display": "borderless", "as": "tomasz"}
    asked = str(requests.Request("GET", page, params=query).prepare().url)
    last = walker.follow(walker.browser.get(asked))
    assert not isinstance(last, requests.Response)
    assert claims_of(walker.finish(last))["sub"] == canvas.sub("tomasz")


def test_an_address_of_nobodys_is_an_error_page(canvas: Lms) -> None:
    query = {"url": "http://elsewhere.example/lti/launch", "as": "helen"}
    page = requests.get(f"{canvas.home}/courses/12/external_tools/retrieve", query, timeout=5)
    assert "find valid settings for this link" in page.text
    assert "<form" not in page.text.partition("<main>")[2]


def test_the_link_may_get_lost_on_the_way(canvas: Lms) -> None:
    address = submit_view(canvas)
    canvas.control("switches", link_lost=True)
    claims = claims_of(speedgrader(canvas))
    assert claims[CLAIM + "resource_link"]["id"] == claims[CLAIM + "context"]["id"]
    assert claims[CLAIM + "target_link_uri"] == address
    assert "lineitem" not in claims[AGS]


def test_the_tool_is_framed_as_everywhere(canvas: Lms) -> None:
    submit_view(canvas)
    page = LmsWalker(canvas.home).work_page(
        "canvas", "speedgrader", "helen", "amara", "competencies"
    )
    shown = requests.get(page, timeout=5).text
    assert "/courses/12/external_tools/retrieve?as=helen&amp;url=" in shown
    assert "display=borderless" in shown
    retrieved = requests.get(
        f"{canvas.home}/courses/12/external_tools/retrieve",
        {"url": canvas.tool.origin + LIVE, "assignment_id": "101", "as": "helen"},
        timeout=5,
    ).text
    assert 'class="tool_launch"' in retrieved
    assert "post_message_forwarding" in retrieved


def test_a_file_is_shown_and_nothing_launched(canvas: Lms) -> None:
    item = {
        "type": "file",
        "url": f"{canvas.tool.origin}/files/certificate.pdf",
        "title": "certificate.pdf",
        "media_type": "application/pdf",
    }
    canvas.score(**{SUBMISSION: {"content_items": [item]}})
    page = LmsWalker(canvas.home).work_page(
        "canvas", "speedgrader", "helen", "amara", "competencies"
    )
    shown = requests.get(page, timeout=5).text
    file = canvas.cell("amara")["attempts"][-1]["files"][0]
    assert f'src="/files/{file["id"]}?inline=1"' in shown
    assert "retrieve" not in shown
    inline = requests.get(f"{canvas.home}/files/{file['id']}?inline=1", timeout=5)
    assert inline.headers["Content-Disposition"].startswith("inline")
    assert inline.headers["Content-Type"] == "application/pdf"


def test_a_text_is_shown_as_it_is_and_no_attempt_in_words(canvas: Lms) -> None:
    assert "No submission yet." in speedgrader(canvas).text
    submit_view(canvas, submission_type="online_text_entry", submission_data="<b>Seen</b>")
    assert "&lt;b&gt;Seen&lt;/b&gt;" in speedgrader(canvas).text


def test_the_gradebook_leads_there(canvas: Lms) -> None:
    submit_view(canvas)
    grades = f"{canvas.home}/courses/12/grades"
    assert (
        "speed_grader?assignment_id=101&amp;student_id=88111"
        in requests.get(grades, {"as": "ingrid"}, timeout=5).text
    )
    own = requests.get(grades, {"as": "amara"}, timeout=5).text
    assert "/assignments/101/submissions/88111?as=amara" in own
    assert "speed_grader" not in own
