"""Results computed anew after an activity's rules changed: a job of the engine."""

from lti_tool.services.unit import Rounds


def recompute(rounds: Rounds, activity_id: int) -> None:
    """Compute every result of an activity by its present rules, one transaction each.

    Harmless to repeat: a result that stays the same owes the gradebook nothing new.
    """
    with rounds.reading() as unit:
        interns = unit.results.interns(activity_id)
    for intern_id in interns:
        with rounds.work() as unit:
            unit.results.recompute(activity_id, intern_id)
