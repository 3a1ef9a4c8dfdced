"""What stands on a certificate, the codes it is checked by, and the name a stranger may see."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, O, 1, I or L: what is printed is typed back by hand."""
CODE_LENGTH = 12
HOLDER_KEY_LENGTH = 8


class Kind(StrEnum):
    """What is issued: of one activity, or of all that an intern did on a platform."""

    CERTIFICATE = "certificate"
    TRANSCRIPT = "transcript"


class Chart(StrEnum):
    """How a certificate draws the averages; each stands in its table in words as well."""

    STRIPS = "strips"
    RADAR = "radar"
    NONE = "none"


class State(StrEnum):
    """Whether an issued certificate still counts."""

    VALID = "valid"
    SUPERSEDED = "superseded"
    """A newer one of the same intern and activity took its place."""
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class LevelFacts:
    """One step of the scale and what it means, as a clause: "does it well unprompted"."""

    name: str
    means: str


@dataclass(frozen=True, slots=True)
class CriterionFacts:
    """One row: how often it was seen and the level its mean has passed.

    The last four are None together, for a criterion that nobody observed.
    """

    name: str
    critical: bool
    """★ safety-critical."""
    dependable_or_better: int
    """In how many assessments it was seen at the level the standard asks for, or above."""
    seen: int
    supervisors: int
    level_value: int | None = None
    level_name: str | None = None
    mean: str | None = None
    """The mean rounded down to one decimal: "3.2"."""
    x: int | None = None
    """Where the dot stands on the strip, in thousandths of its length: see `strip_x`."""


@dataclass(frozen=True, slots=True)
class CompetencyFacts:
    """One competency at the version it was assessed with."""

    title: str
    version: str
    occasions: int
    supervisors: int
    criteria: tuple[CriterionFacts, ...]
    met: bool = True
    """False only where it takes no part in the standard: then it is listed and not counted."""


@dataclass(frozen=True, slots=True)
class ExceptionFacts:
    """A criterion that needs to be seen another number of times than the rest."""

    name: str
    times: int


@dataclass(frozen=True, slots=True)
class StandardFacts:
    """The standard that was met, its bars as names of levels; None where there is no such bar."""

    min_assessments: int
    min_supervisors: int
    min_seen: int
    min_mean: str
    floor: str | None = None
    critical: str | None = None
    exceptions: tuple[ExceptionFacts, ...] = ()
    max_share: int | None = None
    """The largest part of the assessments one supervisor may have written, in percent."""
    flags: bool = True
    """Whether every safety concern had to be settled."""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Someone who answers for the certificates of a school."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a certificate says, frozen on the day the standard was met.

    Only what is known stands here: no hospital, profession or signatory is made up.
    """

    issuer: str
    """The school, by the name of its LMS registration."""
    course: str
    activity: str
    person: str
    first: date
    """The first and the last occasion that counted."""
    last: date
    occasions: int
    supervisors: int
    competencies: tuple[CompetencyFacts, ...]
    levels: tuple[LevelFacts, ...]
    """Lowest first."""
    standard: StandardFacts
    issued_on: date
    code: str
    holder_key: str
    verify_url: str
    settings: tuple[str, ...] = ()
    """Where the intern was watched, as the assessments that counted say it; () where none does."""
    expires_on: date | None = None
    """The last day it is good for."""
    signed_off_by: str = ""
    """Who signed it off by name; "" where the activity asks nobody."""
    wording: str = ""
    """The school's own words."""
    signatories: tuple[Signatory, ...] = ()
    chart: str = Chart.STRIPS


def strip_x(mean: Fraction, levels: int = 4) -> int:
    """Where a mean stands on a strip of equal fields, one a level, in thousandths of its length.

    Level n stands in the middle of the nth field: 1 of 4 is at 125, 4 of 4 at 875.
    """
    return round((mean - Fraction(1, 2)) / levels * 1000)


@dataclass(frozen=True, slots=True)
class Codes:
    """What is printed on a certificate for whoever checks it."""

    code: str
    """59 bits when drawn by `secrets.choice`. Ungrouped: see `in_groups`."""
    holder_key: str
    """What the holder gives to have the name shown, 39 bits; tries are to be counted."""
    verify_url: str


def new_codes(origin: str, choice: Callable[[str], str]) -> Codes:
    """The codes of a new certificate, checked at `origin`. `choice` picks a letter."""
    code = "".join(choice(ALPHABET) for _ in range(CODE_LENGTH))
    holder_key = "".join(choice(ALPHABET) for _ in range(HOLDER_KEY_LENGTH))
    return Codes(code, holder_key, verify_url(origin, code))


def verify_url(origin: str, code: str) -> str:
    """Where anyone checks the certificate with this code."""
    return f"{origin}/verify/{in_groups(code)}"


def in_groups(code: str) -> str:
    """A code as it is printed, in fours: "R7KD-4QXM-29TB"."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def normalise_code(text: str) -> str | None:
    """The verify code a person typed, without hyphens, spaces and case; None if it cannot be."""
    return _normalise(text, CODE_LENGTH)


def normalise_holder_key(text: str) -> str | None:
    """The same for a holder's key."""
    return _normalise(text, HOLDER_KEY_LENGTH)


def _normalise(text: str, length: int) -> str | None:
    kept = "".join(
        letter for letter in text if not letter.isspace() and unicodedata.category(letter) != "Pd"
    ).upper()
    if len(kept) != length or not set(kept) <= set(ALPHABET):
        return None
    return kept


def tidy(text: str) -> str:
    """One line of text that can stand in any document.

    Runs of white space become one space. Dropped are control characters, what is no character,
    and the marks that turn the direction of the text around them, so that a name disturbs nothing
    but itself. The joiners that Persian, Hindi and emoji need stay.
    """
    kept = (letter for letter in text if letter.isspace() or not _disturbs(letter))
    return " ".join("".join(kept).split())


def masked(name: str) -> str:
    """The first and last word's initials, "A. O."; one for one word, "" where there is no letter.

    Holds letters, full stops and a space and nothing else, whatever the name holds.
    """
    initials = [initial for word in tidy(name).split() if (initial := _initial(word))]
    return " ".join(f"{initial}." for initial in initials[:1] + initials[1:][-1:])


def _initial(word: str) -> str:
    letters = (letter for letter in unicodedata.normalize("NFC", word) if letter.isalpha())
    first = next(letters, "")
    capital = first.upper()
    return capital if len(capital) == 1 else first


_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Unicode's bidirectional controls (UAX #9, section 2)."""


def _disturbs(letter: str) -> bool:
    noncharacter = ord(letter) & 0xFFFE == 0xFFFE or letter == "\ufeff"
    return letter in _TURNING or noncharacter or unicodedata.category(letter) in {"Cc", "Cs"}
