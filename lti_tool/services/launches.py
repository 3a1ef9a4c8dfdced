"""Launches: begin a login, take its answer once, and open a session for whoever it names."""

import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.lms.claims import Launch, read_launch
from lti_tool.lms.http import Http
from lti_tool.lms.launch_store import Begun, LaunchStore
from lti_tool.lms.notices import CopyNotice, read_notice
from lti_tool.lms.oidc import Bounds, Login, authorization_url, verify_notice, verify_token
from lti_tool.lms.platform_keys import PlatformKeys
from lti_tool.lms.platforms import find_platform
from lti_tool.lms.products.choose import choose
from lti_tool.lms.signing import public_jwks
from lti_tool.lms.storage import TARGET, Storage, new_state, storage_of
from lti_tool.models.launch import LaunchSession
from lti_tool.models.platform import Platform
from lti_tool.services.arrivals import Arrivals
from lti_tool.services.reviews import Reviews
from lti_tool.services.sessions import Sessions, digest
from lti_tool.settings import Settings

__all__ = ["TARGET", "Gate", "Launches", "Login", "Opened", "Started", "Storage"]

SWEEP_EVERY = 500
"""One login in so many also deletes what ended long ago."""

_ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:]+\])(:\d{1,5})?(?=[/?#]|$)", re.I | re.A)


@dataclass(frozen=True, slots=True)
class Started:
    """A login under way: where to send the browser, and the state it must bring back.

    Where the browser is proven by the LMS's storage, `proof` is what it must keep there first.
    """

    platform: Platform
    url: str = field(repr=False)
    state: str = field(repr=False)
    storage: Storage | None = field(default=None, repr=False)
    proof: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that a launch opened; nobody else knows the secret."""

    launch_id: str
    secret: str = field(repr=False)
    in_address: bool
    """Whether the secret goes into addresses, for a browser that takes no cookie."""


class Gate:
    """Checks what an LMS signed, outside any transaction: it may have to ask the LMS for keys.

    One for a process, since it keeps those keys.
    """

    def __init__(self, settings: Settings) -> None:
        self._bounds = Bounds(settings.clock_leeway_seconds, settings.token_age_seconds)
        self._keys = PlatformKeys(
            Http(settings, read_seconds=settings.http_person_seconds).get_json,
            seconds=settings.keys_seconds,
            burst=settings.keys_burst,
            refill_seconds=settings.keys_refill_seconds,
            wait=settings.keys_wait_seconds,
            pause=settings.keys_pause_seconds,
        )

    def check(self, id_token: str, begun: Begun, platform: Platform, now: datetime) -> Launch:
        """The launch that an id_token proves. Raises every refusal of a token and its claims."""
        claims = verify_token(
            id_token, begun, platform, keys=self._keys, now=now, bounds=self._bounds
        )
        return read_launch(claims, platform.id, choose(platform.product))

    def check_notice(self, token: str, platform: Platform, now: datetime) -> CopyNotice | None:
        """What a notice proves; None where it is of a type that nobody asked for.

        Raises every refusal of a token and its claims.
        """
        claims = verify_notice(token, platform, keys=self._keys, now=now, bounds=self._bounds)
        return read_notice(claims)


class Launches:
    """Turns logins into launches, and launches into sessions."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        arrivals: Arrivals,
        sessions: Sessions,
        reviews: Reviews,
        *,
        login_seconds: float,
    ) -> None:
        self._session = session
        self._now = now
        self._arrivals = arrivals
        self._reviews = reviews
        self._sessions = sessions
        self._login_seconds = login_seconds
        self._store = LaunchStore(session, now)

    def start(self, login: Login, *, redirect_uri: str, target: str | None = None) -> Started:
        """Remember a login and say where it goes on. Raises PlatformUnknown.

        `target` names the frame of the LMS that shall prove the browser; without it a cookie does.
        """
        platform = find_platform(self._session, login.iss, login.client_id)
        state, nonce = new_state(target), secrets.token_urlsafe(16)
        proof = secrets.token_urlsafe(16) if target else None
        begun = Begun(platform.id, nonce, login.target_link_uri)
        self._store.remember(state, begun, seconds=self._login_seconds, proof=proof)
        if secrets.randbelow(SWEEP_EVERY) == 0:
            self._store.forget_old()
            self._sessions.forget_old()
        url = authorization_url(
            platform, login, redirect_uri=redirect_uri, state=state, nonce=nonce
        )
        if proof is None:
            return Started(platform, url, state)
        return Started(platform, url, state, storage_of(state, platform.auth_login_url), proof)

    def storage(self, state: str) -> Storage:
        """Where the proof lies that the login of this state waits for. Nothing is used up.

        Raises BrowserUnproven where it waits for none, LaunchUsed, LoginExpired.
        """
        platform = self._session.get_one(Platform, self._store.platform_in_wait(state))
        return storage_of(state, platform.auth_login_url)

    def consume(self, state: str, proof: str | None = None) -> tuple[Begun, Platform]:
        """What the login of this state promised, once. Commit before going on: it is used up.

        Raises LaunchUsed, LoginExpired, LoginUnknown, BrowserUnproven.
        """
        begun = self._store.consume(state, proof)
        return begun, self._session.get_one(Platform, begun.platform_id)

    def accept(self, launch: Launch, platform: Platform, *, in_address: bool = False) -> Opened:
        """Note who launched what from where, and open a session of its own.

        A session that this browser had before is neither looked at nor adopted. Raises
        ReviewForeign, ReviewUnknown for a launch that asks for somebody's work.
        """
        if launch.product != platform.product:
            self._session.get_one(Platform, platform.id).product = launch.product
        arrived = self._arrivals.note(launch)
        about = self._reviews.about(launch, arrived)
        opened = Opened(secrets.token_hex(16), secrets.token_urlsafe(32), in_address)
        self._session.add(
            LaunchSession(
                id=opened.launch_id,
                secret_hash=digest(opened.secret),
                person_id=arrived.person_id,
                course_id=arrived.course_id,
                activity_id=arrived.activity_id,
                in_address=in_address,
                frame_origins=_frame_origins(platform, arrived.launch),
                return_url=launch.return_url,
                about_id=about,
                deep_link=asdict(launch.deep_link) if launch.deep_link else None,
                presentation={
                    "locale": launch.locale,
                    "document_target": launch.document_target,
                    "frame_resize": launch.frame_resize,
                    "from_menu": launch.from_menu and about is None,
                },
                created_at=self._now,
                seen_at=self._now,
            )
        )
        return opened

    def beside(self, launch_id: str, activity_id: int) -> Opened:
        """A session of its own for another activity of the course that a launch led to.

        The first one stays as it is, so that two tabs never show one activity and score another.
        """
        first = self._session.get_one(LaunchSession, launch_id)
        opened = Opened(secrets.token_hex(16), secrets.token_urlsafe(32), first.in_address)
        self._session.add(
            LaunchSession(
                id=opened.launch_id,
                secret_hash=digest(opened.secret),
                person_id=first.person_id,
                course_id=first.course_id,
                activity_id=activity_id,
                in_address=first.in_address,
                frame_origins=first.frame_origins,
                return_url=first.return_url,
                presentation=first.presentation,
                created_at=self._now,
                seen_at=self._now,
            )
        )
        return opened

    def published_keys(self) -> dict[str, list[dict[str, str]]]:
        """Our public keys, as a JWK set."""
        return public_jwks(self._session, self._now)


def _frame_origins(platform: Platform, launch: Launch) -> list[str]:
    """Who may frame the session's pages: the origins in the signed launch, and the registration's.

    An LMS may be framed at a school's own host while it signs in and issues elsewhere, and a page
    that leaves the framing origin out stays blank.
    """
    course = launch.course
    addresses = [launch.return_url, launch.lineitem_url, platform.auth_login_url, platform.issuer]
    if launch.deep_link is not None:
        addresses.append(launch.deep_link.return_url)
    if course is not None:
        addresses += [course.memberships_url, course.lineitems_url]
    return sorted({_origin(address) for address in addresses if address} - {""})


def _origin(address: str) -> str:
    """The origin of an http(s) address as it stands in a policy; empty for anything else."""
    found = _ORIGIN.match(address)
    return found[0].lower() if found else ""
