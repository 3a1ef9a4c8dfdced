"""Refusals and failures in talking to an LMS."""

from lti_tool.domain.errors.families import Invalid, Unavailable


class AddressRefused(Invalid):
    """An address Rounds does not call: private, plain http, or no web address at all."""

    code = "address-refused"


class PlatformUnreachable(Unavailable):
    """The LMS gave no answer: no name, no connection, no trusted certificate, or silence.

    `sent_maybe` is False when nothing can have reached it, True when it may have acted on what was
    sent although no answer came.
    """

    code = "platform-unreachable"

    def __init__(self, message: str, *, sent_maybe: bool) -> None:
        super().__init__(message)
        self.sent_maybe = sent_maybe


class PlatformAnswerWrong(Unavailable):
    """The LMS answered with what nobody asked for: a wrong status, no JSON, too much of it.

    `status` is the answer's where it was the wrong one.
    """

    code = "platform-answer-wrong"

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class KeysBlocked(PlatformAnswerWrong):
    """The LMS's token service fails with a page of HTML: most often it cannot fetch our keys."""

    code = "keys-blocked"


class TokenRefused(PlatformAnswerWrong):
    """The LMS gives this registration no token: switched off, or not known under this id."""

    code = "token-refused"


class ScopeMissing(PlatformAnswerWrong):
    """The LMS does not allow this registration the service."""

    code = "scope-missing"


class ColumnGone(PlatformAnswerWrong):
    """The gradebook has this column no longer."""

    code = "column-gone"


class ColumnMissing(PlatformAnswerWrong):
    """The gradebook has no column for the activity, and a tool may not make it there."""

    code = "column-missing"


class ColumnRefused(PlatformAnswerWrong):
    """The LMS does not let Rounds make or delete this column."""

    code = "column-refused"


class ColumnUnclear(PlatformAnswerWrong):
    """Several columns claim to be the one of an activity."""

    code = "column-unclear"


class SigningKeyMissing(Unavailable):
    """This installation has no signing key yet: `rounds upgrade` makes it."""

    code = "signing-key-missing"


class SecretKeyWrong(Unavailable):
    """Keys in the database were sealed under another ROUNDS_SECRET_KEY."""

    code = "secret-key-wrong"
