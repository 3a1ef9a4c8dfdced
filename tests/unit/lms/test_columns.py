"""Columns listed, read, made and deleted at a stub: exact types, pages, and odd answers."""

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lti_tool.domain.errors import (
    ColumnGone,
    ColumnRefused,
    PlatformAnswerWrong,
    RoundsError,
    ScopeMissing,
)
from lti_tool.lms import connector
from lti_tool.lms.columns import ITEM, ITEMS, READ, WRITE, FoundColumn, LineItems, NewColumn
from lti_tool.lms.http import Http
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Platform
from tests.platform_stub import PlatformStub, Reply

NEW = NewColumn("Week four: Teamwork", "0a1b:teamwork", "rounds")


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database is enough: what is stored here are tokens, and test_tokens.py tries both."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'rounds.db')}"


@pytest.fixture
def items(http: Http, tokens: Tokens) -> LineItems:
    return LineItems(http, tokens)


def item(stub: PlatformStub, number: int = 9, **changes: Any) -> dict[str, Any]:
    told = {"id": stub.url(f"/items/{number}?type_id=3"), "scoreMaximum": 20, "label": "Teamwork"}
    return told | changes


def listed(items: LineItems, stub: PlatformStub, platform: Platform) -> list[FoundColumn]:
    only = {"tag": "rounds", "resource_id": "a b"}
    return items.list(platform, stub.url("/items?type_id=3"), READ[0], only)


def test_columns_are_asked_for_by_filter_in_the_one_type_and_without_a_limit(
    items: LineItems, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/items", [item(stub, resourceId="0a1b", resourceLinkId="link-1", x=1)])
    [found] = listed(items, stub, platform)
    url = stub.url("/items/9?type_id=3")
    assert found == FoundColumn(url, Decimal(20), "0a1b", "link-1")
    [asked] = stub.asked_for("/items")
    assert asked.path == "/items?type_id=3&tag=rounds&resource_id=a+b"
    assert asked.headers["Accept"] == ITEMS


def test_pages_of_columns_are_followed(
    items: LineItems, stub: PlatformStub, platform: Platform
) -> None:
    more = Reply([item(stub, 1)], headers={"Link": '</items/page2>; rel="next"'})
    stub.answers("/items", more)
    stub.answers("/items/page2", [item(stub, 2)])
    assert len(listed(items, stub, platform)) == 2


def test_a_list_that_never_ends_is_refused(
    items: LineItems, stub: PlatformStub, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "MOST_PAGES", 3)
    stub.answers("/items", Reply([], headers={"Link": '</items>; rel="next"'}))
    with pytest.raises(PlatformAnswerWrong):
        listed(items, stub, platform)
    assert len(stub.asked_for("/items")) == 3


ODD = [
    None,
    "x",
    [],
    {},
    {"id": 3},
    {"scoreMaximum": 0},
    {"scoreMaximum": -1},
    {"scoreMaximum": "many"},
    {"scoreMaximum": None},
    {"scoreMaximum": 1e300},
    {"id": "javascript:alert(1)"},
    {"id": "https://elsewhere.example.org/items/9"},
    {"id": "http://127.0.0.1:1/items/9"},
    {"id": "http://[7/items/9"},
    {"resourceId": ["0a1b"]},
    {"resourceId": "nul\x00"},
]


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_column_is_refused_wherever_it_comes(
    items: LineItems, stub: PlatformStub, platform: Platform, odd: Any
) -> None:
    told = item(stub, **odd) if isinstance(odd, dict) and odd else odd
    stub.answers("/items", Reply([told]), Reply(told, 201))
    stub.answers("/items/9", Reply(told))
    with pytest.raises(PlatformAnswerWrong):
        listed(items, stub, platform)
    with pytest.raises(PlatformAnswerWrong):
        items.make(platform, stub.url("/items"), NEW)
    with pytest.raises(PlatformAnswerWrong):
        items.read(platform, stub.url("/items/9"), READ[0])


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("<h1>Sign in"), "platform-answer-wrong"),
        (Reply("[1"), "platform-answer-wrong"),
        (Reply({"items": []}), "platform-answer-wrong"),
        (Reply([], 500), "platform-answer-wrong"),
        (Reply([], 302), "platform-answer-wrong"),
        (Reply("[]", 401), "scope-missing"),
        (Reply([], headers={"Link": '<http://[7>; rel="next"'}), "platform-answer-wrong"),
        (Reply(raw=lambda handler: None), "platform-unreachable"),
    ],
)
def test_what_is_no_list_is_told_by_its_code(
    items: LineItems, stub: PlatformStub, platform: Platform, reply: Reply, code: str
) -> None:
    stub.answers("/items", reply)
    with pytest.raises(RoundsError) as refused:
        listed(items, stub, platform)
    assert refused.value.code == code


def test_a_column_is_made_in_its_own_type(
    items: LineItems, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/items", Reply(item(stub, scoreMaximum=100), 201))
    made = items.make(platform, stub.url("/items?type_id=3"), NEW)
    assert (made.url, made.maximum) == (stub.url("/items/9?type_id=3"), 100)
    [asked] = stub.asked_for("/items")
    assert (asked.headers["Content-Type"], asked.headers["Accept"]) == (ITEM, ITEM)
    assert asked.document == {
        "label": "Week four: Teamwork",
        "scoreMaximum": 100,
        "resourceId": "0a1b:teamwork",
        "tag": "rounds",
    }
    assert stub.asked_for("/token")[0].form["scope"] == WRITE


def test_only_the_column_of_a_link_names_the_link(
    items: LineItems, stub: PlatformStub, platform: Platform
) -> None:
    stub.answers("/items", Reply(item(stub), 201))
    items.make(platform, stub.url("/items"), NewColumn("Week four", "0a1b", "rounds", "link-1"))
    assert stub.asked_for("/items")[0].document["resourceLinkId"] == "link-1"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ColumnRefused),
        (403, ColumnRefused),
        (422, ColumnRefused),
        (401, ScopeMissing),
        (429, PlatformAnswerWrong),
        (500, PlatformAnswerWrong),
        (302, PlatformAnswerWrong),
    ],
)
def test_a_refusal_is_told_by_its_kind(
    items: LineItems, stub: PlatformStub, platform: Platform, status: int, error: type[Exception]
) -> None:
    stub.answers("/items", Reply("[]", status))
    stub.answers("/items/9", Reply("[]", status))
    with pytest.raises(error) as made:
        items.make(platform, stub.url("/items"), NEW)
    with pytest.raises(error) as deleted:
        items.delete(platform, stub.url("/items/9"))
    assert type(made.value) is type(deleted.value) is error


@pytest.mark.parametrize("status", [204, 200, 404, 410])
def test_what_is_gone_was_deleted(
    items: LineItems, stub: PlatformStub, platform: Platform, status: int
) -> None:
    stub.answers("/items/9", Reply(b"", status))
    items.delete(platform, stub.url("/items/9?type_id=3"))
    [asked] = stub.asked_for("/items/9")
    assert (asked.method, asked.path) == ("DELETE", "/items/9?type_id=3")


@pytest.mark.parametrize("status", [404, 410])
def test_a_column_that_is_gone_is_told_as_one(
    items: LineItems, stub: PlatformStub, platform: Platform, status: int
) -> None:
    stub.answers("/items/9", Reply("<h1>Gone", status))
    with pytest.raises(ColumnGone):
        items.read(platform, stub.url("/items/9"), READ[0])
