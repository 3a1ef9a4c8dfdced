"""Revocations: what authorities say of the certificates under a signature, kept for a while."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import structlog
from cryptography.x509 import Certificate, load_der_x509_certificate

from lti_tool import pdf
from lti_tool.domain.errors import EvidenceAway
from lti_tool.pdf import Evidence
from lti_tool.services.authorities import PAUSE, Authorities, Found, der, name
from lti_tool.settings import Settings

log = structlog.get_logger("rounds.revocations")

ASK_AGAIN = timedelta(hours=1)
"""How long nobody asks again. A seal that is revoked signs no longer than that."""
MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found, and until when nobody asks again."""

    evidence: Evidence
    good_until: datetime
    ask_at: datetime


class Revocations:
    """Finds evidence, and keeps it while it is fresh: a thousand certificates ask once.

    What cannot be had is not looked for again for a while either. Threads may share it: one asks at
    a time, and the others wait for what it finds.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._authorities = Authorities(settings, clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, bytes], Kept] = {}

    def __call__(self, certificates: Sequence[bytes]) -> Evidence:
        """What authorities say of the first certificate and all that issued it (see pdf.Vouch).

        Raises SigningOff.
        """
        links = pdf.chain_in(certificates)
        if not links:
            return Evidence(missing="there is a certificate that cannot be read")
        with self._lock:
            links += self._issuers(links[-1], pdf.LONGEST_CHAIN - len(links))
            said = [self._said(link, issuer) for link, issuer in pairwise(links)]
        top = links[-1]
        lacks = "" if pdf.is_root(top) else f"nobody has the certificate of {name(top.issuer)}"
        return Evidence(
            certificates=tuple(map(der, links)),
            answers=tuple(one for each in said for one in each.answers),
            lists=tuple(one for each in said for one in each.lists),
            revoked=any(each.revoked for each in said),
            missing=next((each.missing for each in said if each.missing), lacks),
        )

    def _issuers(self, top: Certificate, most: int) -> Iterator[Certificate]:
        """Who issued it and is not at hand, one after the other."""
        for _ in range(most):
            if pdf.is_root(top):
                return
            found = self._found("issuer", top, self._authorities.issuer)
            if not found.certificates:
                return
            top = load_der_x509_certificate(found.certificates[0])
            yield top

    def _said(self, own: Certificate, issuer: Certificate) -> Evidence:
        """What is said of one certificate by whom issued it."""
        return self._found("said", own, lambda link: self._authorities.ask(link, issuer))

    def _found(
        self, what: str, link: Certificate, find: Callable[[Certificate], Found]
    ) -> Evidence:
        """What is kept of a certificate or found now; where nothing is found, what was before, for
        as long as it is good; and why not, where that is nothing either.
        """
        now, key = self._clock(), (what, der(link))
        kept = self._kept.pop(key, None)
        if kept is None or kept.ask_at <= now:
            try:
                evidence, until = find(link)
                kept = Kept(evidence, until, min(now + ASK_AGAIN, until))
            except EvidenceAway as error:
                log.warning("evidence", code=error.code, why=str(error))
                if kept is None or kept.good_until <= now:
                    kept = Kept(Evidence(missing=str(error)), now, now)
                kept = replace(kept, ask_at=now + PAUSE)
        self._kept[key] = kept  # at the end: the first are those not asked for any more
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return kept.evidence
