"""The course lead's table: every intern with standing, grade and what was sent."""

from collections.abc import Sequence

from flask import render_template
from werkzeug.wrappers import Response

from lti_tool.services.activities import Chosen
from lti_tool.web.activity import activity_id
from lti_tool.web.paging import paged, searched
from lti_tool.web.service_words import paused
from lti_tool.web.session import actor, rounds
from lti_tool.web.tabs import tabs
from lti_tool.web.waiting import for_people

STUCK_SHOWN = 5
"""Refused grades told one by one; the others are marked in the table."""


def cohort_page() -> str | Response:
    """What needs the course lead, then the interns."""
    search = searched()
    with rounds().reading() as unit:
        table = unit.overview.lead_table(actor(), activity_id(), search)
        flags = unit.flags.open(actor(), activity_id())
    page = render_template(
        "home/cohort.html",
        table=table,
        trouble=paused(table.service),
        columns=_columns(table.activity.chosen),
        page=paged(table.rows, search),
        flags=flags,
        stuck=table.stuck[:STUCK_SHOWN],
        more_stuck=len(table.stuck[STUCK_SHOWN:]),
        tabs=tabs("launched.interns"),
    )
    return for_people(page, table.roster)


def _columns(chosen: Sequence[Chosen]) -> Sequence[Chosen]:
    """The competencies that make up the standing; what is for feedback only, where all is."""
    return [one for one in chosen if one.weight] or chosen
