"""Choosing competencies in a real browser: the sum of the weights follows what is typed."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenBrowser
from tests.browser.test_pages import enter
from tests.browser.ward import LivedIn
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_the_weights_are_added_up_while_they_are_typed(
    stack: Stack, lived_in: LivedIn, open_browser: OpenBrowser
) -> None:
    context = open_browser()
    page = context.new_page()
    page.goto(f"{enter(stack, context, 'ingrid')}activity")
    total, teamwork = page.locator("#total"), page.get_by_label("Weight of Teamwork")
    expect(total).to_contain_text("Together100")
    expect(page.get_by_text("Adds up")).to_be_visible()
    teamwork.fill("30")
    expect(total).to_contain_text("Together95")
    expect(page.get_by_text("Not 100")).to_be_visible()
    page.get_by_role("checkbox", name="Teamwork").uncheck()
    expect(total).to_contain_text("Together65")
    expect(teamwork).to_be_hidden()
