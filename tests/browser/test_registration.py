"""An administrator registers Rounds in a frame of the LMS, closes it, and a course opens it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import REFUSED, THIRD_PARTY_BLOCKED, OpenBrowser
from tests.browser.people import Visitor, frame_of
from tests.browser.readable import assert_readable
from tests.registering_lms import invite
from tests.stack import Stack, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this module's own: what registers takes the place of what the others use."""
    with running(tmp_path_factory.mktemp("registering")) as found:
        yield found


def register(page: Page, stack: Stack, flavour: str) -> None:
    """Paste the address that `rounds platform invite` prints, and close what opens."""
    directory = stack.walker().directory
    page.goto(directory[flavour]["admin"])
    code = invite(stack.rounds)
    page.get_by_label("Registration address").fill(f"{stack.origin}/lti/register?code={code}")
    page.get_by_role("button", name="Register").click()
    tool = page.frame_locator("iframe")
    if flavour == "moodle":
        tool.get_by_role("button", name="Register as a new tool").click()
    expect(tool.get_by_role("heading", level=1)).to_have_text("Rounds is registered")
    assert_readable(page, frame_of(page, stack))
    tool.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", level=2, name="Rounds")).to_be_visible()


@pytest.mark.parametrize("flavour", ["canvas", "moodle", "plain"])
def test_the_tool_registers_in_a_frame_and_a_course_opens_it(
    flavour: str, stack: Stack, open_browser: OpenBrowser
) -> None:
    context = open_browser(THIRD_PARTY_BLOCKED, reduced_motion="reduce")
    page = context.new_page()
    register(page, stack, flavour)
    for box in ("Activated", "Switched on", "Show in the activity chooser"):
        if page.get_by_label(box).count():
            page.get_by_label(box).check()
    page.get_by_role("button", name="Save").click()
    _, tool = Visitor(stack, context, flavour).open("ingrid", "competencies")
    expect(tool.get_by_role("link", name="Rounds").first).to_be_visible()


def test_a_registration_needs_no_cookie(stack: Stack, open_browser: OpenBrowser) -> None:
    page = open_browser(REFUSED, reduced_motion="reduce").new_page()
    register(page, stack, "canvas")
