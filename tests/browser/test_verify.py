"""A stranger compares a file with the certificate that was issued; it never leaves their device."""

from base64 import b64encode

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.readable import assert_readable
from tests.browser.ward import LivedIn

pytestmark = pytest.mark.browser

SAME = "This is the file that was issued"
LONGER = "Something was added to the file that was issued"
OTHER = "This is not the file that was issued"

DROP = """content => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], "certificate.pdf"));
  const dropped = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  document.querySelector("main").dispatchEvent(dropped);
}"""


@pytest.fixture
def issued(lived_in: LivedIn) -> bytes:
    """Amara's file."""
    people, activity = lived_in.place.people, lived_in.place.activity
    assert lived_in.code()
    with lived_in.stack.rounds.reading() as unit:
        return unit.certificates.file_for(
            people["ingrid"], activity, people["amara"].person
        ).content


def choose(page: Page, content: bytes) -> None:
    file: FilePayload = {"name": "any.pdf", "mimeType": "application/pdf", "buffer": content}
    page.get_by_label("Choose the certificate's PDF").set_input_files(file)


def test_a_file_is_compared_where_it_is(
    lived_in: LivedIn, issued: bytes, open_browser: OpenBrowser
) -> None:
    page = open_browser(reduced_motion="reduce").new_page()
    page.goto(f"{lived_in.stack.origin}/verify/{lived_in.code()}", wait_until="networkidle")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    told = page.locator("#comparison").get_by_role("status")
    expect(told).to_be_empty()
    flipped = bytes([issued[0] ^ 1]) + issued[1:]
    for content, words in (
        (issued, SAME),
        (issued + b"\n%%EOF", LONGER),
        (issued[:-1], OTHER),
        (flipped, OTHER),
        (b"", OTHER),
    ):
        choose(page, content)
        expect(told).to_contain_text(words)
    assert sent == []
    assert_readable(page)


def test_a_file_is_dropped_anywhere_on_the_page(
    lived_in: LivedIn, issued: bytes, open_browser: OpenBrowser
) -> None:
    page = open_browser().new_page()
    address = f"{lived_in.stack.origin}/verify/{lived_in.code()}"
    page.goto(address)
    expect(page.get_by_label("Choose the certificate's PDF")).to_be_visible()
    page.evaluate(DROP, b64encode(issued).decode())
    expect(page.locator("#comparison").get_by_role("status")).to_contain_text(SAME)
    assert page.url == address


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}])
def test_where_no_browser_compares_it_is_told_how_to_by_hand(
    lived_in: LivedIn, open_browser: OpenBrowser, options: dict[str, bool]
) -> None:
    """On a connection that is not encrypted, or without scripts."""
    context = open_browser(**options)
    context.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined });")
    page = context.new_page()
    page.goto(f"{lived_in.stack.origin}/verify/{lived_in.code()}")
    expect(page.get_by_label("Choose the certificate's PDF")).to_be_hidden()
    if not options:
        expect(page.get_by_text("not encrypted")).to_be_visible()
    page.get_by_text("Compare by hand", exact=True).click()
    expect(page.get_by_text(f"sha256sum certificate-{lived_in.code()}.pdf")).to_be_visible()
