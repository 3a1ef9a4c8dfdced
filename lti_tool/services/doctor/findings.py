"""What a check found: a verdict, the cause in words, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

from lti_tool.domain.errors import (
    AddressRefused,
    DatabaseAway,
    KeysBlocked,
    PlatformAnswerWrong,
    PlatformUnreachable,
    RoundsError,
    ScopeMissing,
    TokenRefused,
)


class Verdict(StrEnum):
    """How bad it is. A warning lets people work; a fault keeps them from it."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's answer. `code` is that of docs/errors.md where there is one."""

    check: str
    verdict: Verdict
    says: str
    advice: str = ""
    code: str = ""

    def __str__(self) -> str:
        words = f"{self.verdict}: {self.check}: {self.says}"
        words += f"; {self.advice}" if self.advice else ""
        return words + (f" [{self.code}]" if self.code else "")


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, Verdict.OK, says)


def warning(check: str, says: str, advice: str, code: str = "") -> Finding:
    """Something to look at."""
    return Finding(check, Verdict.WARNING, says, advice, code)


def fault(check: str, says: str, advice: str, code: str = "") -> Finding:
    """Something that does not work."""
    return Finding(check, Verdict.FAULT, says, advice, code)


def refused(check: str, error: RoundsError, at: str = "") -> Finding:
    """A fault that an error of ours tells, with its cause named as closely as it can be.

    `at` is the address that was called.
    """
    says, advice = str(error), _ADVICE.get(type(error), "")
    if isinstance(error, PlatformUnreachable):
        says, advice = _SILENCES.get(says, (f"no answer ({says})", "look at the network"))
    return fault(check, f"{at}: {says}" if at else says, advice, error.code)


ALLOW = "allow it for the tool in the LMS, and see that the tool is switched on there"

_ADVICE: dict[type[RoundsError], str] = {
    DatabaseAway: "look at it and at ROUNDS_DATABASE_URL",
    AddressRefused: (
        "name the network of an LMS that is private in ROUNDS_PRIVATE_PLATFORMS; any other address "
        "must be https"
    ),
    KeysBlocked: (
        "most often the LMS cannot fetch our /lti/jwks.json: let its own guard against calls into "
        "private networks and to unusual ports pass our host and port"
    ),
    PlatformAnswerWrong: (
        "see whether the tool is switched on in the LMS, whether the address is still the one the "
        "LMS shows, and whether a sign-in page or a proxy answers in its place"
    ),
    ScopeMissing: ALLOW,
    TokenRefused: "switch the tool on in the LMS, and compare the client id: rounds platform list",
}

_LATE = ("no answer in time", "look at firewalls between this machine and that address")
_TLS = (
    "its certificate is not trusted",
    "renew it, or name the authority that signed it in ROUNDS_CA_BUNDLE",
)
_SILENCES = {
    "gaierror": ("its name is not known here", "correct the address, or look at the DNS"),
    "ConnectionRefusedError": ("nothing listens there", "start it, or correct the address"),
    "TimeoutError": _LATE,
    "ConnectTimeoutError": _LATE,
    "ReadTimeout": _LATE,
    "SSLCertVerificationError": _TLS,
    "SSLError": _TLS,
}
"""The kinds of silence that PlatformUnreachable names, in words."""
