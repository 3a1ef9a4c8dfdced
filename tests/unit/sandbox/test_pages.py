"""What a person sees: every page opens for everybody, names are inert, the gradebook is whole."""

import re
from typing import Any

import pytest
import requests

from lti_tool.sandbox.app import Sandbox
from tests.lms_walker import LmsWalker
from tests.unit.sandbox.conftest import SUBMISSION, Lms, StandIn


def text(answer: requests.Response) -> str:
    assert answer.status_code == 200, answer.url
    return answer.text


def grades(lms: Lms, person: str = "ingrid") -> str:
    course = lms.platform.world.courses["internship"]
    address = lms.platform.address("grades", course=lms.house.claims.course_ref(course))
    return text(requests.get(address, params={"as": person}, timeout=5))


@pytest.mark.parametrize("key", ["canvas", "moodle", "plain", "canvas-second"])
def test_every_page_opens_for_everybody(sandbox: Sandbox, stand_in: StandIn, key: str) -> None:
    lms = Lms(sandbox, key, stand_in)
    courses = LmsWalker(lms.home).directory[key]["courses"]
    for course in courses.values():
        for person in course["people"]:
            for page in (course["page"], course["grades"], *course["activities"].values()):
                address = page.rpartition("as=")[0] + f"as={person}"
                answer = requests.get(address, timeout=5)
                assert answer.status_code == 200
                assert "<img" not in answer.text


def test_the_start_page_lists_every_course_and_person(canvas: Lms) -> None:
    page = text(requests.get(canvas.home, timeout=5))
    for words in ("Canvas-like", "Moodle-like", "Plain LTI 1.3", "Dr Helen Brandt", "Internship"):
        assert words in page
    assert "=cmd|&#39;/C calc&#39;!A0 &lt;img" in page


def test_the_strip_leads_to_another_person_and_flavour(canvas: Lms) -> None:
    query = {"flavour": "moodle", "course": "internship", "activity": "fresh", "as": "helen"}
    answer = requests.get(f"{canvas.home}/go", params=query, timeout=5)
    assert "/mod/lti/view.php?id=102&as=helen" in answer.url
    nobody = requests.get(f"{canvas.home}/go", params={"flavour": "no"}, timeout=5)
    assert nobody.status_code == 404


def test_the_frame_is_canvas_own(canvas: Lms) -> None:
    walker = LmsWalker(canvas.home)
    address = walker.activity_page("canvas", "amara", "competencies")
    assert "/courses/12/assignments/101?" in address
    page = text(walker.browser.get(address))
    frame = re.search(r"<iframe[^>]*>", page)
    assert frame
    assert 'name="tool_content_101"' in frame[0]
    assert 'class="tool_launch"' in frame[0]
    assert "clipboard-write *" in frame[0]
    assert "sandbox=" not in frame[0]
    assert 'target="tool_content_101"' in page


def test_students_cannot_open_what_is_not_published(canvas: Lms) -> None:
    walker = LmsWalker(canvas.home)
    page = text(walker.browser.get(walker.activity_page("canvas", "amara", "draft")))
    assert "not published yet" in page
    assert "iframe" not in page
    assert "iframe" in text(walker.browser.get(walker.activity_page("canvas", "helen", "draft")))


def test_the_gradebook_shows_grade_comment_attempt_and_file(canvas: Lms) -> None:
    canvas.control("activity", activity="competencies", due="2026-01-01T00:00:00+00:00")
    item: dict[str, Any] = {
        "type": "file",
        "url": f"{canvas.tool.origin}/files/certificate.pdf",
        "title": "certificate <b>.pdf",
        "media_type": "application/pdf",
    }
    canvas.score(
        scoreGiven=80.2,
        gradingProgress="PendingManual",
        comment="Met. See http://127.0.0.1/verify/ABC",
        **{SUBMISSION: {"content_items": [item]}},
    )
    page = grades(canvas)
    for words in ("<b>80.2</b> of 100", "Someone:", "Attempt 1", "Late", "Needs grading"):
        assert words in page
    assert "certificate &lt;b&gt;.pdf</a>" in page
    assert 'href="http://127.0.0.1/verify/ABC"' in page


def test_students_see_their_own_row_only(canvas: Lms) -> None:
    canvas.score("amara")
    canvas.score("tomasz")
    own = re.search(r'id="gradebook".*?</main>', grades(canvas, "amara"), re.S)
    assert own
    assert "Amara Okafor" in own[0]
    assert "Tomasz" not in own[0]


def test_what_passed_is_told_in_words_and_in_full(canvas: Lms) -> None:
    canvas.score("mallory", scoreGiven=84.5)
    page = text(requests.get(f"{canvas.home}/passed", timeout=5))
    assert "The course opened Clinical competencies for Dr Ingrid Solheim." in page
    assert "Clinical competencies, 84.5 of 100, for =cmd" in page
    assert "&#34;scoreGiven&#34;: 84.5" in page
    assert "<img" not in page


@pytest.mark.parametrize("path", ["/courses/99", "/courses/12?as=nobody", "/files/1", "/nowhere"])
def test_what_is_not_there_is_404(canvas: Lms, path: str) -> None:
    assert requests.get(canvas.home + path, timeout=5).status_code == 404
