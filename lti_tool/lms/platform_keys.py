"""The public keys of platforms, fetched once and kept for a while by each process.

An unknown key id may mean that the platform has new keys, so it fetches them early; made-up key ids
could be used to flood a platform, so early fetches have a budget. A failed fetch is never kept: for
a pause that grows, launches of that platform then fail at once instead of each trying again.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWTError
from jwt.algorithms import RSAAlgorithm

from lti_tool.domain.errors import (
    PlatformAnswerWrong,
    PlatformUnreachable,
    RoundsError,
    TokenKeyUnknown,
)
from lti_tool.lms.http import Answer

LEAST_SECONDS = 60
"""Kept for so long whatever the platform says: where a framework forbids keeping by habit, each
launch would fetch. New keys are found by their unknown ids anyway.
"""

LONGEST_PAUSE = 60
"""Seconds: a platform that was away all night is asked within a minute of its return."""

LEAST_BITS = 2048
"""RFC 7518 §3.3: shorter keys must not be used with RS256."""


@dataclass(slots=True)
class _Shelf:
    """The keys behind one address. All but `lock` change only while it is held."""

    budget: float
    refilled_at: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: Mapping[str, RSAPublicKey] = field(default_factory=dict)
    fresh_until: float = float("-inf")
    fetches: int = 0
    failed: bool = False
    began: float | None = None
    """When the fetch under way began."""
    pause: float = 0
    paused_until: float = float("-inf")


class PlatformKeys:
    """Keys by the address a registration gives; any number of threads may ask.

    `fetch` GETs a JSON document. `wait` is for how many seconds after a fetch began other launches
    wait for it, so that one slow platform does not hold every thread; `pause` is for how many
    nothing is fetched after the first failure.
    """

    def __init__(
        self,
        fetch: Callable[[str], Answer],
        *,
        seconds: float,
        burst: int,
        refill_seconds: float,
        wait: float,
        pause: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._seconds = seconds
        self._burst = burst
        self._refill_seconds = refill_seconds
        self._wait = wait
        self._pause = pause
        self._clock = clock
        self._shelves: dict[str, _Shelf] = {}

    def find(self, jwks_url: str, kid: str) -> RSAPublicKey:
        """The key of that id. Raises TokenKeyUnknown, PlatformUnreachable, PlatformAnswerWrong."""
        shelf = self._shelves.get(jwks_url)
        if shelf is None:
            new = _Shelf(budget=self._burst, refilled_at=self._clock())
            shelf = self._shelves.setdefault(jwks_url, new)
        key = shelf.keys.get(kid)
        if key is None or self._clock() >= shelf.fresh_until:
            self._refresh(shelf, jwks_url, known=key is not None)
            key = shelf.keys.get(kid)
        if key is None:
            raise TokenKeyUnknown("the platform publishes no key of this id")
        return key

    def _refresh(self, shelf: _Shelf, jwks_url: str, *, known: bool) -> None:
        """Fetch the keys, unless another thread just did or the budget is used up.

        Who asks for a key that is known, if old, does without while another thread fetches.
        """
        if self._clock() < shelf.paused_until:
            raise PlatformUnreachable("the keys were fetched in vain just now", sent_maybe=False)
        seen = shelf.fetches
        if not shelf.lock.acquire(timeout=0 if known else self._patience(shelf)):
            if known:
                return
            raise PlatformUnreachable("the keys are still being fetched", sent_maybe=False)
        try:
            shelf.began = self._clock()
            if shelf.fetches != seen:
                if shelf.failed:
                    raise PlatformUnreachable("another launch fetched in vain", sent_maybe=True)
            elif self._clock() >= shelf.fresh_until or self._afford(shelf):
                self._fill(shelf, jwks_url)
        finally:
            shelf.began = None
            shelf.lock.release()

    def _patience(self, shelf: _Shelf) -> float:
        """Seconds to wait for the fetch under way: none once it is slow, whoever comes then."""
        began = shelf.began
        return self._wait if began is None else max(0, began + self._wait - self._clock())

    def _afford(self, shelf: _Shelf) -> bool:
        """Take one early fetch from the budget, which refills with time."""
        now = self._clock()
        earned = (now - shelf.refilled_at) / self._refill_seconds
        shelf.budget = min(self._burst, shelf.budget + earned)
        shelf.refilled_at = now
        if shelf.budget < 1:
            return False
        shelf.budget -= 1
        return True

    def _fill(self, shelf: _Shelf, jwks_url: str) -> None:
        shelf.fetches += 1
        shelf.failed = True
        try:
            answer = self._fetch(jwks_url)
            shelf.keys = dict(usable_keys(answer.document))
        except RoundsError:
            shelf.pause = min(LONGEST_PAUSE, 2 * shelf.pause or self._pause)
            shelf.paused_until = self._clock() + shelf.pause
            raise
        lasts = max(LEAST_SECONDS, _max_age(answer.headers))
        shelf.fresh_until = self._clock() + min(self._seconds, lasts)
        shelf.failed, shelf.pause = False, 0


def usable_keys(document: Any) -> Iterator[tuple[str, RSAPublicKey]]:
    """The RSA signature keys of a set (RFC 7517 §5) that carry an id; others are passed over."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not keys:
        raise PlatformAnswerWrong("the answer is no set of keys")
    for jwk in keys:
        if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
            continue
        kid = jwk.get("kid")
        if not isinstance(kid, str) or jwk.get("alg", "RS256") != "RS256":
            continue
        try:
            key = RSAAlgorithm.from_jwk(jwk)
        except (PyJWTError, ValueError, TypeError):
            continue
        if isinstance(key, RSAPublicKey) and key.key_size >= LEAST_BITS:
            yield kid, key


def _max_age(headers: Mapping[str, str]) -> float:
    """How many seconds the platform lets its answer be kept (RFC 9111 §5.2.2)."""
    said = headers.get("Cache-Control", "")
    if re.search(r"\bno-(store|cache)\b", said, re.I):
        return 0
    found = re.search(r"\bmax-age=(\d{1,9})\b", said, re.I)
    return float(found[1]) if found else float("inf")
