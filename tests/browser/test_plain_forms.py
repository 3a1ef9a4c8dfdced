"""A supervisor's whole job in a browser that runs no scripts."""

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.people import Visitor, begin, criteria
from tests.browser.ward import ACTIVITY, FLAVOUR, LivedIn
from tests.stack import Stack

pytestmark = pytest.mark.browser


def launch_by_hand(visitor: Visitor, person: str) -> FrameLocator:
    """Press the button on each page of the launch, which scripts would do."""
    page, tool = visitor.open(person, ACTIVITY)
    page.get_by_role("button", name="Open Clinical competencies").click()
    tool.get_by_role("button", name="Go on").click()
    return tool


def test_choose_score_keep_and_submit(
    stack: Stack, lived_in: LivedIn, open_browser: OpenBrowser
) -> None:
    visitor = Visitor(stack, open_browser(java_script_enabled=False), FLAVOUR)
    tool = launch_by_hand(visitor, "peter")
    begin(tool, "Saoirse Byrne", "Teamwork")
    handover = tool.get_by_role("group", name="Handover", exact=True)
    handover.get_by_label("Needs direction").check()
    tool.get_by_label("Setting").fill("Ward 6")
    tool.get_by_role("button", name="Save for later").click()
    expect(tool.locator("#version")).to_have_value("2")

    tool.get_by_role("link", name="Rounds").click()
    tool.get_by_role("link", name="Continue: Saoirse Byrne").click()
    expect(handover.get_by_label("Needs direction")).to_be_checked()
    for criterion in criteria(tool):
        if not criterion.get_by_label("Needs direction").is_checked():
            criterion.get_by_label("Not observed").check()
    tool.get_by_role("button", name="Submit assessment").click()
    expect(tool.get_by_role("alert")).to_contain_text("Handover: say what happened")

    handover.get_by_label("What happened?").fill("Left without handing over the two sickest.")
    tool.get_by_role("button", name="Submit assessment").click()
    expect(tool.get_by_text("Saoirse Byrne can read this now.")).to_be_visible()


def test_ask_wait_for_and_download_a_transcript(
    stack: Stack, lived_in: LivedIn, open_browser: OpenBrowser
) -> None:
    """The page asks for itself again until the file is made, with no script either."""
    visitor = Visitor(stack, open_browser(java_script_enabled=False), FLAVOUR)
    tool = launch_by_hand(visitor, "amara")
    tool.get_by_role("link", name="Transcript of all your competencies").click()
    tool.get_by_role("button", name="Make a transcript").click()
    download = tool.get_by_role("link", name="Download transcript")
    expect(download).to_be_visible(timeout=120_000)
    with tool.owner.page.expect_download() as begun:
        download.click()
    assert begun.value.suggested_filename.startswith("transcript-")
