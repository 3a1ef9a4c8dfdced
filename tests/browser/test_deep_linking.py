"""Choosing inside the LMS, in a frame of another site: the answer goes back by itself."""

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, ViewportSize, expect

from tests.browser.conftest import (
    DEFAULT,
    DESKTOP,
    PHONE,
    REFUSED,
    THIRD_PARTY_BLOCKED,
    OpenBrowser,
)
from tests.browser.people import Visitor
from tests.stack import Stack

pytestmark = pytest.mark.browser

HEADING = "Choose what interns are assessed on"
WAYS = [
    pytest.param("canvas", THIRD_PARTY_BLOCKED, DESKTOP, id="canvas-third-party-blocked"),
    pytest.param("canvas", REFUSED, DESKTOP, id="canvas-all-refused"),
    pytest.param("moodle", DEFAULT, PHONE, id="moodle-phone"),
]


def begin(visitor: Visitor) -> tuple[Page, FrameLocator]:
    """As course lead, on the course's page: add content, with Rounds."""
    page = visitor.context.new_page()
    page.goto(visitor.stack.walker().course_page(visitor.flavour, "ingrid"))
    page.locator("form:has(input[name=place]) button").first.click()
    return page, page.frame_locator("iframe:visible")


def name(page: Page) -> Locator:
    """The activity's name in the form that the LMS filled from our answer."""
    return page.locator("form:has(input[name=choice])").get_by_label("Name", exact=True)


@pytest.mark.parametrize(("flavour", "cookies", "viewport"), WAYS)
def test_what_is_chosen_in_the_frame_appears_in_the_course(
    stack: Stack, open_browser: OpenBrowser, flavour: str, cookies: str, viewport: ViewportSize
) -> None:
    title = f"Ward skills, {flavour} {cookies}"
    visitor = Visitor(stack, open_browser(cookies, viewport=viewport), flavour)
    page, tool = begin(visitor)
    expect(tool.get_by_role("heading", level=1)).to_have_text(HEADING)
    tool.get_by_label("Title", exact=True).fill(title)
    tool.get_by_role("button", name="Add to the course").click()
    expect(name(page)).to_have_value(title)
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_role("main").get_by_role("link", name=title)).to_be_visible()


def test_cancel_leads_back_to_the_course(stack: Stack, open_browser: OpenBrowser) -> None:
    visitor = Visitor(stack, open_browser(DEFAULT, viewport=DESKTOP), "canvas")
    page, tool = begin(visitor)
    tool.get_by_label("Title", exact=True).fill("Never made")
    tool.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Add content")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Never made")).to_have_count(0)


def test_enter_in_the_title_adds_and_does_not_cancel(
    stack: Stack, open_browser: OpenBrowser
) -> None:
    visitor = Visitor(stack, open_browser(DEFAULT, viewport=DESKTOP), "canvas")
    page, tool = begin(visitor)
    tool.get_by_label("Title", exact=True).fill("By the enter key")
    tool.get_by_label("Title", exact=True).press("Enter")
    expect(name(page)).to_have_value("By the enter key")
