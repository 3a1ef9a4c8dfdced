"""Platform Storage and the other messages of the host page, in real Chromium."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, Playwright

from tests.lms_walker import LmsWalker
from tests.unit.sandbox.conftest import Lms

pytestmark = pytest.mark.browser

# Sends one message from within the tool's frame, and gives the answer and who gave it.
ASKING = """<!doctype html><title>Tool</title><h1>The tool</h1>
<script>
window.heard = [];
addEventListener("message", (event) => heard.push(event.data));
window.ask = (target, message) => new Promise((resolve) => {
  const to = target === "_parent" ? parent : parent.frames[target];
  const listen = (event) => resolve({ ...event.data, from: event.origin });
  addEventListener("message", listen, { once: true });
  setTimeout(() => resolve(null), 400);
  to.postMessage({ message_id: "m-1", ...message }, "*");
});
</script>"""
FORWARDER = "post_message_forwarding"


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
    )
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


class Tool:
    """The stand-in for the tool, launched in its frame."""

    def __init__(self, page: Page, lms: Lms) -> None:
        lms.tool.page = ASKING
        page.goto(LmsWalker(lms.home).activity_page(lms.key, "amara", "competencies"))
        page.frame_locator("iframe:visible").get_by_role("heading", name="The tool").wait_for()
        found = page.frame(name="tool_content_101")
        assert found
        self.frame: Frame = found

    def ask(self, target: str, subject: str, **more: Any) -> Any:
        message = {"subject": subject, **more}
        return self.frame.evaluate(f"ask({json.dumps(target)}, {json.dumps(message)})")

    def put(self, key: str, value: str | None, target: str = FORWARDER) -> Any:
        return self.ask(target, "lti.put_data", key=key, value=value)

    def get(self, key: str, target: str = FORWARDER) -> Any:
        return self.ask(target, "lti.get_data", key=key)


def test_the_frame_keeps_what_the_tool_puts(page: Page, canvas: Lms) -> None:
    tool = Tool(page, canvas)
    said = {"message_id": "m-1", "key": "state", "from": canvas.platform.origins.auth}
    with page.expect_response(lambda answer: "/storage/passed/canvas" in answer.url):
        tool.put("state", "s-0")
    assert canvas.platform.log[-1].words == "The tool put state: done."
    assert tool.put("state", "s-1") == said | {"subject": "lti.put_data.response", "value": "s-1"}
    assert tool.get("state") == said | {"subject": "lti.get_data.response", "value": "s-1"}
    tool.put("state", None)
    assert tool.get("state")["value"] is None


def test_there_is_no_room_without_end(page: Page, canvas: Lms) -> None:
    tool = Tool(page, canvas)
    assert tool.put("k", "x" * 4096)["error"]["code"] == "storage_exhaustion"
    assert tool.put("k", "x" * 4095)["value"]
    assert tool.put("l", "y")["error"]["code"] == "storage_exhaustion"
    tool.put("k", None)
    assert tool.put("l", "y")["value"] == "y"
    fill = """async () => { for (let number = 0; number < 499; number++)
        await ask("post_message_forwarding",
            { subject: "lti.put_data", key: `k${number}`, value: "" }); }"""
    tool.frame.evaluate(fill)
    assert tool.put("one", "")["error"]["code"] == "storage_exhaustion"
    assert tool.ask(FORWARDER, "lti.put_data", value="v")["error"]["code"] == "bad_request"


def test_the_page_says_what_it_can_do(page: Page, canvas: Lms) -> None:
    tool = Tool(page, canvas)
    said = tool.ask("_parent", "lti.capabilities")
    assert said["from"] == canvas.platform.origins.pages
    offered = {found["subject"]: found.get("frame") for found in said["supported_messages"]}
    assert offered["lti.put_data"] == offered["lti.get_data"] == FORWARDER
    assert "lti.frameResize" in offered
    assert tool.ask("_parent", "lti.fetchWindowSize")["height"] > 0
    assert tool.ask("_parent", "lti.getPageSettings")["pageSettings"]["locale"] == "en"
    assert tool.ask("_parent", "lti.no_such")["error"]["code"] == "unsupported_subject"
    tool.ask("_parent", "lti.showAlert", title="Sent", body="81 of 100")
    assert page.get_by_role("status").inner_text() == "Sent: 81 of 100"
    in_frame = tool.ask(FORWARDER, "lti.capabilities")["supported_messages"]
    assert [found["subject"] for found in in_frame] == ["lti.put_data", "lti.get_data"]


def test_each_trouble_shows(page: Page, canvas: Lms) -> None:
    canvas.control("switches", storage="silent")
    assert Tool(page, canvas).put("state", "s-1") is None
    canvas.control("switches", storage="wrong-origin")
    assert Tool(page, canvas).put("state", "s-1")["from"] == canvas.platform.origins.pages
    canvas.control("switches", storage="wrong-message-id")
    assert Tool(page, canvas).put("state", "s-1")["message_id"] == "m-1-other"
    canvas.control("switches", storage="exhausted")
    assert Tool(page, canvas).put("state", "s-1")["error"]["code"] == "storage_exhaustion"
    canvas.control("switches", storage="tampered")
    tool = Tool(page, canvas)
    tool.put("state", "s-1")
    assert tool.get("state")["value"] == "s-1-other"


@pytest.mark.parametrize("key", ["canvas", "plain"])
def test_a_page_can_store_by_itself(page: Page, key: str, request: pytest.FixtureRequest) -> None:
    lms: Lms = request.getfixturevalue(key)
    lms.control("switches", storage_parent=True)
    tool = Tool(page, lms)
    tool.put("state", "s-1", "_parent")
    said = tool.get("state", "_parent")
    assert (said["value"], said["from"]) == ("s-1", lms.platform.origins.pages)
    offered = tool.ask("_parent", "lti.capabilities")["supported_messages"]
    assert {"subject": "lti.put_data"} in offered
    # One answer to each of the three, though two scripts of the page listen.
    assert tool.frame.evaluate("heard.length") == 3
