"""The sandbox's pages in real Chromium: the frame, what keeps itself up to date, phones, axe."""

import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright

from tests.unit.sandbox.choosing import choose, item
from tests.unit.sandbox.conftest import Lms

pytestmark = pytest.mark.browser

RESIZING = """<!doctype html><title>Tool</title><h1>The tool</h1>
<script>parent.postMessage({subject: "lti.frameResize", height: 1234}, "*")</script>"""
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
    )
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page whose scripts may not fail."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("dialog", lambda dialog: failures.append(dialog.message))
    yield page
    context.close()
    assert failures == []


def walk_to(page: Page, lms: Lms, person: str) -> None:
    """By clicks alone, from the start page to the activity."""
    page.goto(lms.home)
    house = page.get_by_role("region", name=lms.platform.identity.title, exact=True)
    course = house.get_by_role("list", name="Internship block 2")
    course.get_by_role("link", name=person).click()
    page.get_by_role("main").get_by_role("link", name="Clinical competencies").click()


def test_the_canvas_frame_takes_the_height_the_tool_asks_for(page: Page, canvas: Lms) -> None:
    canvas.tool.page = RESIZING
    walk_to(page, canvas, "Amara Okafor")
    page.frame_locator("iframe:visible").get_by_role("heading", name="The tool").wait_for()
    page.wait_for_function("document.querySelector('iframe').style.height === '1234px'")


@pytest.mark.parametrize("key", ["moodle", "plain"])
def test_other_frames_keep_their_height(
    page: Page, key: str, request: pytest.FixtureRequest
) -> None:
    lms: Lms = request.getfixturevalue(key)
    lms.tool.page = RESIZING
    walk_to(page, lms, "Dr Helen Brandt")
    page.frame_locator("iframe:visible").get_by_role("heading", name="The tool").wait_for()
    assert page.locator("iframe:visible").evaluate("frame => frame.style.height") == ""


def test_gradebook_and_log_keep_themselves_up_to_date(page: Page, canvas: Lms) -> None:
    page.clock.install()
    page.goto(f"{canvas.home}/courses/12/grades?as=ingrid")
    amara = page.get_by_role("region", name="Amara Okafor")
    assert "No grade yet" in amara.inner_text()
    canvas.score(scoreGiven=80.2)
    page.clock.fast_forward(3100)
    amara.get_by_text("80.2").wait_for()
    page.get_by_text("Clinical competencies, 80.2 of 100, for Amara Okafor.").wait_for()


def test_the_strip_changes_person_and_flavour(page: Page, canvas: Lms) -> None:
    page.goto(f"{canvas.home}/courses/12?as=amara")
    page.get_by_label("You are").select_option(label="Dr Helen Brandt, supervisor")
    page.get_by_label("Flavour").select_option("Moodle-like")
    page.get_by_role("button", name="Switch").click()
    assert page.url.endswith("/course/view.php?id=12&as=helen")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/courses/12?as=mallory",
        "/courses/12/assignments/101?as=amara",
        "/courses/12/grades?as=ingrid",
        "/courses/12/gradebook/speed_grader?assignment_id=101&student_id=88121&as=helen",
        "/courses/12/external_tools/retrieve?url=http://elsewhere.example/&as=helen",
        "/go?flavour=moodle&activity=competencies&as=helen",
        "/go?flavour=plain&as=nameless",
    ],
)
def test_pages_fit_and_are_accessible(page: Page, canvas: Lms, address: str, width: int) -> None:
    canvas.score("mallory", comment="Well observed")
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(canvas.home + address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, context={"exclude": ["iframe"]}, options=WCAG)
    assert found.violations_count == 0, found.generate_report()


CLOSING = """<!doctype html><title>Tool</title><p>Registered</p>
<script>parent.postMessage({subject: "org.imsglobal.lti.close"}, "*")</script>"""


@pytest.mark.parametrize("key", ["canvas", "moodle", "plain"])
def test_a_tool_that_says_it_is_done_leads_back_to_the_list(
    page: Page, key: str, request: pytest.FixtureRequest
) -> None:
    lms: Lms = request.getfixturevalue(key)
    lms.tool.registration = lambda configuration, token: CLOSING
    page.goto(lms.platform.address("admin"))
    page.get_by_label("Registration address").fill(f"{lms.tool.origin}/lti/register")
    page.get_by_role("button", name="Register").click()
    if key == "moodle":
        page.frame_locator("iframe").get_by_role("button", name="Register as a new tool").click()
    page.get_by_role("heading", name="Tools of").wait_for()


ANSWERING = """<!doctype html><title>Tool</title>
<form method="post" action="{address}"><input type="hidden" name="JWT" value="{token}">
<button>Choose</button></form>"""


@pytest.mark.parametrize("key", ["canvas", "moodle", "plain"])
def test_a_choice_leads_the_whole_window_on(
    page: Page, key: str, request: pytest.FixtureRequest
) -> None:
    """The tool answers inside its frame; the form to save, or the course, fills the window."""
    lms: Lms = request.getfixturevalue(key)
    asked = choose(lms)
    token = lms.tool.key.sign(asked.answer(item()))
    lms.tool.page = ANSWERING.format(token=token, address=asked.settings["deep_link_return_url"])
    page.goto(asked.walker.course_page(key, "ingrid"))
    page.get_by_role("region", name="Add content").get_by_role("button").first.click()
    page.frame_locator("iframe").first.get_by_role("button", name="Choose").click()
    if key != "plain":
        page.get_by_label("Name").wait_for()
        assert Axe().run(page, options={"runOnly": WCAG["runOnly"]}).violations_count == 0
        page.get_by_role("button", name="Save").last.click()
    page.get_by_role("main").get_by_role("link", name="Patient communication").wait_for()
