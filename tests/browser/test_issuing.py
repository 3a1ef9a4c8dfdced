"""A certificate's life as people see it: signed off, made, downloaded, checked, and revoked."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenBrowser
from tests.browser.people import Visitor
from tests.journeys.people import launch, lead_of
from tests.stack import Stack

pytestmark = pytest.mark.browser

FLAVOUR, ACTIVITY = "canvas", "one-try"
AMARA, LEAD = "Amara Okafor", "Dr Ingrid Solheim"
WHY = "Two interns were mixed up."
ONLY_TEAMWORK = {
    "weight-patient-communication": "0",
    "weight-teamwork": "100",
    "weight-documentation": "0",
}


@pytest.fixture
def met(stack: Stack) -> None:
    """An activity that asks for a sign-off, and Amara has met its standard."""
    lead_of(stack, FLAVOUR, ACTIVITY).choose(issuing="sign-off", **ONLY_TEAMWORK)
    helen = launch(stack, FLAVOUR, "helen", ACTIVITY)
    helen.score(helen.intern(AMARA), "teamwork", "3")


def test_one_is_signed_off_downloaded_checked_and_revoked(
    stack: Stack, met: None, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    visitor = Visitor(stack, open_browser(), FLAVOUR)
    _, lead = visitor.open("ingrid", ACTIVITY)
    lead.get_by_role("link", name="Certificates").click()
    lead.get_by_label(f"Sign off {AMARA}").check()
    lead.get_by_role("button", name="Sign off the ticked ones").click()
    expect(lead.get_by_text("One certificate signed off.")).to_be_visible()
    # The page looks again by itself until the file is there.
    expect(lead.get_by_role("link", name=f"Download {AMARA}")).to_be_visible()

    window, intern = visitor.open("amara", ACTIVITY)
    window.set_viewport_size(PHONE)
    expect(intern.get_by_text(f"signed off by {LEAD}")).to_be_visible()
    with window.expect_download() as downloading:
        intern.get_by_role("link", name="Download certificate").click()
    file = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(file)
    with window.expect_popup() as opening:
        intern.get_by_role("link", name="(opens in a new tab)").click()
    check(opening.value, file)

    lead.get_by_role("link", name=AMARA, exact=True).click()
    lead.get_by_text("Revoke it").click()
    form = lead.get_by_role("group").filter(has_text="The intern and course leads read it.")
    form.get_by_label("Why?").fill(WHY)
    form.get_by_role("button", name="Revoke").click()
    expect(lead.get_by_text(f"by {LEAD}").first).to_be_visible()
    expect(lead.get_by_role("blockquote")).to_have_text(WHY)

    opening.value.reload()
    expect(opening.value.get_by_text("This certificate no longer counts")).to_be_visible()
    expect(opening.value.get_by_text("A course lead revoked it.")).to_be_visible()
    _, intern = visitor.open("amara", ACTIVITY)
    expect(intern.get_by_role("blockquote")).to_have_text(WHY)
    expect(intern.get_by_role("link", name="Download certificate")).to_have_count(0)


def check(page: Page, file: Path) -> None:
    """As a stranger with the file: its code is valid, and it is what was issued."""
    expect(page.get_by_text("This certificate is valid")).to_be_visible()
    page.get_by_label("Choose the certificate's PDF").set_input_files(file)
    expect(page.get_by_text("This is the file that was issued")).to_be_visible()
    assert file.name in page.content(), "the commands to check it by name it as it was downloaded"
