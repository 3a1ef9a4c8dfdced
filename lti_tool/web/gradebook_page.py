"""The course lead's page of the gradebook: its columns, what was sent, and what it shows."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lti_tool.domain.column import Own
from lti_tool.domain.errors import ColumnGone, ScopeMissing
from lti_tool.services.column_views import ColumnView
from lti_tool.services.connection import Check, Step, try_connection
from lti_tool.services.grade_services import Condition
from lti_tool.services.unit import Unit
from lti_tool.web.activity import activity_id
from lti_tool.web.issuing import listed
from lti_tool.web.look import ago, ahead
from lti_tool.web.service_words import Trouble, column_problem, grade_service_problem, paused
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.tabs import tabs
from lti_tool.web.waiting import looks_again

STUCK_SHOWN = 5
"""Told one by one; the others are in the list of messages."""


class Pause(NamedTuple):
    """That the LMS takes no grades at present: why, since which try, until the next, in words."""

    trouble: Trouble
    status: int | None
    tried: str
    next: str
    hurried: bool
    """Whether the LMS may be asked before that: not where it asked for a rest itself."""


class Tried(NamedTuple):
    """A step of the test of the connection: what works, or else what is wrong with it."""

    words: str
    trouble: Trouble | None


@launched.get("/gradebook")
def gradebook() -> str | Response:
    """The columns, how far the messages to them are, and what was changed in them."""
    with rounds().reading() as unit:
        found = unit.gradebook_overview.page(actor(), activity_id())
        certificates = unit.class_certificates.page(actor(), activity_id()).counts
        now = unit.now
    read_at = found.columns.read_at
    page = render_template(
        "gradebook/page.html",
        gradebook=found,
        certificates=listed(certificates),
        pause=_pause(found.service, now),
        took=ago(found.service.ok_at, now) if found.service.ok_at else "",
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


@launched.post("/gradebook/connection")
def test_connection() -> str:
    """Ask the LMS, while the course lead waits, whether it lets Rounds at the gradebook."""
    checks = try_connection(rounds(), actor(), activity_id())
    tried = [_tried(check) for check in checks]
    # Reading back is no part of sending.
    works = all(check.error is None or check.step is Step.RESULTS for check in checks)
    return render_template("gradebook/connection.html", tried=tried, works=works, tabs=tabs())


@launched.post("/gradebook/resume")
def resume_sending() -> Response:
    """Try now to send to an LMS that was left alone for a while."""
    return _do(lambda unit: unit.retrying.resume(actor()))


@launched.post("/gradebook/columns")
def find_columns() -> Response:
    """Look once more for columns that are not there, and make those that may be made."""
    return _do(lambda unit: unit.columns.search(actor(), activity_id()))


@launched.get("/gradebook/columns/delete")
def confirm_deletion() -> str | Response:
    """Ask before columns are deleted."""
    with rounds().reading() as unit:
        found = unit.gradebook_overview.page(actor(), activity_id())
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


def _pause(service: Condition, now: datetime) -> Pause | None:
    trouble = paused(service)
    if trouble is None or service.paused_until is None:
        return None
    return Pause(
        trouble,
        service.status,
        ago(service.failed_at, now) if service.failed_at else "",
        ahead(service.paused_until, now),
        hurried=not service.asks_for_rest,
    )


def _tried(check: Check) -> Tried:
    words = {
        Step.TOKEN: _("The LMS lets Rounds send grades."),
        Step.COLUMN: _("The column of this activity is there."),
        Step.RESULTS: _("What the gradebook shows can be read back."),
    }
    if check.error is None:
        return Tried(words[check.step], None)
    code = check.error.code
    if check.step is Step.RESULTS and code == ScopeMissing.code:
        return Tried("", column_problem(code))
    return Tried("", grade_service_problem(code))


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
