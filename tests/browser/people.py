"""What people do in the browser, by the words on the page: one class for all the walks."""

from dataclasses import dataclass

from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from tests.stack import Stack

DEPENDABLE = "Dependable"


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
        return page, page.frame_locator("iframe")

    def gradebook(self, person: str = "ingrid", course: str = "internship") -> Page:
        """Open the LMS's gradebook."""
        page = self.context.new_page()
        found = self.stack.walker().directory[self.flavour]["courses"][course]["grades"]
        page.goto(found.rpartition("as=")[0] + f"as={person}")
        return page


def choose_competencies(
    tool: FrameLocator, *, assessments: int, supervisors: int, seen: int
) -> None:
    """As course lead: take the three competencies as offered, with a standard soon met."""
    expect(tool.get_by_role("heading", level=1)).to_contain_text("Choose")
    for label, value in (
        ("assessments", assessments),
        ("supervisors", supervisors),
        ("times per criterion", seen),
    ):
        tool.get_by_label(label, exact=True).fill(str(value))
    tool.get_by_role("button", name="Save").click()


def score(tool: FrameLocator, intern: str, competency: str, level: str = DEPENDABLE) -> None:
    """As supervisor, from home: score every criterion of a competency alike, and submit."""
    tool.get_by_role("link", name=f"Score {intern}").first.click()
    tool.get_by_role("button", name=f"Score: {competency}").click()
    fill(tool, level)
    tool.get_by_label("What did you see that worked?").fill("The two sickest came first.")
    tool.get_by_role("button", name="Submit assessment").click()
    expect(tool.get_by_role("button", name="Submit assessment")).to_have_count(0)


def fill(tool: FrameLocator, level: str = DEPENDABLE) -> None:
    """Choose the same level in every criterion of the form."""
    criteria = tool.locator("fieldset.crit:not(#support)")
    expect(criteria.first).to_be_visible()
    for place in range(criteria.count()):
        criteria.nth(place).get_by_role("radio", name=level).check()
