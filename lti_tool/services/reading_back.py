"""Reading back: ask the LMS, with no transaction open, what a column shows; keep the answer."""

import structlog

from lti_tool.domain.errors import RoundsError
from lti_tool.lms.grades import Grades
from lti_tool.services.unit import Rounds

log = structlog.get_logger("rounds.column")


def read_back(rounds: Rounds, grades: Grades, job: str) -> None:
    """Note what one column shows of those it was told of, or why that could not be read."""
    column_id = int(job.partition(":")[0])
    try:
        with rounds.reading() as unit:
            question = unit.shown_grades.question(column_id)
        shown = grades.results(question.platform, question.column_url)
    except RoundsError as error:
        log.warning("read-back", column=column_id, code=error.code)
        with rounds.work() as unit:
            unit.shown_grades.failed(job, column_id, error.code)
        return
    cells = {
        person: shown[subject].cell
        for subject, person in question.people.items()
        if subject in shown
    }
    with rounds.work() as unit:
        unit.shown_grades.store(job, column_id, cells, question.asked_at)
    log.info("read-back", column=column_id, code="ok", cells=len(cells))
