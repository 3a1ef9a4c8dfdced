"""Signing keys as an operator handles them: made and opened at the start, rotated, and listed.

Those that certificates are signed with are opened here too; the rest is in services/issuer_keys.py.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.credentials import issuer_keys
from lti_tool.lms import signing
from lti_tool.lms.signing import KeyView
from lti_tool.services.audit import Audit
from lti_tool.settings import Settings


class Keys:
    """The keys that Rounds signs with; lms/signing.py has the rules."""

    def __init__(self, session: Session, now: datetime, settings: Settings, audit: Audit) -> None:
        self._session = session
        self._now = now
        self._settings = settings
        self._audit = audit

    def open(self) -> None:
        """Make the first keys, and seal all under the present secret key. Raises SecretKeyWrong."""
        signing.ensure_key(self._session, self._settings, self._now)
        issuer_keys.ensure_keys(self._session, self._settings, self._now)

    def check(self) -> None:
        """Change nothing; raise SigningKeyMissing, or SecretKeyWrong where one does not open."""
        signing.check_keys(self._session, self._settings, self._now)
        issuer_keys.check_keys(self._session, self._settings)

    def rotate(self, *, at_once: bool) -> list[KeyView]:
        """Make a new key; all that are published then. Raises KeysRotating, SecretKeyWrong."""
        signing.rotate(self._session, self._settings, self._now, at_once=at_once)
        found = self.all()
        self._audit.record(
            None, "signing-key-rotated", "signing-key", found[0].kid, at_once=at_once
        )
        return found

    def all(self) -> list[KeyView]:
        """The published keys, the newest first."""
        return signing.published_keys(self._session, self._settings, self._now)
