"""A running stack and real Chromium, in the ways in which a browser may treat our cookies."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Playwright,
    ViewportSize,
    expect,
)

from tests.browser.people import KEYS
from tests.browser.ward import LivedIn, live_in
from tests.stack import Stack, running

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}

DEFAULT, THIRD_PARTY_BLOCKED = "default", "third-party-blocked"
REFUSED_IN_FRAMES, REFUSED = "refused-in-frames", "refused"

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A frame of another site then stays in its page's process: Playwright loses some that change
    # theirs. What a browser lets a site keep or frame does not hang on processes.
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process",
]

# A browser, a tool, a sandbox and other tests share two processors.
expect.set_options(timeout=40_000)

OpenBrowser = Callable[..., BrowserContext]
Switch = Callable[..., None]


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One tool and one sandbox for all browser tests of a process."""
    with running(tmp_path_factory.mktemp("stack")) as found:
        yield found


@pytest.fixture(scope="package")
def lived_in(stack: Stack) -> LivedIn:
    """A course of the stack in which things have happened."""
    return live_in(stack)


@pytest.fixture
def open_browser(playwright: Playwright, stack: Stack, tmp_path: Path) -> Iterator[OpenBrowser]:
    """Opens a browser with a profile of its own; `cookies` says how it treats the tool's.

    Afterwards no page may have failed: no script, no policy broken, no dialogue opened.
    """
    failures: list[str] = []
    with ExitStack() as opened:

        def start(cookies: str = DEFAULT, **options: Any) -> BrowserContext:
            profile = tmp_path / f"profile-{cookies}-{len(list(tmp_path.iterdir()))}"
            _prefer(profile, cookies, stack.origin)
            context = playwright.chromium.launch_persistent_context(
                profile,
                executable_path=shutil.which("chromium"),
                args=ARGUMENTS,
                **{"viewport": DESKTOP, "locale": "en-GB", **options},
            )
            context.set_default_timeout(30_000)
            context.add_init_script(KEYS)
            opened.callback(context.close)
            watch(context, failures)
            return context

        yield start
    assert failures == []


@pytest.fixture
def switch(stack: Stack) -> Iterator[Switch]:
    """Says how storage in a flavour of the sandbox behaves; afterwards it behaves as ever."""
    used: set[str] = set()

    def order(flavour: str, **switches: Any) -> None:
        used.add(flavour)
        stack.sandbox.control(flavour, "switches", **switches)

    yield order
    for flavour in used:
        order(flavour, storage="answers", storage_parent=False, storage_target=True)


def watch(context: BrowserContext, failures: list[str]) -> None:
    """Note whatever a browser would complain of, and every dialogue a page opens."""

    def complained(message: ConsoleMessage) -> None:
        address = message.location["url"]
        # A refusal is a page in words with a status of 4xx, which the console tells as well; and
        # a list of faults may ask for the focus in vain where it is framed and scripts are off.
        refused = "status of 4" in message.text and "/static/" not in address
        unfocused = "Blocked autofocusing" in message.text
        # What is meant for the LMS alone is not told to a frame that is not the LMS's, or not yet.
        untold = "target origin provided" in message.text
        if message.type == "error" and not (refused or unfocused or untold):
            failures.append(f"{address}: {message.text}")

    def opened(dialog: Dialog) -> None:
        failures.append(f"dialogue: {dialog.message}")
        dialog.dismiss()

    context.on("console", complained)
    context.on("weberror", lambda error: failures.append(str(error.error)))
    context.on("dialog", opened)


def _prefer(profile: Path, cookies: str, origin: str) -> None:
    """Write a profile's preferences, as if its owner had set them."""
    preferences: dict[str, Any] = {}
    if cookies == THIRD_PARTY_BLOCKED:
        preferences = {"cookie_controls_mode": 1, "block_third_party_cookies": True}
    if cookies in (REFUSED, REFUSED_IN_FRAMES):
        # Whose cookies, and on pages of whom.
        where = "*" if cookies == REFUSED else "http://localhost:*"
        refused = {f"{origin},{where}": {"setting": 2}}
        preferences = {"content_settings": {"exceptions": {"cookies": refused}}}
    folder = profile / "Default"
    folder.mkdir(parents=True)
    (folder / "Preferences").write_text(json.dumps({"profile": preferences}))
