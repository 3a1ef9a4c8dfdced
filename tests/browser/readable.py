"""Whether a page can be read: by machines that read aloud, on small screens, and in the dark."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

from tests.browser.conftest import DESKTOP, PHONE

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"]

SMALL_TARGETS = """
const height = (one) => one.getBoundingClientRect().height;
const text = (one) => one.textContent.trim();
const inSentence = (one) =>
  one.matches("#faults a") ||
  (one.matches("a:not(.links a)") && text(one.parentElement) !== text(one));
[...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((one) => one.checkVisibility() && !one.matches(".skip") && !inSentence(one))
  .map((one) => [one.outerHTML, Math.max(height(one), height(one.closest("label") ?? one))])
  .filter(([, height]) => height > 0 && height < 44)
"""
"""Whatever can be pressed and is no link inside a sentence."""


def assert_readable(page: Page, frame: Frame | None = None) -> None:
    """No finding of axe, nothing wider than the screen, and no target too small to hit.

    Of the page, or of a frame in it.
    """
    part = frame or page
    part.evaluate(AXE_SCRIPT)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        where = f"{part.url} at {size['width']}"
        assert part.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
        assert part.evaluate(SMALL_TARGETS) == [], where
        page.emulate_media(color_scheme="light")
        assert findings(part, "tag", RULES) == [], where
        # The dark differs in nothing but colours.
        page.emulate_media(color_scheme="dark")
        assert findings(part, "rule", RULES_OF_COLOUR) == [], f"{where}, in the dark"


def findings(part: Page | Frame, kind: str, values: list[str]) -> list[object]:
    """What axe finds on a page that it was loaded into."""
    options = {"runOnly": {"type": kind, "values": values}, "resultTypes": ["violations"]}
    found: list[object] = part.evaluate(
        "options => axe.run(options).then(results => results.violations)", options
    )
    return found
