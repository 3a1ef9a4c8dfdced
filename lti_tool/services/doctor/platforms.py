"""Checks of one platform: its keys, its clock, the tokens it gives us, roster and gradebook."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from sqlalchemy import select

from lti_tool.domain.errors import RoundsError, ScopeMissing
from lti_tool.lms.http import Answer, Http
from lti_tool.lms.platform_keys import usable_keys
from lti_tool.lms.products.asks import Ability
from lti_tool.lms.products.choose import choose
from lti_tool.lms.roster import RosterReader
from lti_tool.lms.tokens import Tokens
from lti_tool.models.activity import GradeColumn
from lti_tool.models.course import Course
from lti_tool.models.platform import Deployment, Platform
from lti_tool.services.connection import find_way, try_out
from lti_tool.services.doctor.findings import ALLOW, Finding, Verdict, fault, ok, refused, warning
from lti_tool.services.unit import Rounds

CLOCK_SECONDS = 30
"""Some LMSs bear a clock that is ahead by no more than this, others by none at all."""

WANTED = {Ability.SCORE, Ability.READ_BACK, Ability.FIND_COLUMNS, Ability.ROSTER}
"""What a registration of Rounds ought to allow. Not every LMS has the rest to give."""


class PlatformCheck:
    """Looks at one platform as launches and deliveries would."""

    def __init__(self, rounds: Rounds, platform: Platform) -> None:
        self._rounds = rounds
        self._platform = platform
        self._http = Http(rounds.settings)
        self._tokens = Tokens(rounds, self._http)

    def run(self) -> Iterator[Finding]:
        """Everything, in the order in which a launch and a delivery meet it."""
        yield from self._keys()
        try:
            given = self._token()
        except RoundsError as error:
            given = refused(self._name("token"), error, self._platform.auth_token_url)
        yield given
        if given.verdict is Verdict.OK:
            yield from self._roster()
            yield from self._gradebook()

    def _name(self, check: str) -> str:
        return f"{self._platform.name} (client {self._platform.client_id}), {check}"

    def _keys(self) -> Iterator[Finding]:
        """Whether launches can be verified; the same answer tells the platform's time."""
        try:
            answer = self._http.get_json(self._platform.jwks_url)
            count = len(list(usable_keys(answer.document)))
        except RoundsError as error:
            yield refused(self._name("keys"), error, self._platform.jwks_url)
            return
        if count:
            yield ok(self._name("keys"), f"{count} usable")
        else:
            says = "none is an RSA key of 2048 bits or more with an id"
            yield fault(self._name("keys"), says, "have the LMS publish one")
        yield from self._clock(answer)

    def _clock(self, answer: Answer) -> Iterator[Finding]:
        try:
            theirs = parsedate_to_datetime(answer.headers["Date"])
            ahead = round((theirs - self._rounds.clock()).total_seconds())
        except (KeyError, ValueError, TypeError):
            return
        if abs(ahead) <= CLOCK_SECONDS:
            yield ok(self._name("clock"), "agrees with ours")
            return
        says = f"{abs(ahead)} seconds {'ahead of' if ahead > 0 else 'behind'} ours"
        yield warning(self._name("clock"), says, "set both machines by NTP", "launch-expired")

    def _token(self) -> Finding:
        """Whether the LMS gives a token for what we use, and if not for all, what is left out."""
        asked = choose(self._platform.product).asks.scopes
        try:
            self._tokens.ask(self._platform, asked)
            return ok(self._name("token"), "given for everything Rounds does")
        except ScopeMissing:
            pass
        given = {ability for scope, ability in asked.items() if self._gives(scope)}
        if Ability.MAKE_COLUMNS in given:
            given.add(Ability.FIND_COLUMNS)
        missing = [ability for ability in Ability if ability in {*asked.values()} - given]
        says = "not allowed: " + ", ".join(_TOLD[ability] for ability in missing)
        if not WANTED & {*missing}:
            return ok(self._name("token"), f"given; {says}")
        how_bad = fault if Ability.SCORE in missing else warning
        return how_bad(self._name("token"), says, ALLOW, ScopeMissing.code)

    def _gives(self, scope: str) -> bool:
        try:
            self._tokens.ask(self._platform, [scope])
        except ScopeMissing:
            return False
        return True

    def _roster(self) -> Iterator[Finding]:
        """Whether a service takes the token: some LMSs give one to a tool that is switched off."""
        with self._rounds.reading() as unit:
            url = unit.session.scalars(
                select(Course.memberships_url)
                .join(Deployment)
                .where(
                    Deployment.platform_id == self._platform.id, Course.memberships_url.is_not(None)
                )
                .order_by(Course.id.desc())
                .limit(1)
            ).first()
        if url is None:
            yield ok(self._name("roster"), "no course with a list of people was opened yet")
            return
        try:
            roster = RosterReader(self._http, self._tokens).read(self._platform, url)
        except RoundsError as error:
            yield refused(self._name("roster"), error)
        else:
            yield ok(self._name("roster"), f"{len(roster.members)} people in the newest course")

    def _gradebook(self) -> Iterator[Finding]:
        """Whether the gradebook lets us at the newest column that a launch has told."""
        with self._rounds.reading() as unit:
            known = Platform.id == self._platform.id, GradeColumn.lineitem_url.is_not(None)
            way = find_way(unit.session, *known)
        if way is None:
            return
        *_, last = try_out(way, self._http, self._tokens)
        if last.error is None:
            yield ok(self._name("gradebook"), "answers about the newest column")
        else:
            yield refused(self._name("gradebook"), last.error)


_TOLD = {
    Ability.SCORE: "sending grades",
    Ability.READ_BACK: "reading grades back",
    Ability.FIND_COLUMNS: "finding columns",
    Ability.MAKE_COLUMNS: "making columns",
    Ability.ROSTER: "the list of people",
    Ability.NOTICES: "notices of copied courses",
    Ability.FOLLOW_FILES: "learning whether certificates were fetched",
}
