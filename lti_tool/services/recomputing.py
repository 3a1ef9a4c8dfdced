"""Results computed anew after an activity's rules changed: a job of the engine."""

import structlog

from lti_tool.services.unit import Rounds

log = structlog.get_logger("rounds.results")


def recompute(rounds: Rounds, activity_id: int) -> None:
    """Compute every result of an activity by its present rules, one transaction each.

    Harmless to repeat: a result that stays the same owes the gradebook nothing new. One that cannot
    be computed keeps no other from being so, and all are tried again later.
    """
    with rounds.reading() as unit:
        mark = unit.outdated.mark(activity_id)  # before the interns: who comes later has new rules
        interns = unit.results.interns(activity_id)
    computed = [_is_computed(rounds, activity_id, intern_id) for intern_id in interns]
    with rounds.work() as unit:
        if all(computed):
            unit.outdated.computed(activity_id, mark)
        else:
            unit.outdated.failed(activity_id, mark)


def _is_computed(rounds: Rounds, activity_id: int, intern_id: int) -> bool:
    try:
        with rounds.work() as unit:
            unit.results.recompute(activity_id, intern_id)
    except Exception as fault:
        if rounds.away(fault):
            raise  # the others would fail alike
        log.exception("recompute", activity=activity_id, intern=intern_id, code="internal-error")
        return False
    return True
