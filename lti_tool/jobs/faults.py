"""What the log says of a fault: one line while the database is away, a traceback of our own."""

import structlog

from lti_tool.services.unit import Rounds

log = structlog.get_logger("rounds.jobs")


def tell(rounds: Rounds, event: str, fault: Exception) -> None:
    """Log a fault that a process outlives."""
    away = rounds.away(fault)
    if away is None:
        log.error(event, code="internal-error", exc_info=fault)
    else:
        log.warning(event, code=away.code, reason=str(away))
