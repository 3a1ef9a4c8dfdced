"""Browsers that refuse our cookies: a window of its own, or words; never a blank frame."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import REFUSED, REFUSED_IN_FRAMES, OpenBrowser
from tests.browser.people import Visitor
from tests.browser.readable import assert_readable
from tests.stack import Stack

pytestmark = pytest.mark.browser


def open_in_a_window(visitor: Visitor, person: str) -> Page:
    """Take the offer that stands in the frame of the LMS."""
    page, tool = visitor.open(person, "competencies")
    expect(tool.get_by_role("heading", level=1)).to_have_text("Open Rounds in its own window")
    assert_readable(page, page.frames[-1])
    with visitor.context.expect_page() as opening:
        tool.get_by_role("link", name="Open in a new window").click()
    return opening.value


@pytest.mark.parametrize("flavour", ["canvas", "moodle"])
def test_where_frames_get_no_cookies_a_window_of_its_own_works(
    stack: Stack, open_browser: OpenBrowser, flavour: str
) -> None:
    visitor = Visitor(stack, open_browser(REFUSED_IN_FRAMES, reduced_motion="reduce"), flavour)
    window = open_in_a_window(visitor, "graham" if flavour == "canvas" else "amara")
    expect(window.get_by_role("link", name="Rounds")).to_be_visible()
    assert window.url.startswith(f"{stack.origin}/s/")
    window.reload()
    expect(window.get_by_role("link", name="Rounds")).to_be_visible()


def test_where_no_cookie_is_kept_at_all_it_says_what_to_do(
    stack: Stack, open_browser: OpenBrowser
) -> None:
    visitor = Visitor(stack, open_browser(REFUSED, reduced_motion="reduce"), "canvas")
    window = open_in_a_window(visitor, "helen")
    expect(window.get_by_role("heading", level=1)).to_have_text("We could not open this for you")
    expect(window.get_by_text("Allow cookies for Rounds in your browser")).to_be_visible()
    expect(window.get_by_text("browser-unproven")).to_be_visible()
    assert_readable(window)
