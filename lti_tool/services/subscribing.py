"""Subscribe to notices of copied courses: one call to the LMS, with no transaction open."""

import structlog

from lti_tool.domain.errors import RoundsError
from lti_tool.lms.notices import NoticeService
from lti_tool.services.unit import Rounds

HANDLER_PATH = "/lti/notices"

log = structlog.get_logger("rounds.notices")


def subscribe(rounds: Rounds, notices: NoticeService, deployment_id: int) -> None:
    """Ask a deployment's LMS to tell us, unless it was asked. A later launch asks again."""
    with rounds.reading() as unit:
        service = unit.notices.service(deployment_id)
    if service is None:
        return
    try:
        notices.subscribe(service.platform, service.url, rounds.settings.origin + HANDLER_PATH)
    except RoundsError as error:
        log.warning("subscribed", deployment=deployment_id, code=error.code)
        return
    with rounds.work() as unit:
        unit.notices.subscribed(deployment_id)
    log.info("subscribed", deployment=deployment_id, code="ok")
