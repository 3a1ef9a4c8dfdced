"""The main job, as the people it is for do it: in an LMS, in a real browser, in each flavour."""

import hashlib
import re
from dataclasses import dataclass
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from playwright.sync_api import FrameLocator, Page, ViewportSize, expect

from tests.browser.conftest import (
    DEFAULT,
    DESKTOP,
    PHONE,
    REFUSED,
    THIRD_PARTY_BLOCKED,
    OpenBrowser,
)
from tests.browser.people import Tool, Visitor, begin, choose_competencies, criteria, fill, submit
from tests.stack import Stack, until

pytestmark = pytest.mark.browser

COMPETENCIES = ("Patient communication", "Teamwork", "Documentation")
AMARA = "Amara Okafor"


@dataclass(frozen=True)
class Way:
    """One way to walk: where, with which screen and cookies, and what is seen of the grade."""

    flavour: str
    activity: str
    cookies: str
    viewport: ViewportSize
    in_gradebook: str
    on_page: str


WAYS = (
    Way("canvas", "fresh", DEFAULT, DESKTOP, "80 of 100", "80 of 100"),
    Way("moodle", "fresh", DEFAULT, DESKTOP, "80 of 100", "80 of 100"),
    Way("canvas", "week-four", THIRD_PARTY_BLOCKED, PHONE, "16 of 20", "16 of 20 in the gradebook"),
    Way("canvas", "competencies", REFUSED, DESKTOP, "80 of 100", "80 of 100"),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.flavour}-{way.cookies}")
def test_from_the_first_launch_to_the_certificate(
    stack: Stack, open_browser: OpenBrowser, way: Way
) -> None:
    visitor = Visitor(stack, open_browser(way.cookies, viewport=way.viewport), way.flavour)
    _, tool = visitor.open("ingrid", way.activity)
    choose_competencies(tool, assessments=1, supervisors=1, seen=1)

    _, tool = visitor.open("helen", way.activity)
    begin(tool, AMARA, COMPETENCIES[0])
    fill(tool)
    if way.viewport == PHONE:
        choose_by_keys(tool)
    submit(tool, AMARA)
    for competency in COMPETENCIES[1:]:
        tool.get_by_role("button", name=competency).click()
        fill(tool)
        submit(tool, AMARA)
    # Difficult conversations have a bar of their own: they are to be seen twice.
    tool.get_by_role("link", name="Rounds").click()
    begin(tool, AMARA, COMPETENCIES[0])
    fill(tool)
    submit(tool, AMARA)

    until(lambda: certificate_arrived(stack, way))
    book = visitor.gradebook()
    expect(book.get_by_role("region", name=AMARA)).to_contain_text(way.in_gradebook)

    page, tool = visitor.open("amara", way.activity)
    expect(tool.get_by_text(way.on_page)).to_be_visible()
    content = download(page, tool)
    assert_certificate(content)
    if way.flavour == "canvas":
        assert attached(stack, way.activity)["sha256"] == hashlib.sha256(content).hexdigest()
    else:
        verify(visitor.context.new_page(), link_in_comment(stack, way.activity), content)


def choose_by_keys(tool: Tool) -> None:
    """Go from the first criterion to the second and choose in both with keys alone."""
    first, second = criteria(tool)[:2]
    first.get_by_role("radio", name="Dependable").focus()
    first.get_by_role("radio", name="Dependable").press("ArrowUp")
    expect(first.get_by_role("radio", name="Developing")).to_be_checked()
    first.get_by_role("radio", name="Developing").press("ArrowDown")
    expect(first.get_by_role("radio", name="Dependable")).to_be_focused()
    first.get_by_role("radio", name="Dependable").press("Tab")
    expect(second.get_by_role("radio", name="Dependable")).to_be_focused()


def certificate_arrived(stack: Stack, way: Way) -> bool:
    """Whether the LMS has the grade and the certificate, as far as this LMS takes one."""
    if way.flavour == "canvas":
        return attached(stack, way.activity).get("state") == "completed"
    return bool(link_in_comment(stack, way.activity))


def attached(stack: Stack, activity: str) -> dict[str, str]:
    """The last file on Amara's submissions, as Canvas holds it."""
    cell = stack.sandbox.grade("canvas", activity, "amara") or {"attempts": []}
    files = [file for attempt in cell["attempts"] for file in attempt["files"]]
    return files[-1] if files else {}


def link_in_comment(stack: Stack, activity: str) -> str:
    """The address in the comment beside Amara's grade, as Moodle holds it."""
    cell = stack.sandbox.grade("moodle", activity, "amara") or {"comments": []}
    text = " ".join(comment["text"] for comment in cell["comments"])
    found = re.search(re.escape(stack.origin) + r"/verify/[A-Z0-9-]+", text)
    return found[0] if found else ""


def download(page: Page, tool: FrameLocator) -> bytes:
    """Follow the intern's link to the certificate."""
    with page.expect_download() as downloading:
        tool.get_by_role("link", name="Download certificate").click()
    return downloading.value.path().read_bytes()


def assert_certificate(content: bytes) -> None:
    """A tagged PDF of one page that names the person and what was met."""
    with pikepdf.open(BytesIO(content)) as document:
        assert document.Root.MarkInfo.Marked
        assert len(document.pages) == 1
    text = text_of(content)
    assert AMARA in text
    for competency in COMPETENCIES:
        assert competency in text


def text_of(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        return str(document[0].get_textpage().get_text_bounded())


def verify(page: Page, link: str, content: bytes) -> None:
    """As a stranger with the printed certificate in hand."""
    page.goto(link)
    expect(page.get_by_text("This certificate is valid")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("A. O.")
    expect(page.get_by_text(AMARA)).to_have_count(0)
    key = re.search(r"key\W+([2-9A-HJKMNP-Z]{4}-?[2-9A-HJKMNP-Z]{4})", text_of(content))
    assert key, text_of(content)
    page.get_by_label("Holder's key").fill(key[1].lower())
    page.get_by_role("button", name="Show the name").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(AMARA)
