"""Access tokens for an LMS's services: asked for with a signed assertion, kept until they end.

pylti1p3's own cache is keyed by issuer and lives in one process. Schools may share an issuer, so
that one school's token would go to another's gradebook: here a token belongs to a registration and
a set of scopes, is shared by all workers through the database, and is sealed. Threads that want the
same one at the same time wait for one fetch, and what was read stays at hand for a few seconds: a
thousand grades do not ask the database for their token each.
"""

import threading
import time
from collections.abc import Collection
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any, Protocol

import marshmallow as ma
from sqlalchemy import delete
from sqlalchemy.orm import Session

from lti_tool.db import insert_missing
from lti_tool.domain.errors import (
    KeysBlocked,
    PlatformAnswerWrong,
    PlatformUnreachable,
    ScopeMissing,
    SecretKeyWrong,
    TokenRefused,
)
from lti_tool.lms.http import Answer, Http
from lti_tool.lms.signing import sign
from lti_tool.models.platform import AccessToken, Platform
from lti_tool.sealing import seal, unseal
from lti_tool.settings import Settings

SLACK = timedelta(seconds=60)
"""A token that ends sooner than this is not used: the call it is for takes time too."""

AT_HAND = 20.0
"""Seconds for which a process goes by the token that it read: far less than SLACK."""

LONGEST_LIFE = timedelta(hours=24)
BACKDATED = timedelta(seconds=5)
"""Some LMSs allow a clock ahead of their own no leeway at all."""

BUSY = (408, 429)
THROTTLED = "rate limit exceeded"
"""What some LMSs say with 403 of one who asks too often."""
UNVERIFIED = ("jwk error", "jws signature invalid")
"""What some LMSs say where they could not fetch our keys, or could not make them out."""

ASSERTION_LIFE = timedelta(minutes=5)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Transaction(Protocol):
    """What tokens need of a unit of work."""

    @property
    def session(self) -> Session: ...
    @property
    def now(self) -> datetime: ...


class Transactions(Protocol):
    """What tokens need of a process's Rounds: settings, and transactions of their own.

    The caller has none open, since a token may have to be fetched over HTTP.
    """

    @property
    def settings(self) -> Settings: ...
    def work(self) -> AbstractContextManager[Transaction]: ...
    def reading(self) -> AbstractContextManager[Transaction]: ...


_VISIBLE = ma.validate.Regexp(r"[\x21-\x7e]+\Z")
_WORDS = ma.validate.Regexp(r"[\x20-\x7e]*\Z")


class TokenSchema(ma.Schema):
    """The answer of a token endpoint (RFC 6749 §5.1), in the characters it may have (appendix A).

    Others could not go into a header, nor into every database.
    """

    class Meta:
        unknown = ma.EXCLUDE

    access_token = ma.fields.String(
        required=True, validate=[ma.validate.Length(1, 10_000), _VISIBLE]
    )
    expires_in = ma.fields.Integer(load_default=3600, validate=ma.validate.Range(min=0))
    scope = ma.fields.String(load_default=None, allow_none=True, validate=_WORDS)


class Tokens:
    """Gives bearer tokens of platforms, fetching one where none is kept."""

    def __init__(self, transactions: Transactions, http: Http) -> None:
        self._transactions = transactions
        self._http = http
        self._fetching: dict[tuple[int, str], Future[str]] = {}
        self._at_hand: dict[tuple[int, str], tuple[str, float]] = {}
        self._refused: dict[tuple[int, str], str] = {}
        self._lock = threading.Lock()

    def bearer(self, platform: Platform, scopes: Collection[str]) -> str:
        """A token with all these scopes.

        Raises ScopeMissing when the LMS grants fewer, KeysBlocked, TokenRefused,
        PlatformAnswerWrong, PlatformUnreachable, AddressRefused.
        """
        key = " ".join(sorted(scopes))
        token, until = self._at_hand.get((platform.id, key), ("", 0.0))
        if time.monotonic() < until and token != self._refused.get((platform.id, key)):
            return token
        token = self._kept(platform, key) or self._share(platform, key)
        self._at_hand[platform.id, key] = token, time.monotonic() + AT_HAND
        return token

    def ask(self, platform: Platform, scopes: Collection[str]) -> str:
        """A new token, whatever is kept: to see whether the LMS gives one. Raises as `bearer`."""
        key = " ".join(sorted(scopes))
        self._at_hand.pop((platform.id, key), None)
        return self._fetch(platform, key)

    def forget(self, platform: Platform, scopes: Collection[str], refused: str) -> None:
        """Drop a token that the LMS no longer takes, unless another one is kept meanwhile."""
        key = " ".join(sorted(scopes))
        self._refused[platform.id, key] = refused
        with self._transactions.work() as unit:
            kept = unit.session.get(AccessToken, (platform.id, key), with_for_update=True)
            if kept is not None and self._opened(kept) == refused:
                unit.session.delete(kept)

    def _kept(self, platform: Platform, key: str) -> str | None:
        """The token in the database, if it is good for a while and this secret key opens it."""
        with self._transactions.reading() as unit:
            kept = unit.session.get(AccessToken, (platform.id, key))
            if kept is None or kept.expires_at - SLACK <= unit.now:
                return None
            return self._opened(kept)

    def _opened(self, kept: AccessToken) -> str | None:
        """What was sealed; None if this secret key does not open it."""
        try:
            return unseal(self._transactions.settings, kept.token).decode()
        except SecretKeyWrong:
            return None

    def _share(self, platform: Platform, key: str) -> str:
        """Fetch a token, or wait for the thread that does; what ends its fetch ends all of them.

        A fetch has an end, so the wait has one.
        """
        with self._lock:
            fetching = self._fetching.get((platform.id, key))
            if fetching is None:
                mine = self._fetching[platform.id, key] = Future[str]()
        if fetching is not None:
            return fetching.result()
        try:
            # Another thread's fetch may have ended between our look and our turn.
            mine.set_result(self._kept(platform, key) or self._fetch(platform, key))
        except BaseException as error:
            mine.set_exception(error)
        finally:
            with self._lock:
                del self._fetching[platform.id, key]
        return mine.result()

    def _assertion(self, unit: Transaction, platform: Platform) -> str:
        """Who we are, signed (LTI security framework 1.0 §4.1.1)."""
        claims: dict[str, Any] = {
            "iss": platform.client_id,
            "sub": platform.client_id,
            "aud": platform.auth_audience or platform.auth_token_url,
            "iat": int((unit.now - BACKDATED).timestamp()),
            "exp": int((unit.now + ASSERTION_LIFE - BACKDATED).timestamp()),
            "jti": token_urlsafe(16),
        }
        return sign(unit.session, self._transactions.settings, claims, unit.now)

    def _fetch(self, platform: Platform, key: str) -> str:
        with self._transactions.reading() as unit:
            assertion = self._assertion(unit, platform)
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "scope": key,
        }
        try:
            answer = self._http.post(
                platform.auth_token_url, form, headers={"Accept": "application/json"}
            )
        except PlatformUnreachable as error:
            # What was lost is a request for a token: nothing that matters was sent.
            raise PlatformUnreachable(str(error), sent_maybe=False) from None
        found = _read(answer)
        granted = _granted(found, key)
        if not set(key.split()) <= set(granted):
            raise ScopeMissing("the LMS grants fewer scopes than its launches promise")
        self._keep(platform, key, found, granted)
        return str(found["access_token"])

    def _keep(
        self, platform: Platform, key: str, found: dict[str, Any], granted: list[str]
    ) -> None:
        with self._transactions.work() as unit:
            _delete(unit.session, platform, key)
            seconds = min(found["expires_in"], LONGEST_LIFE.total_seconds())
            values = {
                "platform_id": platform.id,
                "scopes": key,
                "token": seal(self._transactions.settings, found["access_token"].encode()),
                "granted": granted,
                "expires_at": unit.now + timedelta(seconds=seconds),
            }
            insert_missing(unit.session, AccessToken, values, ["platform_id", "scopes"])


def _delete(session: Session, platform: Platform, key: str) -> None:
    session.execute(
        delete(AccessToken).where(AccessToken.platform_id == platform.id, AccessToken.scopes == key)
    )


def _granted(found: dict[str, Any], key: str) -> list[str]:
    """The scopes granted: those asked for when the answer names none (RFC 6749 §3.3)."""
    return str(key if found["scope"] is None else found["scope"]).split()


def _read(answer: Answer) -> dict[str, Any]:
    """The token in an answer, whatever content type it names: some LMSs say text/html of JSON."""
    words = answer.text.lower()
    if answer.status >= 500 or answer.status in BUSY or THROTTLED in words:
        raise PlatformAnswerWrong(f"the token service answered with status {answer.status}")
    if answer.is_page:
        # An LMS whose own guard keeps it from fetching our keys fails with a page of HTML.
        raise KeysBlocked(f"the token service answered a web page with status {answer.status}")
    if not answer.ok and any(said in words for said in UNVERIFIED):
        raise KeysBlocked("the LMS could not verify what Rounds signed by the keys it offers")
    if answer.ok:
        try:
            return dict(TokenSchema().load(answer.document))
        except ma.ValidationError:
            raise PlatformAnswerWrong("the token service's answer holds no token") from None
    if "invalid_scope" in words:
        raise ScopeMissing("the LMS grants none of these scopes")
    raise TokenRefused(f"the token service answered with status {answer.status}")
