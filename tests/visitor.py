"""A person with an open session, who opens pages of the tool and sends their forms."""

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from secrets import token_hex

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.domain.people import Actor
from lti_tool.models.launch import LaunchSession
from lti_tool.services.sessions import digest
from lti_tool.services.unit import Rounds
from lti_tool.web.session import COOKIE


@dataclass
class Visitor:
    """Sends what a browser would: the session's cookie, and the fields of the page in front."""

    client: FlaskClient
    launch: str

    def get(self, path: str) -> TestResponse:
        """Open a page below the launch's own address."""
        return self.client.get(f"/s/{self.launch}/{path}")

    def post(self, path: str, fields: dict[str, str]) -> TestResponse:
        """Send exactly these fields."""
        return self.client.post(f"/s/{self.launch}/{path}", data=fields)

    def send(self, page: TestResponse, path: str, **changed: str | None) -> TestResponse:
        """Send the fields of a page, some of them changed (None: not sent), to an address."""
        fields = {**fields_of(page.text), **changed}
        return self.post(path, {name: text for name, text in fields.items() if text is not None})


def visitor(app: Flask, rounds: Rounds, actor: Actor, activity: int) -> Visitor:
    """Someone who was just launched into an activity."""
    launch, secret = open_session(rounds, actor, activity)
    client = app.test_client()
    client.set_cookie(COOKIE, secret, path=f"/s/{launch}/")
    return Visitor(client, launch)


def open_session(rounds: Rounds, actor: Actor, activity: int) -> tuple[str, str]:
    """The id and the secret of a launch into an activity."""
    launch, secret = token_hex(16), token_hex(16)
    with rounds.work() as unit:
        unit.session.add(
            LaunchSession(
                id=launch,
                secret_hash=digest(secret),
                person_id=actor.person,
                course_id=actor.course,
                activity_id=activity,
                frame_origins=["https://lms.example.edu"],
                created_at=unit.now,
                seen_at=unit.now,
            )
        )
    return launch, secret


def text_of(page: TestResponse) -> str:
    """The words of a page, without its tags, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


def fields_of(html: str) -> dict[str, str]:
    """What a browser would send of the fields on a page: name → text."""
    parser = _Fields()
    parser.feed(html)
    return parser.fields


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name = said.get("name")
        if name is None:
            return
        if tag == "textarea":
            self._area, self.fields[name] = name, ""
        if tag == "input":
            choice = said.get("type") in ("radio", "checkbox")
            if not choice or "checked" in said:
                self.fields[name] = said.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
