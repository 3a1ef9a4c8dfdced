"""What the standard says: every method and value a default that a product may depart from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pylti1p3.grade import Grade

from lti_tool.domain.column import Further, Own
from lti_tool.domain.errors import (
    AddressRefused,
    DatabaseAway,
    KeysBlocked,
    PlatformAnswerWrong,
    PlatformUnreachable,
    ScopeMissing,
    TokenRefused,
)
from lti_tool.domain.grade_service import Trouble
from lti_tool.domain.passback import Cell, Message
from lti_tool.lms.http import Answer
from lti_tool.lms.products.asks import HISTORY, TIME_ZONE, Asks


class AnswerKind(StrEnum):
    """What an LMS's answer to a message means for that message."""

    SENT = "sent"
    FETCHING = "fetching"
    """Taken, but for a file that the LMS has still to fetch: look at `progress_url`."""
    TRY_AGAIN = "try-again"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    """It may have arrived: read back, or ask a person, before saying it again."""


TROUBLES = MappingProxyType(
    {
        "throttled": Trouble.BUSY,
        "platform-down": Trouble.AWAY,
        PlatformUnreachable.code: Trouble.AWAY,
        PlatformAnswerWrong.code: Trouble.AWAY,
        AddressRefused.code: Trouble.BARRED,
        KeysBlocked.code: Trouble.BARRED,
        ScopeMissing.code: Trouble.BARRED,
        TokenRefused.code: Trouble.BARRED,
    }
)
"""The codes that tell of the whole LMS, and what is wrong with it."""

INTERNAL = "internal-error"
"""A fault of Rounds itself."""
CELL_UNREADABLE = "cell-unreadable"
"""A cell that is read before it is written again could not be read."""
COLUMN_ADDRESS_REFUSED = "column-address-refused"
"""A column is said to be at an address that Rounds does not call."""
MUTE = (INTERNAL, DatabaseAway.code, CELL_UNREADABLE, COLUMN_ADDRESS_REFUSED)
"""The codes that tell nothing of the LMS: neither trouble, nor that it works."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How the sending of one message ended. `code` is stable and safe to show and to log.

    `status` is None when no HTTP answer came; `retry_after` is in seconds, as the LMS asked;
    `tries` is after how many tries in all a TRY_AGAIN is best taken for a refusal, None for never;
    `progress_url` is there with FETCHING only; `shown` is what stands in the cell in place of a
    number that Rounds told.
    """

    kind: AnswerKind
    code: str
    status: int | None = None
    retry_after: int | None = None
    tries: int | None = None
    progress_url: str | None = None
    shown: Cell | None = None

    @property
    def trouble(self) -> Trouble | None:
        """What this tells to be wrong with the whole LMS; None for what concerns one message."""
        if self.kind in (AnswerKind.TRY_AGAIN, AnswerKind.UNCERTAIN):
            return TROUBLES.get(self.code)
        return None

    @property
    def well(self) -> bool:
        """Whether this shows that the LMS works, whatever it says of the message.

        A message may stand as sent without an answer: nobody could ask what became of its file.
        """
        unasked = self.kind is AnswerKind.SENT and self.status is None
        return self.trouble is None and self.code not in MUTE and not unasked


ID_LENGTH = 255
MOST_ANCESTORS = 1000

FILE_AWAITED = "file-awaited"
"""The LMS has not fetched the file yet, nor failed to."""
FILE_NOT_FETCHED = "file-not-fetched"
"""The LMS tried to fetch the file, in vain."""
FETCH_UNCONFIRMED = "fetch-unconfirmed"
"""The LMS took the message, and does not tell Rounds what became of its file."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer of this status means, given these lower-case words in its body."""

    status: int
    code: str
    kind: AnswerKind = AnswerKind.REFUSED
    words: str = ""
    tries: int | None = None


class Product:
    """A platform that keeps to LTI 1.3, AGS 2.0 and NRPS 2.0."""

    name: ClassVar[str] = "other"
    families: ClassVar[frozenset[str]] = frozenset()
    """`product_family_code`s by which dynamic registrations tell this product."""
    roster_confirms_leads: ClassVar[bool] = False
    """Whether Instructor in a launch makes a course lead only once the roster agrees."""
    frame_resize: ClassVar[bool] = False
    """Whether the LMS takes the postMessage `lti.frameResize`."""
    whole_second_stamps: ClassVar[bool] = False
    """Whether two scores in one second count as the same moment. AGS 2.0 wants sub-seconds."""
    comment_each_time: ClassVar[bool] = True
    """Whether a message without a comment erases the last one (AGS 2.0: absent or blank clears)."""
    certificate_as_file: ClassVar[bool] = False
    """Whether the LMS fetches a certificate and keeps it with the student's work."""
    live_view: ClassVar[bool] = False
    """Whether the LMS's grader opens an address of ours as a student's work (see domain View)."""
    own_column: ClassVar[Own] = Own.MADE
    """Where a link's column comes from if launches tell none (AGS 2.0 §3.2.9: a tool makes it)."""
    further_column: ClassVar[Further] = Further.PLAIN
    """What a column is there that Rounds makes for one competency."""
    progress_scope: ClassVar[str] = ""
    """The scope that lets a tool see how such a fetch goes."""
    time_zone_field: ClassVar[str] = TIME_ZONE
    """The custom parameter that our registrations fill with the person's time zone."""
    history_field: ClassVar[str] = HISTORY
    """The custom parameter that our registrations fill with `$Context.id.history`."""
    asks: ClassVar[Asks] = Asks()
    """What a registration asks of the LMS."""
    meanings: ClassVar[tuple[Meaning, ...]] = ()
    """Departures from STANDARD, looked at first."""
    links_have_addresses: ClassVar[bool] = True
    """Whether a link placed by deep linking may name an address of its own."""
    column_extras: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"submissionReview": {"reviewableStatus": ["Completed"]}}
    )
    """What such a link's column says beside Deep Linking 2.0 §3.2.3: by Submission Review 1.0 the
    gradebook then leads to each person's work, at the link's own address.
    """

    # Launches

    def clean_custom(self, custom: object) -> dict[str, str]:
        """The custom parameters that really have a value.

        A variable the LMS does not know comes as its own name, `$Foo.bar` (LTI core 1.3 §3.3); some
        send null, or keys of their own with values that are no text.
        """
        if not isinstance(custom, Mapping):
            return {}
        return {
            key: value
            for key, value in custom.items()
            if isinstance(key, str) and isinstance(value, str) and not value.startswith("$")
        }

    def attempts(self, custom: Mapping[str, str]) -> int | None:
        """How many attempts the LMS allows a student in the link's column, where it tells:
        ANY_NUMBER for no limit, None for not told.
        """
        return None

    def role_name(self, custom: Mapping[str, str]) -> str | None:
        """The LMS's own name for the person's role, where it tells."""
        return None

    def time_zone(self, custom: Mapping[str, str]) -> str | None:
        """The person's time zone as a name of the tz database; None for anything else.

        Moodle says "99" for the site's own zone, which is a name of nothing.
        """
        try:
            return ZoneInfo(custom.get(self.time_zone_field, "")).key
        except (ValueError, KeyError, OSError):
            return None

    def history(self, custom: Mapping[str, str]) -> tuple[str, ...]:
        """Context ids of the courses whose content came into this one (LTI core 1.3, appendix D).

        Words that are no ids, by which some say that their list is cut, match no course of ours.
        """
        told = custom.get(self.history_field, "").split(",")
        ids = (one.strip() for one in told[:MOST_ANCESTORS])
        return tuple(one for one in ids if one and one.isascii() and len(one) <= ID_LENGTH)

    def is_menu(self, resource_link_id: str, context_id: str) -> bool:
        """Whether a launch comes from a menu of the course, and not from a link placed in it."""
        return False

    def school(self, name: str, description: str) -> str:
        """The school, as the claim `tool_platform` calls itself (LTI core 1.3 §5.4.4)."""
        return name or description

    # Scores (AGS 2.0 §3.4)

    def grade(self, message: Message, stamp: datetime) -> Grade:
        """The score to post. FullyGraded without a score is how a gradebook is cleared."""
        grade = (
            Grade()
            .set_user_id(message.user)
            .set_timestamp(moment(stamp))
            .set_activity_progress("Completed")
            .set_grading_progress("FullyGraded")
        )
        if message.score is not None:
            grade.set_score_given(number(message.score)).set_score_maximum(number(message.maximum))
        if message.comment:
            grade.set_comment(message.comment)
        return grade

    def overwrites(self, *, ours: bool) -> bool:
        """Whether a score takes the place of what somebody typed into a column's cell.

        `ours` says that Rounds made the column. The standard leaves it open, so a cell is looked at
        before it is written again.
        """
        return True

    def harmless_to_repeat(self, message: Message) -> bool:
        """Whether sending the same message twice leaves the gradebook as sending it once does."""
        return not (self.certificate_as_file and message.file)

    def read_answer(self, answer: Answer) -> Answered:
        """What the answer to a score means."""
        meaning = self._meaning(answer)
        final = meaning.kind in (AnswerKind.SENT, AnswerKind.REFUSED) or meaning.tries is not None
        if answer.is_page and final:
            # No grade service speaks HTML: a sign-in page or a proxy answered in its place.
            meaning = Meaning(answer.status, PlatformAnswerWrong.code, AnswerKind.TRY_AGAIN)
        return Answered(
            meaning.kind, meaning.code, answer.status, answer.retry_after, meaning.tries
        )

    def progress_url(self, answer: Answer) -> str | None:
        """Where the answer to a message with a file says that its fetch can be followed."""
        return None

    def read_progress(self, answer: Answer) -> Answered:
        """What the answer of that address means: SENT, TRY_AGAIN to look later, or REFUSED."""
        return Answered(AnswerKind.SENT, FETCH_UNCONFIRMED, answer.status)

    def _meaning(self, answer: Answer) -> Meaning:
        body = answer.text.lower()
        for meaning in self.meanings + STANDARD:
            if meaning.status == answer.status and meaning.words in body:
                return meaning
        if answer.ok:
            return Meaning(answer.status, "sent", AnswerKind.SENT)
        if answer.status >= 500:
            return Meaning(answer.status, "platform-down", AnswerKind.TRY_AGAIN)
        if answer.status >= 400:
            return Meaning(answer.status, "score-refused")
        return Meaning(answer.status, PlatformAnswerWrong.code, AnswerKind.TRY_AGAIN)


STANDARD = (
    Meaning(401, TokenRefused.code, AnswerKind.TRY_AGAIN),
    Meaning(403, "not-authorised"),
    Meaning(404, "column-gone"),
    Meaning(408, "platform-down", AnswerKind.TRY_AGAIN),
    Meaning(409, "older-stamp", AnswerKind.UNCERTAIN),
    Meaning(410, "column-gone"),
    Meaning(429, "throttled", AnswerKind.TRY_AGAIN),
)
"""AGS 2.0 §3.4.9 names 409 for a stamp that is not newer; the rest is what HTTP says. A 401 comes
to a token just given (see lms/connector.py), so it is not for want of a fresh one."""


def moment(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: the sub-seconds AGS asks for, in a form all LMSs read."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number(decimal: str) -> int | float:
    """A decimal string as the JSON number that reads the same ("80.2" → 80.2, "100" → 100)."""
    exact = Decimal(decimal)
    return int(exact) if exact == exact.to_integral_value() else float(exact)
