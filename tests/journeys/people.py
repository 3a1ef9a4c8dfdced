"""What people do over HTTP: launch, open pages of the tool, and send their forms."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin

import requests

from tests.lms_walker import Browser, LastPost
from tests.stack import Stack, until
from tests.visitor import fields_of

STANDARD = {
    "min_assessments": "1",
    "min_supervisors": "1",
    "min_seen": "1",
    "min_mean": "3",
    "floor": "2",
    "critical": "3",
    "mapping": "table",
    "send_when": "as-scored",
}
"""Soon met; lists to choose from are not among the fields that `fields_of` reads."""


@dataclass
class Person:
    """Someone who was launched. `home` is where their pages begin."""

    browser: Browser
    first: requests.Response

    @property
    def home(self) -> str:
        return self.first.url[: self.first.url.index("/", self.first.url.index("/s/") + 3) + 1]

    def get(self, path: str) -> requests.Response:
        return self.browser.get(urljoin(self.home, path))

    def send(self, page: requests.Response, path: str, **changed: str) -> requests.Response:
        """Send the fields of a page, some of them changed."""
        return self.browser.post(urljoin(self.home, path), fields_of(page.text) | changed)

    def intern(self, name: str) -> int:
        """The number in the address of an intern's page, from the list that has the roster."""
        link = re.compile(rf'interns/(\d+)/[^>]*?(?:>|"Score ){re.escape(name)}')
        return int(until(lambda: link.search(self.get("").text))[1])

    def choose(self, **changed: str) -> requests.Response:
        """As course lead: take the competencies as offered."""
        return self.send(self.get("activity"), "activity", **STANDARD, **changed)

    def score(self, intern: int, competency: str, level: str) -> str:
        """As supervisor: score every criterion alike, and submit; the assessment's path."""
        start = self.get(f"interns/{intern}/score")
        form = self.send(start, f"interns/{intern}/assessments", competency=competency)
        path = form.url.removeprefix(self.home)
        done = self.send(form, path, **levels(form, level))
        assert "can read this now" in words(done), words(done)
        return path


def launch(stack: Stack, flavour: str, person: str, activity: str) -> Person:
    """Open an activity in a browser of one's own."""
    walker = stack.walker(Browser())
    return Person(walker.browser, walker.launch(flavour, person, activity))


def lead_of(stack: Stack, flavour: str, activity: str) -> Person:
    """The course lead of a new activity, once the LMS has confirmed that they are it."""

    def confirmed() -> Person | None:
        lead = launch(stack, flavour, "ingrid", activity)
        return lead if heading(lead.first).startswith("Choose") else None

    return until(confirmed)


def add(stack: Stack, flavour: str, title: str, person: str = "ingrid", place: str = "") -> str:
    """Choose competencies inside the LMS; the key of the activity that it makes of them."""
    walker = stack.walker(Browser())
    last = walker.choose(flavour, person, place)
    assert isinstance(last, LastPost), f"{last.status_code} {last.url}"
    chooser = Person(walker.browser, walker.finish(last))
    page = chooser.send(chooser.first, "deep-link", **STANDARD, title=title)
    returned = walker.follow(page)
    assert isinstance(returned, requests.Response)
    assert walker.save_choice(returned).ok
    columns = stack.sandbox.state(flavour)["columns"]
    return str(next(one["activity"] for one in columns if one["label"] == title))


def levels(form: requests.Response, level: str) -> dict[str, str]:
    """The same level for every criterion of a form."""
    return dict.fromkeys(
        re.findall(r'<fieldset class="crit[^"]*" id="([A-Z]+-\d)"', form.text), level
    )


def words(page: requests.Response) -> str:
    """The words of a page, without its tags, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


def heading(page: requests.Response) -> str:
    """What stands in the page's first heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page.text, re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "", found[1])).strip() if found else words(page)
