"""Refusals of logins, launches and the sessions they open."""

from lti_tool.domain.errors.families import Conflict, Invalid, NotAllowed


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
    """The browser that posts the launch brought neither the cookie nor the proof of its login."""

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


class DeploymentUnknown(NotAllowed):
    """A notice about a deployment that has never launched Rounds."""

    code = "deployment-unknown"


class NoticeMalformed(Invalid):
    """A post to the address for notices that is no list of signed notices."""

    code = "notice-malformed"


class SessionMissing(NotAllowed):
    """No secret of a launch came with the request, or not the way this launch's does."""

    code = "session-missing"


class SessionOver(NotAllowed):
    """The launch's session was idle for too long, or has ended."""

    code = "session-over"
