"""Refusals of launches that ask to see one person's work."""

from lti_tool.domain.errors.families import NotAllowed, NotFound


class ReviewForeign(NotAllowed):
    """An intern asks for the work of somebody else, whether there is such a person or not."""

    code = "review-foreign"


class ReviewUnknown(NotFound):
    """The work asked for is of nobody who is an intern of this course, or of no activity of it."""

    code = "review-unknown"
