"""Every refusal Rounds can give, each with a stable code that pages, logs and docs share.

A family says what kind of refusal it is (the web turns the family into an HTTP status); a class
inside it names one case. Codes are kebab-case and never change once released; docs/errors.md
explains each. An exception's text is for operators and never holds personal data.
"""

from typing import ClassVar


class RoundsError(Exception):
    """The root of all refusals. `code` is stable; `str(error)` is one plain sentence."""

    code: ClassVar[str] = "error"


# Families ---------------------------------------------------------------------------------------


class Invalid(RoundsError):
    """What was sent cannot be used as it is: HTTP 400, or 422 for a form that comes back."""

    code = "invalid"


class NotAllowed(RoundsError):
    """Who asks has no right to this: HTTP 403."""

    code = "not-allowed"


class NotFound(RoundsError):
    """There is no such thing, or none this person may know of: HTTP 404."""

    code = "not-found"


class Conflict(RoundsError):
    """It was right when it was read, and has changed since: HTTP 409."""

    code = "conflict"


class TooMany(RoundsError):
    """Asked too often. `seconds` is how long to wait: HTTP 429 with Retry-After."""

    code = "too-many-tries"

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class Unavailable(RoundsError):
    """Something this needs is away for now: HTTP 503."""

    code = "unavailable"


# Forms ------------------------------------------------------------------------------------------


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


# Assessments ------------------------------------------------------------------------------------


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


# Activities -------------------------------------------------------------------------------------


class ActivityNotReady(Conflict):
    """No competencies have been chosen for this activity yet."""

    code = "activity-not-ready"


class WeightsWrong(Invalid):
    """The weights of the chosen competencies do not come to 100."""

    code = "weights-wrong"


class NoSuchCompetency(NotFound):
    """The catalogue holds no competency of that id."""

    code = "competency-unknown"


# Launch -----------------------------------------------------------------------------------------


class LoginMalformed(Invalid):
    """A login that lacks a parameter, or carries one of a wrong shape or size."""

    code = "login-malformed"


class PlatformUnknown(NotAllowed):
    """No registration of this issuer and client id; or several, and the login names none."""

    code = "platform-unknown"


class TargetForeign(Invalid):
    """The login asks to open an address that is not Rounds' launch address."""

    code = "target-foreign"


class LaunchMalformed(Invalid):
    """A launch without an id_token or a state, or with one of a wrong shape or size."""

    code = "launch-malformed"


class LmsLoginRequired(NotAllowed):
    """The LMS says that the person is not signed in there."""

    code = "lms-login-required"


class LaunchNoLongerValid(Conflict):
    """The LMS says that its part of this launch was used before or is too old."""

    code = "launch-no-longer-valid"


class LmsRefused(Invalid):
    """The LMS answered the login with an error. The text is its word for it."""

    code = "lms-refused"


class BrowserUnproven(NotAllowed):
    """The browser that posts the launch did not bring the cookie of its login."""

    code = "browser-unproven"


class LoginUnknown(Invalid):
    """No login of Rounds began with this state, or so long ago that it was forgotten."""

    code = "login-unknown"


class LoginExpired(Invalid):
    """Between the login and the launch lies more time than is allowed."""

    code = "login-expired"


class LaunchUsed(Conflict):
    """The same launch was posted before: after going back, or by two clicks."""

    code = "launch-used"


class TokenUnreadable(Invalid):
    """The id_token is not a signed token of the kind LTI 1.3 uses."""

    code = "token-unreadable"


class TokenKeyMissing(Invalid):
    """The id_token does not say which key signed it."""

    code = "token-key-missing"


class TokenKeyUnknown(Invalid):
    """The key that the id_token names is not among the keys of the LMS."""

    code = "token-key-unknown"


class TokenForged(NotAllowed):
    """The signature of the id_token is not by the key it names."""

    code = "token-forged"


class TokenNotForUs(NotAllowed):
    """The id_token is by another issuer, or for another client, than the login was."""

    code = "token-not-for-us"


class LaunchExpired(Invalid):
    """The id_token is too old, or from the future. `seconds` is by how much, where it is known."""

    code = "launch-expired"

    def __init__(self, message: str, seconds: int | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class NonceWrong(NotAllowed):
    """The id_token belongs to another login."""

    code = "nonce-wrong"


class TargetChanged(Invalid):
    """The id_token asks to open another address than the login did."""

    code = "target-changed"


class ClaimMissing(Invalid):
    """The id_token lacks something that every launch must say. The text names the claim."""

    code = "claim-missing"


class ClaimsMalformed(Invalid):
    """Something in the id_token has a wrong shape. The text names the claim."""

    code = "claims-malformed"


class VersionWrong(Invalid):
    """The launch is not of LTI 1.3.0."""

    code = "lti-version-wrong"


class MessageUnsupported(Invalid):
    """A message of a type that Rounds does not take."""

    code = "message-unsupported"


# Sessions ---------------------------------------------------------------------------------------


class SessionMissing(NotAllowed):
    """No cookie of a launch came with the request."""

    code = "session-missing"


class SessionOver(NotAllowed):
    """The launch's session was idle for too long, or has ended."""

    code = "session-over"


class NoRole(NotAllowed):
    """The person's roles in this course give no right to see anything."""

    code = "role-none"


# Certificates -----------------------------------------------------------------------------------


class CertificatesOff(Unavailable):
    """A system library that PDFs are made with is not installed; the text names it."""

    code = "certificates-off"


class DesignFaulty(Invalid):
    """A design's folder lacks something, or its template asks for what no certificate has."""

    code = "certificate-design-faulty"


class FactsFaulty(Invalid):
    """The frozen facts of a certificate lack something, or hold what cannot be printed."""

    code = "certificate-facts-faulty"


class RenderFailed(Unavailable):
    """Making the PDF took too long, too much memory, or broke."""

    code = "certificate-render-failed"


# LMS --------------------------------------------------------------------------------------------


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
    """The LMS answered with what nobody asked for: a wrong status, no JSON, too much of it."""

    code = "platform-answer-wrong"


class KeysBlocked(PlatformAnswerWrong):
    """The LMS's token service fails with a page of HTML: most often it cannot fetch our keys."""

    code = "keys-blocked"


class TokenRefused(PlatformAnswerWrong):
    """The LMS gives this registration no token: switched off, or not known under this id."""

    code = "token-refused"


class ScopeMissing(PlatformAnswerWrong):
    """The LMS does not allow this registration the service."""

    code = "scope-missing"


class SigningKeyMissing(Unavailable):
    """This installation has not made its signing key yet: it does when it starts."""

    code = "signing-key-missing"


class SecretKeyWrong(Unavailable):
    """Keys in the database were sealed under another ROUNDS_SECRET_KEY."""

    code = "secret-key-wrong"


# Passbacks --------------------------------------------------------------------------------------


class PassbackSettled(Conflict):
    """There is nothing to retry: the message waits, was sent, or newer news took its place."""

    code = "passback-settled"


# Installation -----------------------------------------------------------------------------------


class RegistrationInvalid(Invalid):
    """What an operator entered about a platform cannot be used; the text names the field."""

    code = "registration-invalid"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem = field, problem


class DatabaseUnreachable(Unavailable):
    """The database does not answer."""

    code = "database-unreachable"


class SchemaOutdated(Unavailable):
    """The database is not at this version of Rounds; `rounds upgrade` brings it there."""

    code = "schema-outdated"


# Packs ------------------------------------------------------------------------------------------


class PackError(RoundsError):
    """A pack that cannot be used: nothing starts until it is put right or taken away.

    `field` is a path like ``criteria[2].weight``, "" when the file as a whole is at fault; `line`
    counts from 1 and is None where there is no line to point at.
    """

    code = "pack-invalid"

    def __init__(
        self, problem: str, *, pack: str, file: str, line: int | None = None, field: str = ""
    ) -> None:
        place = file if line is None else f"{file}:{line}"
        fault = f"{field}: {problem}" if field else problem
        super().__init__(f'{place}: {fault} (pack "{pack}")')
        self.problem, self.pack, self.file, self.line, self.field = problem, pack, file, line, field


class CertificateEnded(NotFound):
    """The certificate at this address was superseded or revoked."""

    code = "certificate-ended"


class CertificateNotReady(Unavailable):
    """The certificate was issued and its PDF is being made."""

    code = "certificate-not-ready"
