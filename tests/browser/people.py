"""What people do in the browser, by the words on the page: one class for all the walks."""

from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Frame, FrameLocator, Locator, Page, expect

from tests.stack import Stack, until

DEPENDABLE = "Dependable"

Tool = FrameLocator | Page
"""Where the pages of the tool are: in a frame of the LMS, or in a window of their own."""


@dataclass
class Visitor:
    """Someone at a browser, looking at a course of the sandbox in one flavour."""

    stack: Stack
    context: BrowserContext
    flavour: str

    def open(self, person: str, activity: str) -> tuple[Page, FrameLocator]:
        """Open an activity as a person: the LMS's page, and the frame the tool is in."""
        page = self.context.new_page()
        page.goto(self.stack.walker().activity_page(self.flavour, person, activity))
        return page, page.frame_locator("iframe:visible")

    def gradebook(self, person: str = "ingrid", course: str = "internship") -> Page:
        """Open the LMS's gradebook."""
        page = self.context.new_page()
        found = self.stack.walker().directory[self.flavour]["courses"][course]["grades"]
        page.goto(found.rpartition("as=")[0] + f"as={person}")
        return page


KEYS = """addEventListener("keydown", ({ key, altKey }) => {
  if (key === "F5") location.reload();
  if (key === "ArrowLeft" && altKey) history.back();
});"""
"""What these keys do in a browser with a window: a browser without one knows no such keys."""


def press(page: Page, tool: FrameLocator, key: str) -> None:
    """Press a key in the tool's frame that leads it elsewhere, and wait until it got there.

    It is pressed on the frame's first link: what has no focus hears no key. Running a script
    instead can wait for ever: a page that is led away never answers it.
    """
    with page.expect_event("framenavigated"):
        tool.get_by_role("link").first.press(key)


def frame_of(page: Page, stack: Stack) -> Frame:
    """The frame of the LMS's page that the tool is in."""
    return until(lambda: next((f for f in page.frames if f.url.startswith(stack.origin)), None))


def choose_competencies(tool: Tool, *, assessments: int, supervisors: int, seen: int) -> None:
    """As course lead: take the three competencies as offered, with a standard soon met."""
    expect(tool.get_by_role("heading", level=1)).to_contain_text("Choose")
    for label, value in (
        ("Assessments", assessments),
        ("Supervisors", supervisors),
        ("Times each criterion is seen", seen),
    ):
        tool.get_by_label(label, exact=True).fill(str(value))
    tool.get_by_role("button", name="Use these competencies").click()
    expect(tool.get_by_role("heading", name="Interns")).to_be_visible()


def begin(tool: Tool, intern: str, competency: str) -> None:
    """As supervisor, from home: open a new form."""
    tool.get_by_role("link", name=f"Score {intern}").click()
    tool.get_by_role("button", name=f"Score: {competency}").click()
    # Both pages have the intern's name for a heading; the form alone has this button.
    expect(tool.get_by_role("button", name="Submit assessment")).to_be_visible()


def criteria(tool: Tool) -> list[Locator]:
    """The fieldsets of a form's criteria."""
    found = tool.locator("fieldset.crit:not(#support)")
    expect(found.first).to_be_visible()
    return found.all()


def fill(tool: Tool, level: str = DEPENDABLE) -> None:
    """Choose the same level in every criterion of the form, and say what worked."""
    for criterion in criteria(tool):
        criterion.get_by_role("radio", name=level).check()
    tool.get_by_label("What did you see that worked?").fill("The two sickest came first.")


def submit(tool: Tool, intern: str) -> None:
    """Send a form that nothing is missing from."""
    tool.get_by_role("button", name="Submit assessment").click()
    expect(tool.get_by_text(f"{intern} can read this now.")).to_be_visible()
