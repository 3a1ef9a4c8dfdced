"""Gradebook columns: what their grades are out of, asked of the LMS now and then."""

import structlog

from lti_tool.domain.errors import RoundsError
from lti_tool.lms.grades import COLUMN_SCOPES, Grades
from lti_tool.models.activity import GradeColumn
from lti_tool.services.unit import Rounds

log = structlog.get_logger("rounds.column")


def read_column(rounds: Rounds, grades: Grades, column_id: int) -> None:
    """Note a column's own maximum, so that pages can say what the gradebook shows.

    No transaction is open while the LMS is asked. Where it may not be asked, or does not answer,
    the maximum known before stays: it is shown, and nothing is computed from it that is sent.
    """
    with rounds.reading() as unit:
        column = unit.session.get_one(GradeColumn, column_id)
        course = column.activity.course
        platform, url = course.deployment.platform, column.lineitem_url
        scope = next((scope for scope in COLUMN_SCOPES if scope in course.scopes), None)
    if url is None or scope is None:
        return
    try:
        maximum = grades.maximum(platform, url, scope)
    except RoundsError as error:
        log.warning("column", column=column_id, code=error.code)
        return
    with rounds.work() as unit:
        unit.session.get_one(GradeColumn, column_id).maximum = maximum
    log.info("column", column=column_id, code="ok")
