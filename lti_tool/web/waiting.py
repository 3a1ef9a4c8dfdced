"""Pages that wait for something on its way: they ask for themselves again, without a script."""

from flask import make_response
from werkzeug.wrappers import Response

from lti_tool.services.people import RosterAge

SECONDS = 5
"""How soon such a page asks again: about as long as a roster or a certificate takes."""


def looks_again(page: str) -> Response:
    """A page that its browser asks for again by itself.

    The header does what a `meta` element would, and leaves the page as it is for who reads it.
    """
    response = make_response(page)
    response.headers["Refresh"] = str(SECONDS)
    return response


def for_people(page: str, roster: RosterAge) -> str | Response:
    """The page, which looks again while the list of people is on its way for the first time."""
    on_its_way = roster.offered and not roster.known and not roster.problem
    return looks_again(page) if on_its_way else page
