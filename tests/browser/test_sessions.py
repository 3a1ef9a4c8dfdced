"""Several launches in one browser, and one person at several: who is who, and what is kept."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lti_tool.models.assessment import Assessment
from tests.browser.conftest import OpenBrowser
from tests.browser.people import Visitor, begin, criteria, press
from tests.browser.ward import ACTIVITY, FLAVOUR, LivedIn
from tests.stack import Stack, until

pytestmark = pytest.mark.browser


def test_two_people_in_one_browser_stay_who_they_are(
    lived_in: LivedIn, stack: Stack, open_browser: OpenBrowser
) -> None:
    visitor = Visitor(stack, open_browser(), FLAVOUR)
    page, helens = visitor.open("helen", ACTIVITY)
    expect(helens.get_by_role("banner")).to_contain_text("Dr Helen Brandt")
    _, amaras = visitor.open("amara", ACTIVITY)
    expect(amaras.get_by_role("banner")).to_contain_text("Amara Okafor")

    begin(helens, "Tomasz Zieliński", "Documentation")
    expect(helens.get_by_role("banner")).to_contain_text("Dr Helen Brandt")
    amaras.get_by_role("link", name="Rounds").click()
    expect(amaras.get_by_role("heading", level=1)).to_have_text("Where you stand")

    press(page, helens, "F5")
    expect(helens.get_by_role("heading", level=1)).to_have_text("Tomasz Zieliński")
    press(page, helens, "Alt+ArrowLeft")
    expect(helens.get_by_role("button", name="Score: Teamwork")).to_be_visible()
    press(page, helens, "Alt+ArrowLeft")
    expect(helens.get_by_role("heading", level=1)).to_have_text("Interns")
    press(page, helens, "F5")
    expect(helens.get_by_role("banner")).to_contain_text("Dr Helen Brandt")


def test_a_draft_goes_on_at_another_device_and_faults_lose_nothing(
    lived_in: LivedIn, stack: Stack, open_browser: OpenBrowser
) -> None:
    _, phone = Visitor(stack, open_browser(), FLAVOUR).open("ruth", ACTIVITY)
    begin(phone, "Priya Raman", "Teamwork")
    criteria(phone)[0].get_by_role("radio", name="Exemplary").check()
    phone.get_by_label("One thing to try next time").fill("Say it back.")
    until(lambda: kept(stack, "Say it back."))
    expect(phone.locator("#state")).to_contain_text("Saved")

    _, desk = Visitor(stack, open_browser(), FLAVOUR).open("ruth", ACTIVITY)
    desk.get_by_role("link", name="Continue: Priya Raman").click()
    expect(criteria(desk)[0].get_by_role("radio", name="Exemplary")).to_be_checked()
    expect(desk.get_by_label("One thing to try next time")).to_have_value("Say it back.")
    desk.get_by_role("button", name="Submit assessment").click()
    expect(desk.get_by_role("alert")).to_be_focused()
    expect(desk.get_by_label("One thing to try next time")).to_have_value("Say it back.")


def kept(stack: Stack, words: str) -> bool:
    """Whether a draft with these words is saved."""
    with stack.rounds.reading() as unit:
        found = unit.session.scalar(select(Assessment.id).where(Assessment.next_time == words))
        return found is not None
