"""A running stack and real Chromium, in the three ways a browser may treat our cookies."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Playwright

from tests.stack import Stack, running

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}

DEFAULT, THIRD_PARTY_BLOCKED, REFUSED = "default", "third-party-blocked", "refused"

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

OpenBrowser = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One tool and one sandbox for all browser tests of a process."""
    with running(tmp_path_factory.mktemp("stack")) as found:
        yield found


@pytest.fixture
def open_browser(playwright: Playwright, stack: Stack, tmp_path: Path) -> Iterator[OpenBrowser]:
    """Opens a browser with a profile of its own; `cookies` says how it treats the tool's."""
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
            context.set_default_timeout(15_000)
            opened.callback(context.close)
            return context

        yield start


def _prefer(profile: Path, cookies: str, origin: str) -> None:
    """Write a profile's preferences, as if its owner had set them."""
    preferences: dict[str, Any] = {}
    if cookies == THIRD_PARTY_BLOCKED:
        preferences = {"cookie_controls_mode": 1, "block_third_party_cookies": True}
    if cookies == REFUSED:
        refused = {f"{origin},*": {"setting": 2}}
        preferences = {"content_settings": {"exceptions": {"cookies": refused}}}
    folder = profile / "Default"
    folder.mkdir(parents=True)
    (folder / "Preferences").write_text(json.dumps({"profile": preferences}))
