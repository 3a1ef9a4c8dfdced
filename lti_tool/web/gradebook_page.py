"""The course lead's page of the gradebook: its columns, what was sent, and what it shows."""

from collections.abc import Callable
from http import HTTPStatus

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lti_tool.domain.column import Own
from lti_tool.domain.errors import ColumnGone
from lti_tool.services.column_views import ColumnView
from lti_tool.services.unit import Unit
from lti_tool.web.activity import activity_id
from lti_tool.web.look import ago
from lti_tool.web.service_words import Trouble, column_problem
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.tabs import tabs
from lti_tool.web.waiting import looks_again

STUCK_SHOWN = 20
"""Told one by one; beyond that, what is wrong is wrong with all of them."""


@launched.get("/gradebook")
def gradebook() -> str | Response:
    """The columns, what they were told, and what was changed in them."""
    with rounds().reading() as unit:
        found = unit.overview.gradebook(actor(), activity_id())
        now = unit.now
    read_at = found.columns.read_at
    page = render_template(
        "gradebook/page.html",
        gradebook=found,
        troubles={one.id: _trouble(one, found.columns.own) for one in found.columns.columns},
        stuck=found.stuck[:STUCK_SHOWN],
        more_stuck=len(found.stuck[STUCK_SHOWN:]),
        read=ago(read_at, now) if read_at else "",
        tabs=tabs("launched.gradebook"),
    )
    return looks_again(page) if found.columns.busy else page


@launched.post("/gradebook/check")
def check_gradebook() -> Response:
    """Read back what the gradebook shows."""
    return _do(lambda unit: unit.shown_grades.check(actor(), activity_id()))


@launched.post("/gradebook/columns")
def find_columns() -> Response:
    """Look once more for columns that are not there, and make those that may be made."""
    return _do(lambda unit: unit.columns.search(actor(), activity_id()))


@launched.get("/gradebook/columns/delete")
def confirm_deletion() -> str | Response:
    """Ask before columns are deleted."""
    with rounds().reading() as unit:
        found = unit.overview.gradebook(actor(), activity_id())
    if not found.columns.spare:
        return redirect(url_for("launched.gradebook"), HTTPStatus.SEE_OTHER)
    return render_template("gradebook/delete.html", columns=found.columns, tabs=tabs())


@launched.post("/gradebook/columns/delete")
def delete_columns() -> Response:
    """Delete the columns of competencies that Rounds made."""
    return _do(lambda unit: unit.columns.remove(actor(), activity_id()))


def _do(act: Callable[[Unit], None]) -> Response:
    with rounds().work() as unit:
        act(unit)
    return redirect(url_for("launched.gradebook"), HTTPStatus.SEE_OTHER)


def _trouble(column: ColumnView, own: Own) -> Trouble | None:
    """What is wrong with a column, and what to do about it in this LMS."""
    if column.problem is None:
        return None
    if column.problem != "column-missing":
        found = column_problem(column.problem)
        if column.problem == ColumnGone.code and not column.title:
            # The link's own comes back with its link alone.
            return found._replace(to_do=_("open the activity from the course, or add it anew."))
        return found
    to_do = {
        Own.MADE: _("open the activity from the course once more, then try again."),
        Own.IN_SETTINGS: _("give the activity a grade in its settings, then open it once more."),
        Own.AS_ASSIGNMENT: _("place Rounds in the course as an assignment: only those have one."),
    }
    happened = _("This activity has no column in the gradebook. Its grades wait here.")
    return Trouble(happened, to_do[own], column.problem)
