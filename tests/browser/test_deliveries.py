"""A course lead looks after a refused grade: finds it, sends it again, and tests the connection."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, OpenBrowser
from tests.browser.readable import assert_readable
from tests.browser.test_pages import enter
from tests.browser.ward import FLAVOUR, LivedIn
from tests.stack import Stack

pytestmark = pytest.mark.browser


def test_a_refused_grade_is_found_and_sent_again_on_a_phone(
    stack: Stack, lived_in: LivedIn, open_browser: OpenBrowser
) -> None:
    context = open_browser(reduced_motion="reduce", viewport=PHONE)
    home, page = enter(stack, context, "ingrid"), context.new_page()
    page.goto(f"{home}gradebook")
    page.get_by_role("link", name="Refused 1").click()
    row = page.get_by_role("listitem").filter(has_text="Jonas Lindqvist")
    expect(row).to_contain_text("The gradebook does not accept grades from Rounds.")

    stack.sandbox.control(FLAVOUR, "fault", where="scores", status=403)
    with page.expect_event("framenavigated"):
        row.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Nothing was refused").or_(row)).to_be_visible()
    page.get_by_role("navigation", name="Course").get_by_text("Gradebook").click()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The connection works")
    assert_readable(page)

    page.goto(f"{home}gradebook/messages?q=jonas")
    expect(page.get_by_role("status")).to_contain_text("found")
    expect(page.get_by_role("listitem").filter(has_text="Jonas Lindqvist")).not_to_have_count(0)
