"""Every page of the tool as each person sees it: for machines that read, small screens, the dark,
and with what a hostile person has called themselves and written.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from lti_tool.sandbox.cast import HOSTILE_GIVEN
from tests.browser.conftest import OpenBrowser
from tests.browser.readable import assert_readable
from tests.browser.ward import ACTIVITY, FLAVOUR, MARKUP, LivedIn
from tests.lms_walker import Browser
from tests.stack import Stack

pytestmark = pytest.mark.browser

PEOPLE: dict[str, Callable[[LivedIn], list[str]]] = {
    "ingrid": lambda at: [
        "",
        "?q=mall",
        "activity",
        "gradebook",
        "gradebook/messages",
        "gradebook/messages?state=refused",
        "gradebook/messages?state=uncertain&q=x",
        "certificates",
        "certificates?state=revoked",
        f"interns/{at.person('amara')}/certificate",
        f"interns/{at.person('tomasz')}/certificate",
        "people",
        f"flags/{at.flag()}",
        f"interns/{at.person('mallory')}/",
        f"interns/{at.person('jonas')}/",
        f"interns/{at.person('amara')}/?competency=documentation",
        f"interns/{at.person('amara')}/feedback",
        f"interns/{at.person('mallory')}/score",
        f"assessments/{at.mallorys}",
        f"assessments/{at.mallorys}/move",
    ],
    "helen": lambda at: [
        "",
        f"interns/{at.person('mallory')}/score",
        f"interns/{at.person('amara')}/score",
        f"assessments/{at.draft}",
        f"assessments/{at.draft}/discard",
        f"assessments/{at.mallorys}",
        f"assessments/{at.mallorys}/amend",
        f"assessments/{at.mallorys}/withdraw",
        "assessments/999999",
    ],
    "amara": lambda at: ["", "transcript", f"interns/{at.person('amara')}/feedback", "people"],
    "mallory": lambda at: ["", f"assessments/{at.mallorys}"],
    "graham": lambda at: [""],
}


def enter(stack: Stack, context: BrowserContext, person: str) -> str:
    """Launch as someone, give the browser the cookie, and say where their pages begin."""
    walker = stack.walker(Browser())
    home = walker.launch(FLAVOUR, person, ACTIVITY).url
    name, _, value = walker.browser.cookies.header(home).partition("=")
    context.add_cookies([{"name": name, "value": value, "url": home}])
    return home


@pytest.mark.parametrize("person", PEOPLE)
def test_each_page_of_the_launched(
    stack: Stack, lived_in: LivedIn, open_browser: OpenBrowser, person: str
) -> None:
    context = open_browser(reduced_motion="reduce")
    home, page = enter(stack, context, person), context.new_page()
    for path in PEOPLE[person](lived_in):
        page.goto(home + path)
        assert_readable(page)


def test_what_a_hostile_person_writes_is_text(
    stack: Stack, lived_in: LivedIn, open_browser: OpenBrowser
) -> None:
    context = open_browser(reduced_motion="reduce")
    home, page = enter(stack, context, "ingrid"), context.new_page()
    page.goto(f"{home}assessments/{lived_in.mallorys}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE_GIVEN)
    expect(page.locator(".quote")).to_contain_text(MARKUP)
    page.goto(f"{home}flags/{lived_in.flag()}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE_GIVEN)
    expect(page.get_by_role("blockquote")).to_have_text(MARKUP)


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/verify", "Check a certificate"),
        ("/verify/2345-6789-ABCD", "Check a certificate"),
        ("/verify/{valid}", "A. O."),
        ("/verify/{revoked}", re.compile("^Revoked on")),
        ("/lti/launch", "This page cannot be opened like that"),
        ("/s/0123456789abcdef0123456789abcdef/", "You are not signed in on this page"),
    ],
)
def test_each_page_of_strangers(
    stack: Stack,
    lived_in: LivedIn,
    open_browser: OpenBrowser,
    path: str,
    heading: str | re.Pattern[str],
) -> None:
    page = open_browser(reduced_motion="reduce").new_page()
    page.goto(stack.origin + path.format(valid=lived_in.code(), revoked=lived_in.revoked))
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert_readable(page)


def test_each_form_that_comes_back(
    stack: Stack, lived_in: LivedIn, open_browser: OpenBrowser
) -> None:
    context = open_browser(reduced_motion="reduce")
    home, page = enter(stack, context, "ingrid"), context.new_page()
    page.goto(f"{home}activity")
    page.get_by_label("Weight of Teamwork").fill("101")
    page.get_by_label("Assessments", exact=True).fill("0")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_readable(page)
    for path, button in (
        (f"flags/{lived_in.flag()}", "Resolve"),
        (f"assessments/{lived_in.mallorys}/withdraw", "Withdraw"),
        (f"assessments/{lived_in.mallorys}/move", "Move it"),
    ):
        page.goto(home + path)
        page.get_by_role("button", name=button).click()
        expect(page).to_have_title(re.compile("^Error: "))
        assert_readable(page)
