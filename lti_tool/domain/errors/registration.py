"""Refusals of an LMS that registers itself by a one-time code."""

from lti_tool.domain.errors.families import Conflict, Invalid, NotAllowed, Unavailable


class RegistrationMalformed(Invalid):
    """The address of registration was opened without what an LMS sends along with it."""

    code = "registration-malformed"


class InvitationUnknown(NotAllowed):
    """No such one-time code was ever given out."""

    code = "invitation-unknown"


class InvitationUsed(Conflict):
    """The one-time code led to a registration, or is leading to one at this moment."""

    code = "invitation-used"


class InvitationOver(NotAllowed):
    """The one-time code was not used in its time."""

    code = "invitation-over"


class IssuerForeign(NotAllowed):
    """An LMS that wants to register under the name of another host."""

    code = "issuer-foreign"


class RegistrationFaulty(Invalid):
    """What the LMS tells of itself, or of what it registered, cannot be used."""

    code = "registration-faulty"


class RegistrationRefused(NotAllowed):
    """The LMS does not register us. The text has the status it answered with."""

    code = "registration-refused"


class RegistrationUnanswered(Unavailable):
    """The LMS did not answer while it was to register us."""

    code = "registration-unanswered"
