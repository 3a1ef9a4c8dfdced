"""Browsers that refuse every cookie of ours: proven by the LMS's storage, or offered a window.

The whole way from the first launch to the certificate is walked in test_walk.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import escape, unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from playwright.sync_api import FrameLocator, Page, Response, expect
from sqlalchemy import select, update

from lti_tool.models.launch import LaunchSession
from lti_tool.models.person import Person
from tests.browser.conftest import REFUSED, OpenBrowser, Switch
from tests.browser.people import Visitor, begin, criteria, fill, frame_of, press, submit
from tests.browser.readable import assert_readable
from tests.browser.ward import ACTIVITY, FLAVOUR, LivedIn
from tests.lms_walker import LastPost
from tests.stack import Stack

pytestmark = pytest.mark.browser

CANVAS = "canvas"


@pytest.fixture
def refusing(lived_in: LivedIn, stack: Stack, open_browser: OpenBrowser, switch: Switch) -> Visitor:
    """Someone whose browser refuses all our cookies, in an LMS whose page itself stores."""
    switch(FLAVOUR, storage_parent=True)
    return Visitor(stack, open_browser(REFUSED), FLAVOUR)


# -- Work in it ------------------------------------------------------------------------------------


def test_several_launches_go_side_by_side_and_bear_going_back_and_loading_again(
    refusing: Visitor, stack: Stack
) -> None:
    first, helens = refusing.open("helen", ACTIVITY)
    expect(helens.get_by_role("banner")).to_contain_text("Dr Helen Brandt")
    _, amaras = refusing.open("amara", ACTIVITY)
    expect(amaras.get_by_role("heading", level=1)).to_have_text("Where you stand")

    begin(helens, "Noor Haddad", "Documentation")
    amaras.get_by_role("link", name="Rounds").click()
    expect(amaras.get_by_role("banner")).to_contain_text("Amara Okafor")

    frame = frame_of(first, stack)
    assert re.match(re.escape(stack.origin) + r"/s/[0-9a-f]{32}\.[\w-]{43}/", frame.url)
    press(first, helens, "F5")
    expect(helens.get_by_role("heading", level=1)).to_have_text("Noor Haddad")
    press(first, helens, "Alt+ArrowLeft")
    expect(helens.get_by_role("button", name="Score: Teamwork")).to_be_visible()
    expect(helens.get_by_role("banner")).to_contain_text("Dr Helen Brandt")


def test_launches_begun_at_once_do_not_collide(refusing: Visitor, stack: Stack) -> None:
    """Three tabs load together; each is led to a session of the person its own launch was for.

    What they show is not asked: Playwright loses frames that several pages swap at once.
    """
    people = {"helen": "Dr Helen Brandt", "ruth": "Ruth Osei", "amara": "Amara Okafor"}
    led: dict[str, str] = {}
    for person in people:
        page = refusing.context.new_page()

        def shown(response: Response, person: str = person) -> None:
            launch = re.match(re.escape(stack.origin) + r"/s/([0-9a-f]{32})\.", response.url)
            if launch and response.status == 200:
                led[person] = launch[1]

        page.on("response", shown)
        address = stack.walker().activity_page(FLAVOUR, person, ACTIVITY)
        page.goto(address, wait_until="commit")  # and no longer: the next begins meanwhile
    for _ in range(450):
        page.wait_for_timeout(100)
        if len(led) == len(people):
            break
    with stack.rounds.reading() as unit:
        of_launch = select(Person.name).join(LaunchSession, LaunchSession.person_id == Person.id)
        names = {
            person: unit.session.scalar(of_launch.where(LaunchSession.id == launch))
            for person, launch in led.items()
        }
    assert names == people


def test_a_draft_is_saved_by_itself_and_sent(refusing: Visitor) -> None:
    _, tool = refusing.open("ruth", ACTIVITY)
    begin(tool, "Kwame Mensah", "Teamwork")
    criteria(tool)[0].get_by_role("radio", name="Exemplary").check()
    expect(tool.locator("#version")).to_have_value("2")
    expect(tool.locator("#state")).to_contain_text("Saved")
    fill(tool)
    submit(tool, "Kwame Mensah")


def test_a_copied_address_opens_nothing(refusing: Visitor, stack: Stack) -> None:
    page, tool = refusing.open("helen", ACTIVITY)
    expect(tool.get_by_role("banner")).to_contain_text("Dr Helen Brandt")
    address = frame_of(page, stack).url
    window = refusing.context.new_page()
    window.goto(address)
    expect(window.get_by_text("session-missing")).to_be_visible()
    assert address.partition("/s/")[2] not in stack.log(10_000)


def test_its_end_is_told_in_words(refusing: Visitor, stack: Stack) -> None:
    page, tool = refusing.open("helen", ACTIVITY)
    expect(tool.get_by_role("banner")).to_contain_text("Dr Helen Brandt")
    frame = frame_of(page, stack)
    launch = frame.url.partition("/s/")[2][:32]
    with stack.rounds.work() as unit:
        ended = update(LaunchSession).where(LaunchSession.id == launch)
        unit.session.execute(ended.values(seen_at=unit.now - timedelta(days=1)))
    press(page, tool, "F5")
    expect(tool.get_by_role("heading", level=1)).to_have_text("You were signed out")


# -- Storage that does not do ----------------------------------------------------------------------


def offered(tool: FrameLocator) -> None:
    heading = tool.get_by_role("heading", level=1)
    expect(heading).to_have_text("Open Rounds in its own window")


@pytest.mark.parametrize("trouble", ["silent", "wrong-origin", "wrong-message-id", "exhausted"])
def test_where_storage_fails_a_window_is_offered(
    stack: Stack, open_browser: OpenBrowser, switch: Switch, trouble: str
) -> None:
    switch(CANVAS, storage=trouble)
    context = open_browser(REFUSED, reduced_motion="reduce")
    page, tool = Visitor(stack, context, CANVAS).open("helen", "competencies")
    offered(tool)
    if trouble == "silent":
        assert_readable(page, frame_of(page, stack))


def test_a_proof_that_was_tampered_with_is_refused_in_words(
    stack: Stack, open_browser: OpenBrowser, switch: Switch
) -> None:
    switch(CANVAS, storage="tampered")
    context = open_browser(REFUSED, reduced_motion="reduce")
    page, tool = Visitor(stack, context, CANVAS).open("helen", "competencies")
    expect(tool.get_by_text("browser-unproven")).to_be_visible()
    assert_readable(page, frame_of(page, stack))


def test_without_scripts_a_window_is_offered(stack: Stack, open_browser: OpenBrowser) -> None:
    """The LMS's own script is not run either: its form is sent by hand."""
    context = open_browser(REFUSED, java_script_enabled=False)
    page, tool = Visitor(stack, context, CANVAS).open("helen", "competencies")
    page.get_by_role("button", name="Open Clinical competencies").click()
    offered(tool)


# -- A stranger who plays the LMS ------------------------------------------------------------------

HOST = """<!doctype html><title>Course</title>
<iframe name="tool"></iframe>{frame}
<form method="post" action="{action}" target="tool">{fields}</form>
<script>
  const heard = [];
  const proof = "{proof}";
  addEventListener("message", ({{ data, source }}) => {{
    heard.push(data);
    source.postMessage({{ ...data, subject: `${{data.subject}}.response`, value: proof }}, "*");
  }});
  const guess = {{ subject: "lti.get_data.response", message_id: "1", value: proof }};
  setInterval(() => frames.tool.postMessage(guess, "*"), 50);
  document.forms[0].submit();
</script>"""
"""Posts a form to the tool in a frame, listens, and answers whatever it hears."""


@dataclass
class Stranger:
    """A page of somebody else's, at an origin of its own."""

    address: str
    page: str = ""

    def show(self, window: Page, action: str, fields: dict[str, str], **more: str) -> FrameLocator:
        """Open it in a window, posting these fields; the frame that the tool is then in."""
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{escape(text)}">'
            for name, text in fields.items()
        )
        self.page = HOST.format(action=action, fields=inputs, **more)
        window.goto(self.address)
        return window.frame_locator("iframe[name=tool]")

    def frame(self, address: str = "about:blank") -> str:
        return f'<iframe name="post_message_forwarding" src="{escape(address)}"></iframe>'


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """Served for real: Chromium lets no page from nowhere frame an address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = found.page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Tests read no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Stranger(f"http://localhost:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("target", ["_parent", "post_message_forwarding"])
def test_a_stranger_who_frames_the_login_is_told_nothing(
    stack: Stack, open_browser: OpenBrowser, stranger: Stranger, target: str
) -> None:
    login = stack.walker().login_form(CANVAS, "helen")
    fields = login.fields | {"lti_storage_target": target}
    window = open_browser(REFUSED).new_page()
    tool = stranger.show(window, login.action, fields, frame=stranger.frame(), proof="x")
    offered(tool)
    assert window.evaluate("heard") == []


@pytest.mark.parametrize("whose", ["his own", "the LMS's"])
def test_a_stranger_cannot_have_others_launch_as_him(
    stack: Stack, open_browser: OpenBrowser, stranger: Stranger, whose: str
) -> None:
    """He knows state, token and proof of his own login, and has a frame of the right name."""
    last, proof = begun(stack)
    frame = stranger.frame(storage_frame(stack) if whose == "the LMS's" else "about:blank")
    window = open_browser(REFUSED).new_page()
    tool = stranger.show(window, last.address, last.fields, frame=frame, proof=proof)
    expect(tool.get_by_text("browser-unproven")).to_be_visible(timeout=10_000)
    assert window.evaluate("heard") == []
    # Nor can he send the proof along himself.
    fields = last.fields | {"proof": proof}
    tool = stranger.show(window, last.address, fields, frame=frame, proof=proof)
    expect(tool.get_by_text("browser-unproven")).to_be_visible()


def begun(stack: Stack) -> tuple[LastPost, str]:
    """A login by someone with an account in the LMS, up to the last post; and its proof."""
    walker = stack.walker()
    login = walker.login_form(CANVAS, "peter")
    address = f"{stack.origin}/lti/login?looked=1"
    page = requests.post(address, login.fields, headers={"Sec-Fetch-Dest": "iframe"}, timeout=10)
    told = dict(re.findall(r'data-([a-z]+)="([^"]*)"', page.text))
    last = walker.follow(walker.browser.get(unescape(told["onward"])))
    assert isinstance(last, LastPost)
    return last, told["proof"]


def storage_frame(stack: Stack) -> str:
    """The address of the LMS's own frame."""
    walker = stack.walker()
    page = walker.browser.get(walker.activity_page(CANVAS, "peter", "competencies")).text
    found = re.search(r'<iframe id="post_message_forwarding"[^>]* src="([^"]*)"', page)
    assert found
    return unescape(found[1])
