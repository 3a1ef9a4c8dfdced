"""Access tokens (threat 16): whose they are, what they open, and where they are never seen."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.domain.passback import Kind, Message
from lti_tool.domain.people import LEARNER
from lti_tool.lms.grades import Grades
from lti_tool.lms.http import Http
from lti_tool.lms.products.base import AnswerKind
from lti_tool.lms.roster import RosterReader
from lti_tool.lms.tokens import Tokens
from lti_tool.models.course import Course
from lti_tool.models.platform import AccessToken, Deployment, Platform
from lti_tool.sealing import unseal
from tests.lms_walker import Browser
from tests.stack import SERVE_LOG, Stack, running, until

SCHOOLS = {"canvas": "ingrid", "canvas-second": "astrid"}
"""Two client ids behind one issuer, and the course lead of each."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Both schools' courses opened, and their rosters fetched by the deliverer."""
    with running(tmp_path_factory.mktemp("tokens")) as found:
        for flavour, lead in SCHOOLS.items():
            assert found.walker(Browser()).launch(flavour, lead).status_code == 200
        for flavour in SCHOOLS:
            until(lambda flavour=flavour: events(found, flavour, "Roster"))
        yield found


def events(stack: Stack, flavour: str, kind: str) -> list[Any]:
    """What one school counted of a kind."""
    return [one["detail"] for one in stack.sandbox.state(flavour)["log"] if one["kind"] == kind]


def school(stack: Stack, flavour: str) -> tuple[Platform, str, str]:
    """The registration, the address of its roster and that of its gradebook's column."""
    client_id = stack.sandbox.registrations()[flavour]["client_id"]
    with stack.rounds.reading() as unit:
        platform = unit.session.scalars(select(Platform).filter_by(client_id=client_id)).one()
        roster = unit.session.scalars(
            select(Course.memberships_url).join(Deployment).filter_by(platform_id=platform.id)
        ).one()
    columns = stack.sandbox.state(flavour)["columns"]
    [column] = [one["url"] for one in columns if one["activity"] == "competencies"][:1]
    assert roster is not None
    return platform, roster, column


def tokens_of(stack: Stack) -> dict[int, list[str]]:
    """Every token in the database, opened, by the registration it belongs to."""
    found: dict[int, list[str]] = {}
    with stack.rounds.reading() as unit:
        for row in unit.session.scalars(select(AccessToken)):
            opened = unseal(stack.rounds.settings, row.token).decode()
            found.setdefault(row.platform_id, []).append(opened)
    return found


def test_two_schools_behind_one_issuer_never_share_a_token(stack: Stack) -> None:
    schools = {flavour: school(stack, flavour) for flavour in SCHOOLS}
    assert len({platform.issuer for platform, _, _ in schools.values()}) == 1
    for number in range(3):  # a new worker each time, the schools in turn
        http = Http(stack.rounds.settings)
        tokens = Tokens(stack.rounds, http)
        for platform, roster, column in schools.values():
            members = RosterReader(http, tokens).read(platform, roster).members
            intern = next(one for one in members if one.roles == (LEARNER,))
            stamp = datetime.now(UTC) + timedelta(seconds=number)
            message = Message(Kind.SCORE, intern.subject, f"8{number}", "100", "Well", stamp)
            sent = Grades(http, tokens).send(platform, column, message, stamp)
            assert sent.kind is AnswerKind.SENT
    for flavour in SCHOOLS:
        asked = [tuple(detail["scope"]) for detail in events(stack, flavour, "Token")]
        assert len(asked) == len(set(asked)), "a token that was refused is asked for again"
        assert all(len(scopes) == 1 for scopes in asked), "no more than the service at hand"
        assert events(stack, flavour, "Refused") == []


def test_a_token_of_one_school_opens_nothing_of_the_other(stack: Stack) -> None:
    """Else the test above would count nothing."""
    (first, own, _), (_, others, _) = (school(stack, flavour) for flavour in SCHOOLS)
    http = Http(stack.rounds.settings)
    for token in tokens_of(stack)[first.id]:
        assert http.get(others, {"Authorization": f"Bearer {token}"}).status == 401
    statuses = [
        http.get(own, {"Authorization": f"Bearer {token}"}).status
        for token in tokens_of(stack)[first.id]
    ]
    assert 200 in statuses


def test_a_token_is_in_no_cookie_page_error_or_log(stack: Stack) -> None:
    browser = Browser()
    home = stack.walker(browser).launch("canvas", "ingrid")
    seen = [home, *(browser.get(home.url + path) for path in ("activity", "people", "gradebook"))]
    seen += [browser.get(f"{stack.origin}/lti/launch"), browser.get(home.url + "no-such-page")]
    seen += [browser.post(f"{stack.origin}/lti/launch", {"id_token": "a.b.c", "state": "x"})]
    log = Path(stack.environment["ROUNDS_DATA_DIR"], SERVE_LOG).read_text("utf-8")
    told = [log, *(page.text + json.dumps(dict(page.headers)) for page in seen)]
    [*tokens] = [token for found in tokens_of(stack).values() for token in found]
    assert len(tokens) >= len(SCHOOLS)
    for token in tokens:
        for form in (token, b64encode(token.encode()).decode(), token.encode().hex()):
            assert not any(form in text for text in told)
