"""Long lists, a page at a time: `?page=2` in the address, the search beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

T = TypeVar("T")

ROWS = 50
"""Rows on one page: few enough to read, and what a phone draws at once."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `number` counts from 1; `search` is what the list was narrowed by."""

    rows: Sequence[T]
    number: int
    pages: int
    total: int
    search: str


def searched() -> str:
    """What the reader searches for: the `q` of the address."""
    return request.args.get("q", "").strip()


def paged(rows: Sequence[T], search: str = "") -> Page[T]:
    """The page that the address asks for; the nearest one where it asks for none there is."""
    return paged_from(len(rows), lambda start, end: rows[start:end], search)


def paged_from(total: int, rows: Callable[[int, int], Sequence[T]], search: str = "") -> Page[T]:
    """The same of a list too long to be read whole: `rows` gives those from a start to an end."""
    pages = max(1, -(-total // ROWS))
    number = min(max(request.args.get("page", 1, type=int), 1), pages)
    start = (number - 1) * ROWS
    return Page(rows(start, start + ROWS), number, pages, total, search)
