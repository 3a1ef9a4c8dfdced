"""The scoring page in a real browser: saving, two tabs, no connection, keys, no scripts, axe."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import APIResponse, Locator, Page, Playwright, Route, expect

from lti_tool.services.unit import Rounds
from lti_tool.web.session import COOKIE
from tests import factories
from tests.browser.conftest import ARGUMENTS, DESKTOP, PHONE
from tests.factories import Ward
from tests.faults.databases import read_only
from tests.visitor import visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

OpenForm = Callable[..., Page]


@pytest.fixture
def ward(rounds: Rounds) -> Ward:
    return factories.ward(rounds)


@pytest.fixture
def open_form(
    app: Flask, rounds: Rounds, ward: Ward, tool_server: str, playwright: Playwright
) -> Iterator[OpenForm]:
    """Opens Helen's draft of Amara's teamwork in a browser of its own."""
    draft = ward.draft(ward.helen, ward.amara, "teamwork")
    with ExitStack() as opened:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        opened.callback(browser.close)

        def start(**options: Any) -> Page:
            helen = visitor(app, rounds, ward.helen, ward.activity)
            cookie = helen.client.get_cookie(COOKIE, path=f"/s/{helen.launch}/")
            assert cookie
            context = browser.new_context(**{"viewport": DESKTOP, **options})
            context.set_default_timeout(30_000)
            context.add_cookies(
                [
                    {
                        "name": COOKIE,
                        "value": cookie.value,
                        "domain": "127.0.0.1",
                        "path": f"/s/{helen.launch}/",
                    }
                ]
            )
            page = context.new_page()
            page.goto(f"{tool_server}/s/{helen.launch}/assessments/{draft}")
            return page

        yield start


def criterion(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def test_what_is_chosen_is_counted_and_saved_by_itself(open_form: OpenForm) -> None:
    page = open_form()
    criterion(page, "Handover").get_by_label("Dependable").check()
    page.get_by_label("Setting").fill("Ward 6")
    expect(page.locator("#state")).to_contain_text("5 still to score")
    expect(page.get_by_role("link", name="Handover Dependable")).to_be_visible()
    expect(page.locator("#version")).to_have_value("2")
    page.reload()
    expect(criterion(page, "Handover").get_by_label("Dependable")).to_be_checked()
    expect(page.get_by_text(", Ward 6")).to_be_visible()


def test_what_happened_is_asked_only_where_it_is_needed(open_form: OpenForm) -> None:
    page = open_form()
    handover, teamwork = criterion(page, "Handover"), criterion(page, "Clear team communication")
    expect(handover.get_by_label("What happened?")).to_be_hidden()
    handover.get_by_label("Needs direction").check()
    expect(handover.get_by_label("What happened?")).to_be_visible()
    teamwork.get_by_label("Needs direction").check()
    expect(page.get_by_label("What happened?").locator("visible=true")).to_have_count(1)
    expect(page.get_by_label("What is your concern?")).to_be_hidden()
    page.get_by_label("I have a safety or privacy concern").check()
    expect(page.get_by_label("What is your concern?")).to_be_visible()


def test_the_list_of_faults_takes_the_focus_and_leads_to_the_fields(open_form: OpenForm) -> None:
    page = open_form()
    criterion(page, "Handover").get_by_label("Needs direction").check()
    page.get_by_role("button", name="Submit assessment").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Handover: say what happened").click()
    expect(criterion(page, "Handover").get_by_label("What happened?")).to_be_focused()


def test_a_second_tab_is_told_and_loses_nothing(open_form: OpenForm) -> None:
    one, two = open_form(), open_form()
    one.get_by_label("One thing to try next time").fill("From the first.")
    expect(one.locator("#version")).to_have_value("2")
    two.get_by_label("One thing to try next time").fill("From the second.")
    expect(two.get_by_role("alert")).to_contain_text("See what changed before you submit.")
    expect(two.get_by_label("One thing to try next time")).to_have_value("From the second.")
    expect(two.locator("#state")).to_have_text("Not savedChanged elsewhere")


def test_a_save_under_way_is_waited_for(open_form: OpenForm) -> None:
    page = open_form()
    for group in page.locator("fieldset.crit:not(#support)").all():
        group.get_by_label("Dependable").check()
    expect(page.locator("#state")).to_contain_text("All scored")
    answers: list[tuple[Route, APIResponse]] = []
    page.route("**/draft", lambda route: answers.append((route, route.fetch())))
    page.get_by_label("One thing to try next time").fill("Say it back.")
    while not answers:  # saved on the server, which the page does not know yet
        page.wait_for_timeout(50)
    page.get_by_role("button", name="Submit assessment").click()
    route, answer = answers[0]
    route.fulfill(response=answer)
    page.wait_for_url("**done=submitted")
    expect(page.get_by_text("Amara Okafor can read this now.")).to_be_visible()
    expect(page.get_by_text("Say it back.")).to_be_visible()


def test_without_a_connection_the_page_says_so_and_keeps_all(open_form: OpenForm) -> None:
    page = open_form()
    page.route("**/draft", lambda route: route.abort())
    page.get_by_label("Specialty").fill("Surgery")
    expect(page.locator("#state")).to_contain_text("Not saved yet")
    expect(page.get_by_label("Specialty")).to_have_value("Surgery")


def test_what_the_database_cannot_keep_is_kept_by_the_page(
    open_form: OpenForm, rounds: Rounds
) -> None:
    page = open_form()
    for group in page.locator("fieldset.crit:not(#support)").all():
        group.get_by_label("Dependable").check()
    expect(page.locator("#state")).to_contain_text("All scored")
    with read_only(rounds):
        page.get_by_label("One thing to try next time").fill("Say it back.")
        expect(page.locator("#state")).to_have_text(
            "Not saved yetRounds is not available. It is tried again."
        )
        page.get_by_role("button", name="Submit assessment").click()
        expect(page.get_by_role("heading", name="This was not saved")).to_be_visible()
        page.get_by_role("button", name="Send it again").click()
        expect(page.get_by_role("heading", name="This was not saved")).to_be_visible()
    page.get_by_role("button", name="Send it again").click()
    page.wait_for_url("**done=submitted")
    expect(page.get_by_text("Say it back.")).to_be_visible()


def test_arrows_move_within_a_criterion_and_enter_submits_nothing(open_form: OpenForm) -> None:
    page = open_form()
    handover = criterion(page, "Handover")
    handover.get_by_label("Needs direction").focus()
    page.keyboard.press("ArrowDown")
    expect(handover.get_by_label("Developing")).to_be_checked()
    page.get_by_label("Setting").press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_without_scripts_it_is_a_whole_form(open_form: OpenForm) -> None:
    page = open_form(java_script_enabled=False)
    page.get_by_label("Setting").fill("Ward 6")
    criterion(page, "Handover").get_by_label("Not observed").check()
    page.get_by_role("button", name="Save for later").click()
    expect(page.locator("#version")).to_have_value("2")
    expect(criterion(page, "Handover").get_by_label("Not observed")).to_be_checked()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_every_target_is_large_enough(
    open_form: OpenForm, size: dict[str, int], theme: str
) -> None:
    page = open_form(viewport=size, color_scheme=theme)
    for _ in range(2):  # as it is opened, and as it comes back with faults
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
        assert page.evaluate(SMALL_TARGETS) == []
        page.get_by_role("button", name="Submit assessment").click()
        expect(page).to_have_title(re.compile("^Error: Teamwork: Amara Okafor"))


SMALL_TARGETS = """
[...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((one) => one.offsetParent && !one.closest(".note"))
  .map((one) => [one.textContent, (one.closest("label") ?? one).getBoundingClientRect().height])
  .filter(([, height]) => height < 44)
"""
