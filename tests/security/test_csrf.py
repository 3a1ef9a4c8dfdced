"""Forms from elsewhere change nothing, and neither does opening any page that a link leads to."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urldefrag, urljoin

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.db import Base
from lti_tool.domain.people import Actor
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import Ward
from tests.stand_in import code_of
from tests.unit.web.conftest import meet_standard, print_certificate, token_of
from tests.visitor import Visitor, visitor

PERSONAS = ("lead", "helen", "ruth", "amara", "jonas", "observer")
LINK = re.compile(r"""<(?:a|form|link|script|img)\b[^>]*?\s(?:href|src|action)="([^"]*)""")
MOST_PAGES = 200


@pytest.fixture
def ward(rounds: Rounds) -> Ward:
    """A course in which something of each kind is to be seen."""
    ward = factories.ward(rounds)
    meet_standard(ward, ward.amara)
    print_certificate(ward, ward.amara)
    ward.score(ward.helen, ward.jonas, "teamwork", 3, concern=True, concern_text="Unwell.")
    ward.draft(ward.helen, ward.jonas, "documentation")
    ward.draft(ward.lead, ward.jonas, "documentation")
    return ward


def dump(rounds: Rounds) -> dict[str, list[Any]]:
    """Every row of every table, save when a session was last seen."""
    with rounds.reading() as unit:
        found = {}
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if column.name != "seen_at"]
            found[table.name] = sorted(map(repr, unit.session.execute(select(*columns))))
        return found


# -- Opening pages ---------------------------------------------------------------------------------


def crawl(person: Visitor) -> Iterator[str]:
    """Open every page that links and forms of a person's pages lead to, as a prefetcher would."""
    left, seen = [f"/s/{person.launch}/"], set()
    while left:
        address = left.pop()
        page = person.client.get(address)
        assert page.status_code < 500, address
        yield address
        found = [page.location] if page.location else []
        if page.mimetype == "text/html":
            found += LINK.findall(page.text)
        for link in found:
            to, _ = urldefrag(urljoin(address, unescape(link)))
            if to.startswith("/") and to not in seen:
                seen.add(to)
                left.append(to)
        assert len(seen) < MOST_PAGES, "it goes on for ever"


def test_opening_all_there_is_to_open_changes_no_row(
    app: Flask, ward: Ward, jobs: list[tuple[str, str]]
) -> None:
    people = [visitor(app, ward.rounds, getattr(ward, name), ward.activity) for name in PERSONAS]
    before, asked = dump(ward.rounds), list(jobs)
    opened = {name: list(crawl(person)) for name, person in zip(PERSONAS, people, strict=True)}
    assert dump(ward.rounds) == before
    assert jobs == asked, "nor was any work handed over"
    assert len(opened["lead"]) > 12
    assert len(opened["helen"]) > 12
    assert len(opened["amara"]) > 4


# -- Forms from elsewhere --------------------------------------------------------------------------


def posts(app: Flask, person: Visitor) -> Iterator[str]:
    """The addresses below a session that take a form; numbers do not matter before it is read."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/s/<launch>/") and "POST" in (rule.methods or ()):
            path = rule.rule.replace("<launch>", person.launch)
            yield re.sub(r"<[^>]*>", "1", path)


def test_a_form_from_elsewhere_is_refused_everywhere(app: Flask, ward: Ward) -> None:
    """With the victim's cookies, which a framed tool's browser sends along, and even the token."""
    for actor in (ward.lead, ward.helen, ward.amara):
        person = visitor(app, ward.rounds, actor, ward.activity)
        token, other = token_of(person), _token_of_another(app, ward, actor)
        forged: list[dict[str, Any]] = [
            {"data": {"csrf": token}, "headers": {"Origin": "null"}},
            {"data": {"csrf": token}, "headers": {"Origin": "https://evil.example"}},
            {"data": {"csrf": token}, "headers": {"Origin": app_origin(ward) + ".evil.example"}},
            {"headers": {"Origin": "null", "X-CSRF-Token": token}},
            {"data": {}},
            {"data": {"csrf": ""}},
            {"data": {"csrf": other}},
            {"json": {"csrf": token}},
            {"data": f"csrf={token}", "content_type": "text/plain"},
        ]
        before = dump(ward.rounds)
        for address in posts(app, person):
            for sent in forged:
                answer = person.client.post(address, **sent)
                assert (answer.status_code, code_of(answer)) == (403, "form-forged"), address
        assert dump(ward.rounds) == before
        own = {"Origin": app_origin(ward), "X-CSRF-Token": token}
        assert person.client.post(f"/s/{person.launch}/stay", headers=own).status_code == 204


def app_origin(ward: Ward) -> str:
    return ward.rounds.settings.origin


def _token_of_another(app: Flask, ward: Ward, actor: Actor) -> str:
    """The token of another session of the same person."""
    return token_of(visitor(app, ward.rounds, actor, ward.activity))


def test_a_check_of_a_certificate_sent_from_elsewhere_counts_for_nothing(
    app: Flask, ward: Ward
) -> None:
    before = dump(ward.rounds)
    for origin in ("null", "https://evil.example"):
        answer = app.test_client().post(
            "/verify/AAAA-BBBB-CCCC", data={"key": "x"}, headers={"Origin": origin}
        )
        assert (answer.status_code, code_of(answer)) == (403, "form-forged")
    assert dump(ward.rounds) == before
