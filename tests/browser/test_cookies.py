"""Where our cookies are refused and the LMS stores nothing: a window of its own, or words."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import REFUSED, REFUSED_IN_FRAMES, OpenBrowser, Switch
from tests.browser.people import Visitor, frame_of
from tests.browser.readable import assert_readable
from tests.stack import Stack

pytestmark = pytest.mark.browser


def open_in_a_window(visitor: Visitor, person: str) -> Page:
    """Take the offer that stands in the frame of the LMS."""
    page, tool = visitor.open(person, "competencies")
    expect(tool.get_by_role("heading", level=1)).to_have_text("Open Rounds in its own window")
    assert_readable(page, frame_of(page, visitor.stack))
    with visitor.context.expect_page() as opening:
        tool.get_by_role("link", name="Open in a new window").click()
    return opening.value


@pytest.mark.parametrize("flavour", ["canvas", "moodle"])
def test_where_frames_get_no_cookies_a_window_of_its_own_works(
    stack: Stack, open_browser: OpenBrowser, switch: Switch, flavour: str
) -> None:
    switch(flavour, storage_target=False)
    visitor = Visitor(stack, open_browser(REFUSED_IN_FRAMES, reduced_motion="reduce"), flavour)
    window = open_in_a_window(visitor, "graham" if flavour == "canvas" else "amara")
    expect(window.get_by_role("link", name="Rounds")).to_be_visible()
    assert window.url.startswith(f"{stack.origin}/s/")
    window.reload()
    expect(window.get_by_role("link", name="Rounds")).to_be_visible()


def test_the_window_works_too_where_storage_failed(
    stack: Stack, open_browser: OpenBrowser, switch: Switch
) -> None:
    switch("canvas", storage="exhausted")
    visitor = Visitor(stack, open_browser(REFUSED_IN_FRAMES, reduced_motion="reduce"), "canvas")
    window = open_in_a_window(visitor, "graham")
    expect(window.get_by_role("link", name="Rounds")).to_be_visible()
    assert "." not in window.url.partition("/s/")[2], "its cookie opens it, no secret in an address"


def test_where_no_cookie_is_kept_at_all_it_says_what_to_do(
    stack: Stack, open_browser: OpenBrowser, switch: Switch
) -> None:
    switch("canvas", storage_target=False)
    visitor = Visitor(stack, open_browser(REFUSED, reduced_motion="reduce"), "canvas")
    window = open_in_a_window(visitor, "helen")
    expect(window.get_by_role("heading", level=1)).to_have_text("We could not open this for you")
    expect(window.get_by_text("Allow cookies for Rounds in your browser")).to_be_visible()
    expect(window.get_by_text("browser-unproven")).to_be_visible()
    assert_readable(window)
