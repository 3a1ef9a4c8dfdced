"""Refresh a roster: ask the LMS, with no transaction open, who is in a course; store the answer."""

import structlog

from lti_tool.domain.errors import RoundsError
from lti_tool.lms.roster import RosterReader
from lti_tool.services.unit import Rounds

log = structlog.get_logger("rounds.roster")


def refresh_roster(rounds: Rounds, reader: RosterReader, course_id: int) -> None:
    """Bring a course's people up to date, or note why that could not be done."""
    with rounds.reading() as unit:
        question = unit.rosters.question(course_id)
    if question is None:
        return
    try:
        roster = reader.read(question.platform, question.memberships_url)
    except RoundsError as error:
        log.warning("roster", course=course_id, code=error.code)
        with rounds.work() as unit:
            unit.rosters.failed(course_id, error.code)
        return
    with rounds.work() as unit:
        unit.rosters.store(course_id, roster)
    log.info("roster", course=course_id, people=len(roster.members), skipped=roster.skipped)
