"""Refusals of forms, assessments, activities and of messages owed to the gradebook."""

from lti_tool.domain.errors.families import Conflict, Invalid, NotAllowed, NotFound


class FormInvalid(Invalid):
    """A form with faults. `faults` maps a field's name to a kind of fault; the page words it."""

    code = "form-invalid"

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(f"form refused at: {', '.join(sorted(faults))}")
        self.faults = faults


class FormUnreadable(Invalid):
    """A form this server cannot have made: unknown fields, wrong shapes, too large."""

    code = "form-unreadable"


class FormForged(NotAllowed):
    """A form without this session's token, or sent from another site."""

    code = "form-forged"


class StaleVersion(Conflict):
    """Someone, perhaps another tab, saved a newer version than the one on this page."""

    code = "assessment-changed"


class AlreadySubmitted(Conflict):
    """A draft that was submitted elsewhere cannot be submitted again."""

    code = "assessment-submitted"


class AssessmentWithdrawn(Conflict):
    """A withdrawn assessment cannot be changed."""

    code = "assessment-withdrawn"


class NotYours(NotAllowed):
    """The assessment belongs to another assessor, or the work to another intern."""

    code = "not-yours"


class UnknownThing(NotFound):
    """An assessment, intern, activity or flag that is not in this course."""

    code = "not-in-this-course"


class FlagSettled(Conflict):
    """The flag was resolved already."""

    code = "flag-settled"


class ActivityNotReady(Conflict):
    """No competencies have been chosen for this activity yet."""

    code = "activity-not-ready"


class WeightsWrong(Invalid):
    """The weights of the chosen competencies do not come to 100."""

    code = "weights-wrong"


class NoSuchCompetency(NotFound):
    """The catalogue holds no competency of that id."""

    code = "competency-unknown"


class PassbackSettled(Conflict):
    """There is nothing to retry: the message waits, was sent, or newer news took its place."""

    code = "passback-settled"
