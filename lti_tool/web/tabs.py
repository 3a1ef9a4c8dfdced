"""The bar of a course lead's pages, which only they have, and the way to the other activities."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from lti_tool.domain.people import Right
from lti_tool.web.session import actor, current


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the course lead's, as the bar above all of them names it."""

    href: str
    words: str
    current: bool


def tabs(here: str = "") -> list[Tab]:
    """A course lead's pages, none for others; `here` is the endpoint of the one that is shown."""
    if not actor().may(Right.SET_UP):
        return []
    pages = {"launched.activities": _("Activities")} if current().from_menu else {}
    if current().activity_id is not None:
        pages |= {
            "launched.interns": _("Interns"),
            "launched.gradebook": _("Gradebook"),
            "launched.class_certificates": _("Certificates"),
            "launched.activity": _("Competencies and standard"),
        }
    pages |= {"launched.people": _("People")}
    return [Tab(url_for(page), str(words), page == here) for page, words in pages.items()]
