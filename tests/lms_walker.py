"""Walks a launch through the sandbox LMS as a browser would, over plain HTTP."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

STEPS = 15
TIMEOUT = 20


@dataclass
class Form:
    action: str
    method: str
    auto: bool
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """The parts of a page that lead somewhere: forms, frames and refreshes."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.frames: list[str] = []
        self.refresh = ""
        self._select = ""
        self._base = answer.url
        if "html" in answer.headers.get("Content-Type", ""):
            self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self._base, found.get("action", ""))
            method = found.get("method", "get").lower()
            self.forms.append(Form(action, method, "data-auto" in found))
        elif self.forms and tag in ("input", "select", "option", "textarea"):
            self._field(tag, found)
        elif tag == "iframe" and found.get("src"):
            self.frames.append(urljoin(self._base, found["src"]))
        elif tag == "meta" and found.get("http-equiv", "").lower() == "refresh":
            _, _, address = found.get("content", "").partition("url=")
            self.refresh = urljoin(self._base, address) if address else ""

    def _field(self, tag: str, found: dict[str, str]) -> None:
        """As a browser would send it untouched: what is ticked, and the chosen or first option."""
        fields = self.forms[-1].fields
        if tag == "option":
            if "selected" in found or self._select not in fields:
                fields[self._select] = found.get("value", "")
        elif tag == "select":
            self._select = found.get("name", "")
        elif found.get("name") and found.get("type") != "submit":
            if found.get("type") not in ("checkbox", "radio") or "checked" in found:
                fields[found["name"]] = found.get("value", "on" if "checked" in found else "")


class Cookies:
    """A browser's jar: by host without port, by path, and `Secure` is fine on loopback."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], str] = {}
        self.refused_hosts: set[str] = set()

    def take(self, answer: requests.Response) -> None:
        host = urlsplit(answer.url).hostname or ""
        if host in self.refused_hosts:
            return
        raw = answer.raw.headers.getlist("Set-Cookie") if answer.raw is not None else []
        for line in raw:
            # http.cookies does not know Partitioned before Python 3.14.
            parts = [part for part in line.split(";") if part.strip().lower() != "partitioned"]
            for name, morsel in SimpleCookie(";".join(parts)).items():
                key = (host, morsel["path"] or "/", name)
                gone = morsel["max-age"] == "0" or not morsel.value
                if gone:
                    self._kept.pop(key, None)
                else:
                    self._kept[key] = morsel.value

    def header(self, address: str) -> str:
        found = urlsplit(address)
        return "; ".join(
            f"{name}={value}"
            for (host, path, name), value in self._kept.items()
            if host == found.hostname and within(found.path or "/", path)
        )

    def names(self, host: str) -> set[str]:
        return {name for (there, _, name) in self._kept if there == host}


def within(path: str, cookie_path: str) -> bool:
    """RFC 6265 §5.1.4: the same path, or one below it."""
    folder = cookie_path if cookie_path.endswith("/") else cookie_path + "/"
    return path == cookie_path or path.startswith(folder)


class Browser:
    """One browser: its cookies, and a `Sec-Fetch`-less idea of the web."""

    def __init__(self, user_agent: str = "Walker/1") -> None:
        self.cookies = Cookies()
        self.user_agent = user_agent
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, address: str, **headers: str) -> requests.Response:
        return self.request("GET", address, headers=headers)

    def post(
        self, address: str, fields: dict[str, str], origin: str | None = None
    ) -> requests.Response:
        """Post a form; `Origin` is the target's own unless another is named."""
        found = urlsplit(address)
        sent = {"Origin": f"{found.scheme}://{found.netloc}" if origin is None else origin}
        return self.request("POST", address, data=fields, headers=sent)

    def request(
        self,
        method: str,
        address: str,
        *,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """One exchange and the redirects after it."""
        for _ in range(STEPS):
            sent = {"User-Agent": self.user_agent} | (headers or {})
            cookie = self.cookies.header(address)
            if cookie:
                sent["Cookie"] = cookie
            self._session.cookies.clear()
            answer = self._session.request(
                method, address, data=data, headers=sent, allow_redirects=False, timeout=TIMEOUT
            )
            self.cookies.take(answer)
            if not answer.is_redirect:
                return answer
            address = urljoin(address, answer.headers["Location"])
            if answer.status_code != 307:
                method, data, headers = "GET", None, None
        raise AssertionError(f"too many redirects, last to {address}")


@dataclass
class LastPost:
    """The post a launch ends with, not yet sent."""

    address: str
    fields: dict[str, str]


class LmsWalker:
    """Launches from the sandbox at `base`, its start page's origin."""

    def __init__(self, base: str, browser: Browser | None = None) -> None:
        self.base = base.rstrip("/")
        self.browser = browser or Browser()
        self.directory = self._read_directory()

    def activity_page(self, flavour: str, person: str, activity: str) -> str:
        """The page of an activity by key; `course/activity` where two courses share a key."""
        course_key, _, key = activity.rpartition("/")
        # Read again: activities are made while a walker walks.
        self.directory = self._read_directory()
        for course, found in self.directory[flavour]["courses"].items():
            if key in found["activities"] and course_key in ("", course):
                address: str = found["activities"][key]
                return address + person
        raise KeyError(activity)

    def _read_directory(self) -> Any:
        return requests.get(f"{self.base}/directory.json", timeout=TIMEOUT).json()

    def launch(
        self, flavour: str, person: str, activity: str = "competencies"
    ) -> requests.Response:
        """The tool's first page, as it came after the last redirect."""
        last = self.until_last_post(flavour, person, activity)
        if isinstance(last, requests.Response):
            return last
        return self.finish(last)

    def review(
        self, flavour: str, person: str, about: str, activity: str = "competencies"
    ) -> requests.Response:
        """A submission review of `about`'s work, opened by `person`."""
        name = "grade_analysis" if flavour == "moodle" else "review"
        return self.arrive(self.work_page(flavour, name, person, about, activity))

    def speedgrader(
        self, flavour: str, person: str, about: str, activity: str = "competencies"
    ) -> requests.Response:
        """What SpeedGrader shows `person` of `about`'s last attempt."""
        return self.arrive(self.work_page(flavour, "speedgrader", person, about, activity))

    def submission(
        self, flavour: str, person: str, about: str, activity: str = "competencies"
    ) -> requests.Response:
        """What a submission's own page shows: to `about`, or to staff."""
        return self.arrive(self.work_page(flavour, "submission", person, about, activity))

    def work_page(self, flavour: str, name: str, person: str, about: str, activity: str) -> str:
        """A page about one student's work. Raises KeyError where the flavour has none."""
        course_key, _, key = activity.rpartition("/")
        for course, found in self.directory[flavour]["courses"].items():
            if key in found["work"] and course_key in ("", course):
                ref: str = self.directory[flavour]["people"][about]["ref"]
                address: str = found["work"][key][name]
                return address.replace("<student>", ref) + person
        raise KeyError(activity)

    def arrive(self, address: str) -> requests.Response:
        """Opens a page of the LMS and goes where it leads."""
        last = self.follow(self.browser.get(address))
        return last if isinstance(last, requests.Response) else self.finish(last)

    def finish(self, last: LastPost) -> requests.Response:
        return self.browser.post(last.address, last.fields, origin=self.base)

    def until_last_post(
        self, flavour: str, person: str, activity: str = "competencies"
    ) -> LastPost | requests.Response:
        """Everything up to the post of the id_token (or error); a page if it led nowhere."""
        return self.follow(self.browser.get(self.activity_page(flavour, person, activity)))

    def login_form(self, flavour: str, person: str, activity: str = "competencies") -> Form:
        """The form that starts the tool's login, not yet posted."""
        answer = self.browser.get(self.activity_page(flavour, person, activity))
        for _ in range(STEPS):
            page = Page(answer)
            form = next((form for form in page.forms if form.auto), None)
            if form is not None:
                return form
            answer = self.browser.get(page.frames[0])
        raise AssertionError("no login form")

    def register(
        self, flavour: str, address: str, how: str = "new", submit: bool = True
    ) -> requests.Response:
        """An administrator registers the tool at `address`: the page the tool ends with.

        Where the LMS asks whether to update the tool it knows, `how` is `update` or `new`. A form
        the tool itself shows on the way is sent as it stands, unless `submit` is False.
        """
        page = Page(self.browser.get(self.directory[flavour]["admin"]))
        form = next(form for form in page.forms if "url" in form.fields)
        form.fields["url"] = address
        answer = self.browser.get(Page(self.submit(form)).frames[0])
        choices = [form for form in Page(answer).forms if "how" in form.fields]
        for form in choices:
            if form.fields["how"] == how:
                answer = self.submit(form)
        inside = [form for form in Page(answer).forms if form.method == "post"]
        if not inside or not submit:
            return answer
        return self.browser.post(inside[0].action, inside[0].fields)

    def course_page(self, flavour: str, person: str, course: str = "internship") -> str:
        page: str = self.directory[flavour]["courses"][course]["page"]
        return f"{page.rpartition('as=')[0]}as={person}"

    def choose(
        self, flavour: str, person: str, place: str = "", course: str = "internship", **form: str
    ) -> LastPost | requests.Response:
        """A teacher begins to choose content: the post of the deep linking request, not yet sent.

        `place` is a placement's name, the first on the page when empty; `form` fills the fields
        beside it (Moodle's `title` and `text`). A page if the menu has no such place.
        """
        answer = self.browser.get(self.course_page(flavour, person, course))
        for menu in Page(answer).forms:
            if menu.fields.get("place") and place in ("", menu.fields["place"]):
                menu.fields |= form
                return self.follow(self.submit(menu))
        return answer

    def save_choice(
        self, answer: requests.Response, publish: bool = True, **form: str
    ) -> requests.Response:
        """Saves the activity's form a choice has filled; any other page is given back."""
        for found in Page(answer).forms:
            if found.method == "post" and "choice" in found.fields:
                found.fields |= form | ({"publish": "1"} if publish else {})
                return self.submit(found)
        return answer

    def follow(self, answer: requests.Response) -> LastPost | requests.Response:
        for _ in range(STEPS):
            page = Page(answer)
            # A tool's answer to a choice of content posts itself too.
            form = next((form for form in page.forms if form.auto or "JWT" in form.fields), None)
            if form is not None and {"id_token", "error"} & form.fields.keys():
                return LastPost(form.action, form.fields)
            if form is not None:
                answer = self.submit(form)
            elif page.refresh:
                answer = self.browser.get(page.refresh)
            elif page.frames and answer.url.startswith(self._lms_hosts()):
                answer = self.browser.get(page.frames[0])
            else:
                return answer
        raise AssertionError(f"the walk does not end, last at {answer.url}")

    def submit(self, form: Form) -> requests.Response:
        if form.method == "post":
            return self.browser.post(form.action, form.fields, origin=self.base)
        query = requests.Request("GET", form.action, params=form.fields).prepare().url
        return self.browser.get(str(query))

    def _lms_hosts(self) -> str:
        found = urlsplit(self.base)
        return f"{found.scheme}://{found.hostname}:"
