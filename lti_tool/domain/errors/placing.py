"""Refusals of choices that an LMS asked for by deep linking."""

from lti_tool.domain.errors.families import Conflict, Invalid, NotAllowed


class PlacingNotAllowed(NotAllowed):
    """Who chooses neither teaches nor builds nor administers this course."""

    code = "placing-not-allowed"


class LinksNotTaken(Invalid):
    """The LMS asks for something else than links, or for one link where several were chosen."""

    code = "links-not-taken"


class ChoiceAnswered(Conflict):
    """The LMS has had its answer: a request is answered once."""

    code = "choice-answered"
