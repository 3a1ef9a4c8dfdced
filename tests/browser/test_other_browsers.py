"""Firefox and WebKitGTK where they are installed: a launch, and pages that stay who they are.

WebKit keeps no `Secure` cookie that came over plain HTTP, so that here it is proven by storage.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.browser import drivers
from tests.browser.drivers import Driver
from tests.stack import Stack, until

pytestmark = pytest.mark.browser

COOKIES_OFF = {"network.cookie.cookieBehavior": 2}
WAYS: dict[str, tuple[str, Callable[[Path], AbstractContextManager[Driver]], bool]] = {
    "firefox": ("firefox", drivers.firefox, False),
    "firefox without cookies": ("firefox", partial(drivers.firefox, **COOKIES_OFF), True),
    "webkit": ("webkit", drivers.webkit, True),
}
WHO = 'return document.querySelector("header .who")?.textContent ?? ""'


@pytest.mark.parametrize("way", WAYS)
def test_a_launch_holds_over_links_and_loading_again(
    stack: Stack, tmp_path: Path, way: str
) -> None:
    name, start, by_storage = WAYS[way]
    if not drivers.INSTALLED[name]:
        pytest.skip(f"{name} is not installed")
    with start(tmp_path) as browser:
        browser.go(stack.walker().activity_page("canvas", "helen", "competencies"))
        until(lambda: shown(browser) == "Dr Helen Brandt")
        address = browser.run("return location.pathname")
        assert ("." in address) == by_storage
        for step in ("location.reload()", 'document.querySelector("header a").click()'):
            browser.run(f"document.querySelector('.who').remove(); setTimeout(() => {step}, 0)")
            until(lambda: shown(browser) == "Dr Helen Brandt")
            assert browser.run("return location.pathname").startswith(address)


def shown(browser: Driver) -> str:
    """Who the page in the frame says is there; nobody while the frame is between two pages."""
    time.sleep(0.1)
    try:
        return str(browser.run(WHO))
    except AssertionError:
        return ""
