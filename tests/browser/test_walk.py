"""The main job, as the people it is for do it: in an LMS, in a real browser, in each flavour."""

import hashlib
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DEFAULT, THIRD_PARTY_BLOCKED, OpenBrowser
from tests.browser.people import Visitor, choose_competencies, score
from tests.stack import Stack, until

pytestmark = pytest.mark.xdist_group("browser")

COMPETENCIES = ("Patient communication", "Teamwork", "Documentation")


@pytest.mark.parametrize("cookies", [DEFAULT, THIRD_PARTY_BLOCKED])
@pytest.mark.parametrize("flavour", ["canvas", "moodle"])
def test_from_launch_to_certificate(
    stack: Stack, open_browser: OpenBrowser, flavour: str, cookies: str
) -> None:
    activity = "fresh" if cookies == DEFAULT else "week-four"
    visitor = Visitor(stack, open_browser(cookies), flavour)

    _, tool = visitor.open("ingrid", activity)
    choose_competencies(tool, assessments=1, supervisors=1, seen=1)

    _, tool = visitor.open("helen", activity)
    for competency in COMPETENCIES:
        score(tool, "Amara Okafor", competency)
        tool.get_by_role("link", name="Rounds").first.click()

    cell = until(lambda: stack.sandbox.grade(flavour, activity, "amara"))
    until(lambda: stack.sandbox.grade(flavour, activity, "amara")["score"])
    book = visitor.gradebook()
    row = book.get_by_role("region", name="Amara Okafor")
    expect(row).to_be_visible()

    page, tool = visitor.open("amara", activity)
    expect(tool.get_by_text("80 of 100")).to_be_visible()
    with page.expect_download() as downloading:
        tool.get_by_role("link", name="Download certificate").click()
    content = downloading.value.path().read_bytes()
    assert content.startswith(b"%PDF-1.7")

    if flavour == "canvas":
        file = until(lambda: _attached(stack, activity))
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
    else:
        link = until(lambda: _verify_link(stack, activity))
        check = visitor.context.new_page()
        check.goto(link)
        expect(check.get_by_text("This certificate is valid")).to_be_visible()
        expect(check.get_by_text("Amara Okafor")).to_have_count(0)
    assert cell


def _attached(stack: Stack, activity: str) -> dict[str, str] | None:
    cell = stack.sandbox.grade("canvas", activity, "amara")
    files = [file for attempt in (cell or {})["attempts"] for file in attempt["files"]]
    return files[-1] if files and files[-1]["state"] == "completed" else None


def _verify_link(stack: Stack, activity: str) -> str | None:
    cell = stack.sandbox.grade("moodle", activity, "amara") or {}
    text = " ".join(comment["text"] for comment in cell["comments"])
    found = re.search(re.escape(stack.origin) + r"/verify/[A-Z0-9-]+", text)
    return found[0] if found else None
