"""Every page of the tool as each person sees it: for machines that read, small screens, the dark,
and with what a hostile person has called themselves and written.
"""

from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, expect

from lti_tool.sandbox.cast import HOSTILE_GIVEN
from tests.browser.conftest import DESKTOP, PHONE, OpenBrowser
from tests.browser.ward import ACTIVITY, FLAVOUR, MARKUP, LivedIn
from tests.lms_walker import Browser
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"]

SMALL_TARGETS = """
const height = (one) => one.getBoundingClientRect().height;
const inSentence = (one) =>
  one.matches("a:not(.links a)") && one.parentElement.textContent.trim() !== one.textContent.trim();
[...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((one) => one.checkVisibility() && !one.matches(".skip") && !inSentence(one))
  .map((one) => [one.outerHTML, Math.max(height(one), height(one.closest("label") ?? one))])
  .filter(([, height]) => height > 0 && height < 44)
"""
"""Whatever can be pressed and is no link inside a sentence."""

PEOPLE: dict[str, Callable[[LivedIn], list[str]]] = {
    "ingrid": lambda at: [
        "",
        "?q=mall",
        "activity",
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
    "amara": lambda at: ["", f"interns/{at.person('amara')}/feedback", "people"],
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
        ("/verify/{code}", "A. O."),
        ("/lti/launch", "This page cannot be opened like that"),
        ("/s/0123456789abcdef0123456789abcdef/", "You are not signed in on this page"),
    ],
)
def test_each_page_of_strangers(
    stack: Stack, lived_in: LivedIn, open_browser: OpenBrowser, path: str, heading: str
) -> None:
    page = open_browser(reduced_motion="reduce").new_page()
    page.goto(stack.origin + path.format(code=lived_in.code()))
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert_readable(page)


def assert_readable(page: Page) -> None:
    """No finding of axe, nothing wider than the screen, and no target too small to hit."""
    page.evaluate(AXE_SCRIPT)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        where = f"{page.url} at {size['width']}"
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], where
        assert page.evaluate(SMALL_TARGETS) == [], where
        page.emulate_media(color_scheme="light")
        assert findings(page, "tag", RULES) == [], where
        # The dark differs in nothing but colours.
        page.emulate_media(color_scheme="dark")
        assert findings(page, "rule", RULES_OF_COLOUR) == [], f"{where}, in the dark"


def findings(page: Page, kind: str, values: list[str]) -> list[object]:
    """What axe finds on a page that it was loaded into."""
    options = {"runOnly": {"type": kind, "values": values}, "resultTypes": ["violations"]}
    found: list[object] = page.evaluate(
        "options => axe.run(options).then(results => results.violations)", options
    )
    return found
